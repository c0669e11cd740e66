import type { Clock } from '@crypho/model';

/** Time that stands still until it is moved. */
export interface SimulatedClock extends Clock {
  /** Moves on, and runs what falls due, in order. */
  advance(ms: number): void;
}

export function createSimulatedClock(startMs: number): SimulatedClock {
  let now = startMs;
  let order = 0;
  const timers: { at: number; order: number; act: () => void }[] = [];
  return {
    now: () => now,
    after(ms, act) {
      const timer = { at: now + ms, order: ++order, act };
      timers.push(timer);
      return () => {
        const at = timers.indexOf(timer);
        if (at >= 0) timers.splice(at, 1);
      };
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        timers.sort((a, b) => a.at - b.at || a.order - b.order);
        const next = timers[0];
        if (next === undefined || next.at > end) break;
        timers.shift();
        now = next.at;
        next.act();
      }
      now = end;
    },
  };
}

/** Numbers from a seed (mulberry32): one seed gives one run. */
export function createRandom(seed: number): (max: number) => number {
  let state = seed >>> 0;
  return (max) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * max);
  };
}
