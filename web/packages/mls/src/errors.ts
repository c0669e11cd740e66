/** Another tab, or an engine of this tab, holds the database. */
export class Busy extends Error {
  readonly code = 'mls.busy';
  constructor() {
    super('the MLS database is open elsewhere');
    this.name = 'Busy';
  }
}

/** The engine was closed. */
export class Closed extends Error {
  readonly code = 'mls.closed';
  constructor() {
    super('the MLS engine is closed');
    this.name = 'Closed';
  }
}

/** The library's WebAssembly trapped: end the worker and open the engine in a new one. Disk state is sound. */
export class Trapped extends Error {
  readonly code = 'mls.trapped';
  constructor() {
    super('the MLS library trapped');
    this.name = 'Trapped';
  }
}

/** The device holds no such group. */
export class NoGroup extends Error {
  readonly code = 'mls.no-group';
  constructor() {
    super('no such MLS group on this device');
    this.name = 'NoGroup';
  }
}

/** Bytes that are not what they should be: which field, where, why. Never the bytes themselves. */
export class DecodeError extends Error {
  readonly code = 'mls.decode';
  readonly field: string;
  readonly offset: number;
  readonly reason: string;
  constructor(field: string, offset: number, reason: string) {
    super(`${field} at ${offset}: ${reason}`);
    this.name = 'DecodeError';
    this.field = field;
    this.offset = offset;
    this.reason = reason;
  }
}
