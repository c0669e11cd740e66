/**
 * The account's vault, mirrored here: reads are local; writes are kept with whatever caused them and
 * go to the server by compare and set, merged where another device was first.
 */
import { OpenError, fromBase64, base64, hex } from '@crypho/vault';
import type { RecordWrite, Records } from '@crypho/vault';
import {
  KnownDevicesSchema,
  VaultRecordSchema,
  VaultService,
  create,
  fromBinary,
  toBinary,
} from '@crypho/wire';
import type { VaultEntry, VaultRecord } from '@crypho/wire';
import type { Account } from './account-state.ts';
import { isPassing, toFailure } from './failure.ts';
import type { Clock } from './platform.ts';
import { makeCoalesced, makeSerial } from './queue.ts';
import { retryDelay } from './rpc.ts';
import type { Rpc } from './rpc.ts';
import type { Random } from '@crypho/vault';

const MIRROR = 'vault';
const QUEUE = 'vault-queue';
const CURSOR = { partition: 'meta', name: 'vault-cursor' };
const BATCH_MAX = 200;

export interface VaultSync {
  open(): Promise<void>;
  get(name: string): Promise<VaultRecord | undefined>;
  all(): Iterable<VaultRecord>;
  /** On this disk once answered; goes to the server by itself, where `quietMs` is given after such a pause. */
  put(record: VaultRecord, quietMs?: number): Promise<void>;
  /** Reads what other devices wrote, up to a revision where one is given. */
  pull(revision?: bigint): Promise<void>;
  /** Sends what waits; by itself after every put. */
  flush(): Promise<void>;
  onChange(listener: (record: VaultRecord) => void): void;
}

interface Mirrored {
  readonly revision: number;
  readonly record: string;
}

export interface VaultDeps {
  readonly records: Records;
  readonly rpc: Rpc;
  readonly clock: Clock;
  readonly random: Random;
  account(): Account;
}

function encode(record: VaultRecord): string {
  return base64(toBinary(VaultRecordSchema, record));
}

function decode(value: string): VaultRecord {
  return fromBinary(VaultRecordSchema, fromBase64(value));
}

/** Whose record stays when two devices wrote: docs/protocol/vault.md. */
export function mergeRecords(theirs: VaultRecord, mine: VaultRecord): VaultRecord {
  if (theirs.body.case === 'conversationKey' && mine.body.case === 'conversationKey')
    return theirs.body.value.isFromDeposit ? mine : theirs;
  if (theirs.body.case === 'knownIdentity' && mine.body.case === 'knownIdentity') {
    if (theirs.body.value.isVerified !== mine.body.value.isVerified)
      return theirs.body.value.isVerified ? theirs : mine;
    return theirs.body.value.firstSeenMs <= mine.body.value.firstSeenMs ? theirs : mine;
  }
  if (theirs.body.case === 'knownDevices' && mine.body.case === 'knownDevices') {
    const known = theirs.body.value.devices;
    const more = mine.body.value.devices.filter(
      (device) => !known.some((each) => each.deviceId === device.deviceId),
    );
    if (more.length === 0) return theirs;
    const value = create(KnownDevicesSchema, { devices: [...known, ...more] });
    return vaultRecord(mine.name, { case: 'knownDevices', value });
  }
  if (theirs.body.case === 'readMark' && mine.body.case === 'readMark')
    return theirs.body.value.upToSeq > mine.body.value.upToSeq ? theirs : mine;
  return mine;
}

