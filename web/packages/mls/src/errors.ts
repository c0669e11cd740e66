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
