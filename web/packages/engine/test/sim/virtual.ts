/**
 * Time that stands still while anything is under way, and then jumps to what is due next: a simulation of an hour
 * takes as long as its work, and one seed gives one history. For that, the one thing that ends on other threads,
 * WebCrypto, is done one at a time, in the order asked for.
 */
import type { Clock } from '../../src/platform.ts';

let underWay = 0;
let tail: Promise<unknown> = Promise.resolve();
let isPatched = false;

function inOrder<T>(work: () => Promise<T>): Promise<T> {
  underWay++;
  const result = tail.then(work);
  tail = result.then(
    () => undefined,
    () => undefined,
  );
  return result.finally(() => underWay--);
}

/** Once a process: all of WebCrypto goes through one queue. */
function serialiseCrypto(): void {
  if (isPatched) return;
  isPatched = true;
  const { subtle } = crypto;
  const serial = new Proxy(subtle, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) =>
        inOrder(() => Reflect.apply(value, target, args) as Promise<unknown>);
    },
  });
  Object.defineProperty(crypto, 'subtle', { value: serial, configurable: true });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Until nothing moves by itself any more. */
async function settled(): Promise<void> {
  for (let calm = 0; calm < 2; calm++) {
    await turn();
    if (underWay > 0) {
      await tail;
      calm = -1;
    }
  }
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class VirtualTime implements Clock {
  #now = 1_800_000_000_000;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor() {
    serialiseCrypto();
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), order: this.#order++, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  /** Lets everything happen until `isDone`; false where it is not within so much simulated time. */
  async runUntil(isDone: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
    const end = this.#now + withinMs;
    for (;;) {
      await settled();
      if (await isDone()) return true;
      const next = this.#next();
      if (next === undefined || next.at > end) {
        this.#now = end;
        return false;
      }
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
  }

  async run(ms: number): Promise<void> {
    await this.runUntil(() => false, ms);
  }

  #next(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers)
      if (
        first === undefined ||
        timer.at < first.at ||
        (timer.at === first.at && timer.order < first.order)
      )
        first = timer;
    return first;
  }
}
