/**
 * The server's clock as far as it is known. This device's own may be off by days: nothing is ordered by it, and
 * what has to be dated is dated by the server's.
 *
 * What the server says of it on the socket counts. The `Date` header of answers may be a proxy's own, with a clock
 * of its own: before the socket has said anything it is the best guess there is; afterwards only a jump of it
 * counts, which tells that this device's clock was changed.
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
  /** What was dated by it was refused: the other guess from now on, this device's clock or the headers. */
  doubt(): void;
}

/** `apply` is told how far the device's clock is behind, whenever that changes. */
export function makeServerTime(clock: Clock, apply: (offsetMs: number) => void): ServerTime {
  let offsetMs = 0;
  let headerOffsetMs: number | undefined;
  let isExact = false;
  let isHeaderDoubted = false;

  function set(next: number): void {
    if (next === offsetMs) return;
    offsetMs = next;
    apply(next);
  }

  function guess(): void {
    const next = isHeaderDoubted ? 0 : (headerOffsetMs ?? 0);
    if (Math.abs(next - offsetMs) > HEADER_SLACK_MS) set(next);
  }

  return {
    now: () => clock.now() + offsetMs,
    header: (ms) => {
      const next = ms - clock.now();
      const jump = headerOffsetMs === undefined ? 0 : next - headerOffsetMs;
      if (headerOffsetMs !== undefined && Math.abs(jump) <= HEADER_SLACK_MS) return;
      headerOffsetMs = next;
      if (isExact) set(offsetMs + jump);
      else guess();
    },
    exact: (ms) => {
      isExact = true;
      set(ms - clock.now());
    },
    doubt: () => {
      if (isExact) return;
      isHeaderDoubted = !isHeaderDoubted;
      guess();
    },
  };
}
