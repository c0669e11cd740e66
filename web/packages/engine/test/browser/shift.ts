/** First in the worker: a device whose clock is off by what the worker's name says. */
const shiftMs = Number(globalThis.name);

if (shiftMs !== 0) {
  const TrueDate = Date;
  globalThis.Date = class extends TrueDate {
    constructor(...args: [] | [number]) {
      super(args.length === 0 ? TrueDate.now() + shiftMs : args[0]);
    }
    static override now(): number {
      return TrueDate.now() + shiftMs;
    }
  } as DateConstructor;
}
