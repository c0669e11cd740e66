/** What the engine needs from outside: time, chance, the network, storage and MLS are arguments. */
import type { DeviceId, EngineOptions, MlsEngine } from '@crypho/mls';
import type { Bytes, Keeper, PasswordHash, Random, Storage } from '@crypho/vault';

export interface Clock {
  /** Milliseconds; may be off by any amount and jump. */
  now(): number;
  /** Runs once after `ms`; the answer cancels. */
  after(ms: number, run: () => void): () => void;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: Bytes;
  readonly contentType: string;
  readonly retryAfterMs?: number;
  /** When the server wrote it, in whole seconds. */
  readonly dateMs?: number;
}

export interface SocketEvents {
  opened(): void;
  received(frame: Bytes): void;
  /** Once, also where it never opened. */
  closed(): void;
}

export interface SocketHandle {
  send(frame: Bytes): void;
  close(): void;
}

export interface Transport {
  /** Rejects where no answer came. */
  post(path: string, body: Bytes, timeoutMs: number): Promise<HttpAnswer>;
  socket(events: SocketEvents): SocketHandle;
}

export type MlsOptions = Omit<EngineOptions, 'wasmUrl'>;

export interface Platform {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly keeper: Keeper;
  readonly passwordHash: PasswordHash;
  /** The installation's domain in MLS identities. */
  readonly domain: string;
  /** What the device list calls this device. */
  readonly deviceName: string;
  /**
   * Tells libraries that read the clock by themselves how far it is behind the server's: MLS dates and checks
   * key packages by it.
   */
  setTimeOffset(offsetMs: number): void;
  /** Something went wrong that nobody waits for. Must not be shown or sent: it may name people. */
  defect(error: unknown): void;
  /** Ends this worker and starts another: the MLS library has broken down. */
  restart(): void;
  openDisk(): Promise<Storage>;
  openMemory(): Promise<Storage>;
  openMls(options: MlsOptions): Promise<MlsEngine>;
  /** Deletes the MLS database of a trusted browser. */
  wipeMls(): Promise<void>;
}

export type { DeviceId };
