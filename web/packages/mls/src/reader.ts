import { DecodeError } from './errors.ts';

/**
 * Reads the TLS presentation language as RFC 9420 §2.1 uses it. Every length is checked against what is left
 * before anything is touched, so no input makes it allocate more than its own size.
 */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #base: number;
  #at = 0;

  constructor(bytes: Uint8Array, base = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#base = base;
  }

  get offset(): number {
    return this.#base + this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  fail(field: string, reason: string): never {
    throw new DecodeError(field, this.offset, reason);
  }

  u8(field: string): number {
    return this.#view.getUint8(this.#take(1, field));
  }

  u16(field: string): number {
    return this.#view.getUint16(this.#take(2, field));
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#take(4, field));
  }

  u64(field: string): bigint {
    return this.#view.getBigUint64(this.#take(8, field));
  }

  /** `opaque<V>`: a view into the input, not a copy. */
  opaque(field: string, max: number): Uint8Array {
    const length = this.#length(field, max);
    const start = this.#take(length, field);
    return this.#bytes.subarray(start, start + length);
  }

  /** A reader confined to one `<V>` vector. */
  vector(field: string, max: number): Reader {
    const length = this.#length(field, max);
    const base = this.offset;
    const start = this.#take(length, field);
    return new Reader(this.#bytes.subarray(start, start + length), base);
  }

  /** `optional<T>`: 0 or 1, then the value. */
  present(field: string): boolean {
    const flag = this.u8(field);
    if (flag > 1) this.fail(field, 'presence octet is neither 0 nor 1');
    return flag === 1;
  }

  end(field: string): void {
    if (this.left > 0) this.fail(field, 'bytes left over');
  }

  /** RFC 9420 §2.1.2: two bits of width, then the number, in its shortest form. */
  #length(field: string, max: number): number {
    const first = this.u8(field);
    const width = first >> 6;
    if (width === 3) this.fail(field, 'length prefix 0b11');
    let value = first & 0x3f;
    for (let i = 1; i < 1 << width; i++) value = value * 256 + this.u8(field);
    if (width > 0 && value < (width === 1 ? 0x40 : 0x4000)) this.fail(field, 'length not minimal');
    if (value > max) this.fail(field, `longer than ${max}`);
    if (value > this.left) this.fail(field, 'cut short');
    return value;
  }

  #take(count: number, field: string): number {
    if (count > this.left) this.fail(field, 'cut short');
    const start = this.#at;
    this.#at += count;
    return start;
  }
}
