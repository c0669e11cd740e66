/**
 * The server's clock as far as it is known. This device's own may be off by days: nothing is ordered by it, and
 * what has to be dated is dated by the server's.
 */
import type { Clock } from './platform.ts';

/** A `Date` header has whole seconds and was some time on its way. */
const HEADER_SLACK_MS = 5_000;

export interface ServerTime {
  now(): number;
  /** From the header of an answer: rough. */
  header(ms: number): void;
  /** From the server's own words on the socket. */
  exact(ms: number): void;
}

/** `apply` is told how far the device's clock is behind, whenever that changes. */
export function makeServerTime(clock: Clock, apply: (offsetMs: number) => void): ServerTime {
  let offsetMs = 0;

  function set(next: number): void {
    if (next === offsetMs) return;
    offsetMs = next;
    apply(next);
  }

  return {
    now: () => clock.now() + offsetMs,
    header: (ms) => {
      const next = ms - clock.now();
      if (Math.abs(next - offsetMs) > HEADER_SLACK_MS) set(next);
    },
    exact: (ms) => set(ms - clock.now()),
  };
}
