/** Work that must not overlap, by name; and work that runs again if asked for while it runs. */

export interface Serial {
  run<T>(work: () => Promise<T>): Promise<T>;
}

export function makeSerial(): Serial {
  let tail: Promise<unknown> = Promise.resolve();
  return {
    run: (work) => {
      const result = tail.then(work);
      tail = result.catch(() => undefined);
      return result;
    },
  };
}

export interface Coalesced {
  /** Runs `work` now, or once more after the run under way, even if that one fails. */
  poke(): Promise<void>;
}

export function makeCoalesced(work: () => Promise<void>): Coalesced {
  let running: Promise<void> | undefined;
  let isWanted = false;
  async function loop(): Promise<void> {
    try {
      while (isWanted) {
        isWanted = false;
        try {
          await work();
        } catch (error) {
          if (!isWanted) throw error;
        }
      }
    } finally {
      running = undefined;
    }
  }
  return {
    poke: () => {
      isWanted = true;
      running ??= Promise.resolve().then(loop);
      return running;
    },
  };
}
