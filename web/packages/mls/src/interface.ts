/**
 * What the rest of the client may ask of MLS (RFC 9420), and what it must bring along. Nothing of the
 * library behind it shows here, so that it can be replaced.
 *
 * Every byte array that crosses this border is a whole MLSMessage, header included. A group id is 20
 * bytes: the conversation's UUID, then a big-endian 32-bit generation that a reset counts up.
 */

/** MLS's epoch, a 64-bit number. */
export type Epoch = bigint;

/** One device of one account. In a credential: `account:device@domain`. */
export interface DeviceId {
  /** UUID, lower case. */
  readonly account: string;
  /** 16 lower-case hex digits, the first not 0 (`randomDevice`). */
  readonly device: string;
  /** The installation's domain: the same for everybody in a group. */
  readonly domain: string;
}

/** A member of a group, as far as its leaf tells. */
export interface Leaf {
  readonly id: DeviceId;
  /** base64url of SHA-256 over the JWK (RFC 7638) of the leaf's Ed25519 key: pin it to the device key. */
  readonly keyThumbprint: string;
  /** The key itself, where the bytes at hand contained it (key packages, commits, GroupInfos). */
  readonly signatureKey?: Uint8Array;
}

/** A commit as our own decoder read it: claims of the sender, nothing of it verified yet. */
export interface CommitView {
  readonly group: Uint8Array;
  /** The epoch that the commit ends. */
  readonly epoch: Epoch;
  /** The sender was no member and joins by this commit. */
  readonly external: boolean;
  /** Leaf index of the sender; absent in an external commit. */
  readonly sender?: number;
  readonly added: readonly Leaf[];
  /** Leaf indices of the Remove proposals. */
  readonly removedLeaves: readonly number[];
  /**
   * Whom the commit removed: the member list before against the one after, so it is known (and
   * true) only in `Policy.after`; empty in `Policy.before`.
   */
  readonly removed: readonly DeviceId[];
  /** The committer's own new leaf; only a commit of nothing but Adds may come without. */
  readonly pathLeaf?: Leaf;
  /** Who committed, as the library verified it: known only in `Policy.after`. */
  readonly committer?: Leaf;
  /** SHA-256 of the commit's bytes: its name in the delivery service. */
  readonly hash: Uint8Array;
}

export type Verdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** What the member list of `Policy.after` came from, when it was not somebody's commit. */
export type Origin = 'welcome' | 'own-external';

/**
 * The application's judgement: is this key that account's device, was this person invited, may they do
 * that. Asked inside the engine's queue: answer from what is already at hand, and never call the
 * engine from it (it would wait for itself).
 */
export interface Policy {
  /** May this key package be added by us? Asked for each before an own commit is built. */
  keyPackage(leaf: Leaf): Promise<Verdict>;
  /** Decoded bytes of somebody's commit; nothing has been processed. */
  before(commit: CommitView): Promise<Verdict>;
  /** The whole member list as it would be; a refusal undoes everything. */
  after(members: readonly Leaf[], from: CommitView | Origin): Promise<Verdict>;
}

/** A commit on its way to the delivery service. */
export interface Bundle {
  readonly group: Uint8Array;
  /** The epoch that the commit ends: the value that compare-and-set compares. 0 founds the group. */
  readonly baseEpoch: Epoch;
  readonly commit: Uint8Array;
  /** Present when somebody is added. */
  readonly welcome?: Uint8Array;
  /** The group after the commit, with its ratchet tree: what external joins start from. */
  readonly groupInfo: Uint8Array;
  /** SHA-256 of `commit`: the idempotency key. */
  readonly hash: Uint8Array;
  /** The member list after the commit, leaf by leaf, read from `groupInfo`. */
  readonly members: readonly Leaf[];
}

/**
 * What became of it. `unknown`: the caller gave up without an answer (logging out, say). If the server did
 * take it, `process` will say `rejoin-needed` when the commit comes back.
 */
export type Sent =
  | { readonly t: 'accepted' }
  | { readonly t: 'conflict'; readonly serverEpoch: Epoch }
  | { readonly t: 'refused'; readonly reason: string }
  | { readonly t: 'unknown' };

/**
 * The way to the delivery service. `send` retries until it knows; the same bundle sent twice must get the
 * same answer (by `hash`). It must not reject, and must not call the engine: the engine waits for it.
 *
 * Key deposits come AFTER acceptance. The library keeps the new epoch's secrets to itself until the commit
 * is merged, and merges when `send` answers `accepted`; so they cannot travel with the commit. The
 * engine then calls `EpochSink.turned`, where the deposit is sealed and posted. The server takes messages
 * of an epoch only once its deposit is complete, and any member may make it.
 */
export interface Delivery {
  send(bundle: Bundle): Promise<Sent>;
}

/** An epoch that the device is in, and the way to its keys. */
export interface EpochTurn {
  readonly group: Uint8Array;
  readonly epoch: Epoch;
  readonly members: readonly Leaf[];
  /** What turned it. `own` is a commit of this device. */
  readonly by: 'own' | 'own-external' | 'welcome' | 'commit';
  /** As `MlsEngine.epochSecret`, for exactly this epoch. Valid until `turned` has returned. */
  secret(purpose: string): Promise<Uint8Array>;
}

