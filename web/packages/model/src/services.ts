import type { EngineClient } from '@crypho/engine/api';
import type { Clock } from './clock.ts';
import type { NoticesModel } from './notices.ts';

/** What view models are given. Made once, by the app. */
export interface Services {
  readonly engine: EngineClient;
  readonly clock: Clock;
  readonly notices: NoticesModel;
  /** Runs `act` when the page is hidden or closed, after which it may never run again; absent where pages stay. */
  readonly onLeaving?: (act: () => void) => () => void;
  /** A whole number in [0, max), uniformly. */
  readonly random: (max: number) => number;
}