export function makeVaultSync(deps: VaultDeps): VaultSync {
  const { records, rpc, clock, random } = deps;
  const mirror = new Map<string, VaultRecord>();
  const revisions = new Map<string, number>();
  const pending = new Map<string, VaultRecord>();
  const listeners: ((record: VaultRecord) => void)[] = [];
  /** What is being written over and over: its own end of the pause. */
  const quiet = new Map<string, () => void>();
  const serial = makeSerial();
  let cursor = 0;
  let attempt = 0;

  function mirrorWrite(record: VaultRecord): RecordWrite {
    const revision = revisions.get(record.name) ?? 0;
    const value: Mirrored = { revision, record: encode(record) };
    return { place: { partition: MIRROR, name: record.name }, value };
  }

  function queueWrite(record: VaultRecord): RecordWrite {
    return { place: { partition: QUEUE, name: record.name }, value: encode(record) };
  }

  async function open(): Promise<void> {
    for (const value of await records.all(MIRROR)) {
      if (typeof value !== 'object' || value === null) continue;
      const revision: unknown = Reflect.get(value, 'revision');
      const encoded: unknown = Reflect.get(value, 'record');
      if (typeof revision !== 'number' || typeof encoded !== 'string') continue;
      const record = decode(encoded);
      mirror.set(record.name, record);
      revisions.set(record.name, revision);
    }
    for (const value of await records.all(QUEUE)) {
      if (typeof value !== 'string') continue;
      const record = decode(value);
      pending.set(record.name, record);
    }
    const stored = await records.get(CURSOR);
    cursor = typeof stored === 'number' ? stored : 0;
  }

  async function put(record: VaultRecord, quietMs = 0): Promise<void> {
    await serial.run(async () => {
      await records.write([mirrorWrite(record), queueWrite(record)]);
      mirror.set(record.name, record);
      pending.set(record.name, record);
    });
    quiet.get(record.name)?.();
    quiet.delete(record.name);
    if (quietMs === 0) void flusher.poke();
    else
      quiet.set(
        record.name,
        clock.after(quietMs, () => void flusher.poke()),
      );
  }

  /** Takes in what the server holds; what waits here is merged with it and waits on. */
  async function takeIn(entries: readonly VaultEntry[], upTo?: number): Promise<void> {
    const writes: RecordWrite[] = [];
    const heard: VaultRecord[] = [];
    for (const entry of entries) {
      const theirs = await openEntry(entry);
      if (theirs === undefined) continue;
      const waiting = pending.get(theirs.name);
      const record = waiting === undefined ? theirs : mergeRecords(theirs, waiting);
      revisions.set(record.name, Number(entry.revision));
      writes.push(mirrorWrite(record));
      if (waiting !== undefined && record !== theirs) {
        pending.set(record.name, record);
        writes.push(queueWrite(record));
      }
      if (waiting !== undefined && record === theirs) {
        pending.delete(record.name);
        writes.push({ place: { partition: QUEUE, name: record.name }, isDeleted: true });
      }
      mirror.set(record.name, record);
      heard.push(record);
    }
    if (upTo !== undefined && upTo > cursor) {
      cursor = upTo;
      writes.push({ place: CURSOR, value: cursor });
    }
    await records.write(writes);
    for (const record of heard) for (const listener of listeners) listener(record);
  }

  /** An entry that does not open is somebody else's or broken: it is left alone. */
  async function openEntry(entry: VaultEntry): Promise<VaultRecord | undefined> {
    if (entry.value.length === 0) return undefined;
    try {
      return await deps.account().vault.open(entry.key, entry.value);
    } catch (error) {
      if (error instanceof OpenError) return undefined;
      throw error;
    }
  }

  async function pull(revision?: bigint): Promise<void> {
    if (revision !== undefined && Number(revision) <= cursor) return;
    for (;;) {
      const page = await rpc.call(
        VaultService.method.readVault,
        { afterRevision: BigInt(cursor), limit: 500 },
        { isIdempotent: true },
      );
      const last = page.entries.at(-1);
      if (last === undefined) return;
      await serial.run(() => takeIn(page.entries, Number(last.revision)));
      if (!page.hasMore) return;
    }
  }

  async function flushOnce(): Promise<void> {
    const batch = [...pending.values()].slice(0, BATCH_MAX);
    if (batch.length === 0) return;
    const { vault } = deps.account();
    const entries = await Promise.all(
      batch.map(async (record) => ({
        ...(await vault.seal(record)),
        revision: BigInt(revisions.get(record.name) ?? 0),
      })),
    );
    const { outcome } = await rpc.call(VaultService.method.putVault, { entries });
    if (outcome.case === 'conflict') {
      const known = new Set(outcome.value.current.map((entry) => hex(entry.key)));
      // Entries the server no longer has come back empty or not at all: write them as new.
      for (const [i, entry] of entries.entries()) {
        const name = batch[i]?.name;
        const current = outcome.value.current.find((each) => hex(each.key) === hex(entry.key));
        if (name !== undefined && current !== undefined && known.has(hex(entry.key)))
          revisions.set(name, Number(current.revision));
      }
      await serial.run(() => takeIn(outcome.value.current));
      return;
    }
    if (outcome.case !== 'stored') return;
    const stored = outcome.value.revisions;
    await serial.run(() => settle(batch, stored));
  }

  async function settle(batch: readonly VaultRecord[], stored: readonly bigint[]): Promise<void> {
    const writes: RecordWrite[] = [];
    for (const [i, record] of batch.entries()) {
      revisions.set(record.name, Number(stored[i] ?? 0n));
      const now = mirror.get(record.name) ?? record;
      writes.push(mirrorWrite(now));
      if (pending.get(record.name) === record) {
        pending.delete(record.name);
        writes.push({ place: { partition: QUEUE, name: record.name }, isDeleted: true });
      }
    }
    await records.write(writes);
  }

  const flusher = makeCoalesced(async () => {
    try {
      while (pending.size > 0) await flushOnce();
      attempt = 0;
    } catch (error) {
      const failure = toFailure(error);
      if (!isPassing(failure)) return;
      clock.after(retryDelay(failure, attempt++, random), () => void flusher.poke());
    }
  });

  return {
    open,
    get: async (name) => mirror.get(name),
    all: () => mirror.values(),
    put,
    pull,
    flush: () => flusher.poke(),
    onChange: (listener) => {
      listeners.push(listener);
    },
  };
}

export function vaultRecord(name: string, body: VaultRecord['body']): VaultRecord {
  return create(VaultRecordSchema, { name, body });
}