/**
 * Called after each merge, before anything else of the engine runs, so that no epoch's keys are missed.
 * Store them durably before returning. Must not call the engine. If it rejects, the operation rejects; the
 * epoch stays turned and its secret can be read with `epochSecret` until the next one.
 */
export interface EpochSink {
  turned(turn: EpochTurn): Promise<void>;
}

/** What became of an own commit. */
export type Done =
  | { readonly t: 'done'; readonly epoch: Epoch }
  | { readonly t: 'conflict'; readonly serverEpoch: Epoch }
  | { readonly t: 'refused'; readonly reason: string }
  | { readonly t: 'unknown' };

/** What became of something received. */
export type Processed =
  | { readonly t: 'merged'; readonly epoch: Epoch; readonly members: readonly Leaf[] }
  /** This device was removed; its copy of the group is gone. */
  | { readonly t: 'removed'; readonly by: DeviceId }
  /** Of an epoch that is over, or a Welcome already used. Nothing to do. */
  | { readonly t: 'duplicate' }
  /** Of a later epoch: fetch the log from `have` on and process it in order. Nothing was kept. */
  | { readonly t: 'gap'; readonly have: Epoch; readonly got: Epoch }
  /** Policy, or a rule that every client enforces, said no. Nothing changed. */
  | { readonly t: 'refused'; readonly reason: string }
  /** Our own commit that we no longer hold, or a group that we do not hold: `joinExternal`. */
  | { readonly t: 'rejoin-needed' }
  /** The bytes or their cryptography are wrong. Nothing changed. */
  | { readonly t: 'invalid'; readonly reason: string };

/**
 * One device's MLS state. Operations queue up: one runs at a time, in the order of the calls.
 *
 * | state of the group | create, join | joinExternal | add remove update | process            | epoch … secret |
 * | ------------------ | ------------ | ------------ | ----------------- | ------------------ | -------------- |
 * | absent             | yes          | yes          | throws NoGroup    | rejoin-needed      | throws NoGroup |
 * | current            | duplicate    | starts over  | yes               | yes                | yes            |
 * | behind             | replaces     | starts over  | conflict          | yes, in order      | of its epoch   |
 * | closed             | all throw Closed                                                                   |
 */
export interface MlsEngine {
  readonly self: DeviceId;
  /** This device's Ed25519 public key: what the account's identity key cross-signs. */
  signatureKey(): Promise<Uint8Array>;
  keyPackages(count: number): Promise<Uint8Array[]>;
  /** A group of this device alone, at epoch 0, known to nobody: the next own commit founds it. */
  create(group: Uint8Array): Promise<void>;
  join(group: Uint8Array, welcome: Uint8Array): Promise<Processed>;
  /** Wipes a copy that got stuck, then joins by external commit. */
  joinExternal(group: Uint8Array, groupInfo: Uint8Array): Promise<Done>;
  add(group: Uint8Array, keyPackages: readonly Uint8Array[]): Promise<Done>;
  remove(group: Uint8Array, ids: readonly DeviceId[]): Promise<Done>;
  update(group: Uint8Array): Promise<Done>;
  process(group: Uint8Array, commit: Uint8Array): Promise<Processed>;
  has(group: Uint8Array): Promise<boolean>;
  epoch(group: Uint8Array): Promise<Epoch>;
  members(group: Uint8Array): Promise<Leaf[]>;
  /**
   * 32 bytes: HMAC-SHA256(MLS exporter("exporter", "", 32), utf8(purpose) ‖ group ‖ epoch as 8 bytes ‖ 0x01), which
   * is HKDF-Expand. Purposes in use: `message`, `call`, `head`.
   */
  epochSecret(group: Uint8Array, purpose: string): Promise<EpochSecret>;
  /**
   * Equal for members in the same epoch of the same group, different otherwise: the value that members compare
   * (`epochSecret(group, 'head')`; the library does not show MLS's own epoch authenticator).
   */
  epochAuthenticator(group: Uint8Array): Promise<EpochSecret>;
  /** Drops the device's copy of the group. */
  forget(group: Uint8Array): Promise<void>;
  /**
   * Waits for what is queued, then lets go of the database and of the lock. A `send` that is still retrying holds it up:
   * let that answer `unknown` first.
   */
  close(): Promise<void>;
}

export interface EpochSecret {
  readonly epoch: Epoch;
  readonly secret: Uint8Array;
}

/** Where the state lives. `memory`: gone with the worker (a shared computer). */
export type Storage =
  | { readonly kind: 'disk'; readonly name: string; readonly key: Uint8Array }
  | { readonly kind: 'memory' };

export interface EngineOptions {
  readonly storage: Storage;
  readonly self: DeviceId;
  /** Address of the library's WebAssembly on our own origin; fetched when the engine opens. */
  readonly wasmUrl: string;
  readonly policy: Policy;
  readonly delivery: Delivery;
  readonly epochs: EpochSink;
}
