import type { EngineClient } from '@crypho/engine/api';
import type { Clock } from './clock.ts';
import type { NoticesModel } from './notices.ts';

/** What view models are given. Made once, by the app. */
export interface Services {
  readonly engine: EngineClient;
  readonly clock: Clock;
  readonly notices: NoticesModel;
  /** A whole number in [0, max), uniformly. */
  readonly random: (max: number) => number;
}
