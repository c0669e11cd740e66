/**
 * The MLS engine over core-crypto. One queue: an operation runs alone from its checks to its merge and to
 * the end of `EpochSink.turned`. A commit of ours is one library transaction with nothing after it; a commit of
 * somebody else is processed in a transaction that a refusal throws out of, which undoes it.
 */
import {
  DecodeError,
  GROUP_ID_BYTES,
  LEAVES_MAX,
  decodeCommit,
  decodeGroupInfo,
  decodeKeyPackage,
  decodeWelcome,
} from './decode.ts';
import type { DecodedGroupInfo } from './decode.ts';
import { expand, sha256 } from './derive.ts';
import { deleteDatabase, flush } from './disk.ts';
import { Closed, NoGroup, Trapped } from './errors.ts';
import { formatDeviceId, leafKey, parseDeviceId, sameDevice, thumbprint } from './identity.ts';
import type {
  Bundle,
  CommitView,
  DeviceId,
  Done,
  EngineOptions,
  EpochSecret,
  EpochTurn,
  Leaf,
  MlsEngine,
  Processed,
  Sent,
} from './interface.ts';
import {
  exporter,
  keyPackageMessage,
  leafOfIdentity,
  libraryId,
  listMembers,
  openLibrary,
} from './library.ts';
import type { Context, Library, RawBundle } from './library.ts';
import { hold } from './lock.ts';
import { checkMembers, checkTransition } from './transition.ts';
import { leafOf, viewCommit } from './view.ts';

/** Own key packages asked for in one call. */
const KEY_PACKAGES_MAX = 200;

/** Thrown inside a transaction so that it is undone; never leaves this file. */
class Refusal extends Error {}

/** Own commits under way: at most one, because of the queue. */
interface Attempt {
  readonly group: Uint8Array;
  readonly baseEpoch: bigint;
  /** The member list that the commit must lead to. */
  readonly expected: readonly Leaf[];
  sent?: Sent;
  failed?: { readonly error: unknown };
}

interface State {
  readonly options: EngineOptions;
  readonly library: Library;
  attempt: Attempt | undefined;
}

/** Opens the device's database, or throws `Busy` while another engine has it. */
export async function openEngine(options: EngineOptions): Promise<MlsEngine> {
  checkSelf(options.self);
  const { storage } = options;
  const release = storage.kind === 'disk' ? await hold(storage.name) : (): void => undefined;
  try {
    let state: State | undefined;
    const library = await openLibrary(storage, options.self, options.wasmUrl, async (bundle) =>
      state === undefined ? false : transport(state, bundle),
    );
    state = { options, library, attempt: undefined };
    if (storage.kind === 'disk') await flush();
    return queued(state, release);
  } catch (error) {
    release();
    throw error;
  }
}

/** Deletes a device's database, keys and all; throws `Busy` while an engine has it. */
export async function wipeDatabase(name: string): Promise<void> {
  const release = await hold(name);
  try {
    await deleteDatabase(name);
  } finally {
    release();
  }
}

function checkSelf(self: DeviceId): void {
  if (parseDeviceId(formatDeviceId(self)) === undefined)
    throw new TypeError('self is not account:device@domain in canonical form');
}

function queued(state: State, release: () => void): MlsEngine {
  let tail: Promise<unknown> = Promise.resolve();
  let ended: Error | undefined;
  const enqueue = <R>(run: () => Promise<R>): Promise<R> => {
    const result = tail.then(async () => {
      if (ended !== undefined) throw ended;
      try {
        return await run();
      } catch (error) {
        // After a trap the module's memory is in an unknown state: only a new worker helps.
        if (state.library.failure(error) === 'trap') ended = new Trapped();
        throw ended ?? error;
      }
    });
    tail = result.catch(() => undefined);
    return result;
  };
  const inGroup = <R>(group: Uint8Array, run: (g: Uint8Array) => Promise<R>): Promise<R> => {
    if (group.length !== GROUP_ID_BYTES) throw new TypeError('a group id is 20 bytes');
    const copy = group.slice();
    return enqueue(() => run(copy));
  };
  return {
    self: state.options.self,
    signatureKey: () => enqueue(async () => state.library.signatureKey.slice()),
    keyPackages: (count) => enqueue(() => keyPackages(state, count)),
    create: (group) => inGroup(group, (g) => create(state, g)),
    join: (group, welcome) => inGroup(group, (g) => join(state, g, welcome)),
    joinExternal: (group, info) => inGroup(group, (g) => joinExternal(state, g, info)),
    add: (group, packages) => inGroup(group, (g) => add(state, g, packages)),
    remove: (group, ids) => inGroup(group, (g) => remove(state, g, ids)),
    update: (group) => inGroup(group, (g) => update(state, g)),
    process: (group, commit) => inGroup(group, (g) => processCommit(state, g, commit)),
    has: (group) => inGroup(group, (g) => has(state, g)),
    epoch: (group) => inGroup(group, async (g) => (await snapshot(state, g)).epoch),
    members: (group) => inGroup(group, async (g) => [...(await snapshot(state, g)).members]),
    epochSecret: (group, purpose) => inGroup(group, (g) => epochSecret(state, g, purpose)),
    epochAuthenticator: (group) => inGroup(group, (g) => epochSecret(state, g, 'head')),
    forget: (group) => inGroup(group, (g) => forget(state, g)),
    close: () => {
      const closed = enqueue(async () => state.library.dispose()).finally(release);
      void tail.then(() => (ended ??= new Closed()));
      return closed;
    },
  };
}

// ---- reading

interface Snapshot {
  readonly epoch: bigint;
  readonly members: readonly Leaf[];
}

async function has(state: State, group: Uint8Array): Promise<boolean> {
  const conversation = state.library.conversation(group);
  return state.library.transaction((ctx) => ctx.conversationExists(conversation));
}

async function find(state: State, group: Uint8Array): Promise<Snapshot | undefined> {
  const conversation = state.library.conversation(group);
  return state.library.transaction(async (ctx) => {
    if (!(await ctx.conversationExists(conversation))) return undefined;
    return read(state, ctx, group);
  });
}

async function read(state: State, ctx: Context, group: Uint8Array): Promise<Snapshot> {
  const conversation = state.library.conversation(group);
  const epoch = await ctx.conversationEpoch(conversation);
  return { epoch, members: await listMembers(ctx, conversation) };
}

async function snapshot(state: State, group: Uint8Array): Promise<Snapshot> {
  const found = await find(state, group);
  if (found === undefined) throw new NoGroup();
  return found;
}

async function epochSecret(state: State, group: Uint8Array, purpose: string): Promise<EpochSecret> {
  const conversation = state.library.conversation(group);
  const { epoch, secret } = await state.library.transaction(async (ctx) => {
    if (!(await ctx.conversationExists(conversation))) throw new NoGroup();
    const now = await ctx.conversationEpoch(conversation);
    return { epoch: now, secret: await exporter(ctx, conversation) };
  });
  const derived = await expand(secret.slice(), purpose, group, epoch);
  secret.fill(0);
  return { epoch, secret: derived };
}

/** Hands the epoch to the sink before anything else may turn it again. */
async function turned(state: State, group: Uint8Array, by: EpochTurn['by']): Promise<Snapshot> {
  const conversation = state.library.conversation(group);
  const { now, secret } = await state.library.transaction(async (ctx) => ({
    now: await read(state, ctx, group),
    secret: (await exporter(ctx, conversation)).slice(),
  }));
  let open = true;
  const derive = async (purpose: string): Promise<Uint8Array> => {
    if (!open) throw new Error('this epoch turn is over');
    return expand(secret, purpose, group, now.epoch);
  };
  try {
    await state.options.epochs.turned({ group: group.slice(), ...now, by, secret: derive });
  } finally {
    open = false;
    secret.fill(0);
  }
  return now;
}

// ---- own key packages and groups

/** A transaction that changes something, and is on the disk when it is over. */
async function write<R>(state: State, run: (ctx: Context) => Promise<R>): Promise<R> {
  const result = await state.library.transaction(run);
  if (state.options.storage.kind === 'disk') await flush();
  return result;
}

async function keyPackages(state: State, count: number): Promise<Uint8Array[]> {
  if (!Number.isInteger(count) || count < 1 || count > KEY_PACKAGES_MAX)
    throw new RangeError(`1 to ${KEY_PACKAGES_MAX} key packages at a time`);
  return write(state, async (ctx) => {
    const made: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const keyPackage = await ctx.generateKeyPackage(state.library.credential);
      made.push(keyPackageMessage(keyPackage.serialize()));
    }
    return made;
  });
}

async function create(state: State, group: Uint8Array): Promise<void> {
  const { library } = state;
  await write(state, (ctx) =>
    ctx.createConversation(library.conversation(group), library.credential),
  );
}

async function forget(state: State, group: Uint8Array): Promise<void> {
  const conversation = state.library.conversation(group);
  await write(state, async (ctx) => {
    if (await ctx.conversationExists(conversation)) await ctx.wipeConversation(conversation);
  });
}

// ---- own commits

async function add(
  state: State,
  group: Uint8Array,
  packages: readonly Uint8Array[],
): Promise<Done> {
  const { members, epoch } = await snapshot(state, group);
  if (packages.length === 0) return refused('nobody to add');
  if (members.length + packages.length > LEAVES_MAX) return refused('group too large');
  const future = [...members];
  for (const bytes of packages) {
    const decoded = attemptDecode(() => decodeKeyPackage(bytes));
    if (decoded instanceof DecodeError) return refused(`key package: ${decoded.message}`);
    const leaf = await leafOf(decoded.leaf);
    const verdict = await state.options.policy.keyPackage(leaf);
    if (!verdict.ok) return refused(verdict.reason);
    future.push(leaf);
  }
  const wrong = checkMembers(future, state.options.self.domain);
  if (wrong !== undefined) return refused(wrong);
  const { library } = state;
  return commit(state, { group, baseEpoch: epoch, expected: future }, 'own', (ctx) =>
    ctx.addClientsToConversation(
      library.conversation(group),
      packages.map((bytes) => library.keyPackage(bytes)),
    ),
  );
}

async function remove(state: State, group: Uint8Array, ids: readonly DeviceId[]): Promise<Done> {
  const { members, epoch } = await snapshot(state, group);
  if (ids.length === 0) return refused('nobody to remove');
  if (ids.some((id) => sameDevice(id, state.options.self)))
    return refused('a device cannot remove itself');
  if (!ids.every((id) => members.some((leaf) => sameDevice(leaf.id, id))))
    return refused('not a member');
  const { library } = state;
  const clients = ids.map((id) => libraryId(library.module, id));
  const expected = members.filter((leaf) => !ids.some((id) => sameDevice(leaf.id, id)));
  return commit(state, { group, baseEpoch: epoch, expected }, 'own', (ctx) =>
    ctx.removeClientsFromConversation(library.conversation(group), clients),
  );
}

async function update(state: State, group: Uint8Array): Promise<Done> {
  const { epoch, members } = await snapshot(state, group);
  return commit(state, { group, baseEpoch: epoch, expected: members }, 'own', (ctx) =>
    ctx.updateKeyingMaterial(state.library.conversation(group)),
  );
}

async function joinExternal(state: State, group: Uint8Array, info: Uint8Array): Promise<Done> {
  const decoded = attemptDecode(() => decodeGroupInfo(info));
  if (decoded instanceof DecodeError) return refused(`group info: ${decoded.message}`);
  if (!sameBytes(decoded.group, group)) return refused('group info of another group');
  const members = await membersOf(decoded);
  const { library, options } = state;
  const wrong = checkMembers(members, options.self.domain);
  if (wrong !== undefined) return refused(wrong);
  const verdict = await options.policy.after(members, 'own-external');
  if (!verdict.ok) return refused(verdict.reason);
  const conversation = library.conversation(group);
  const self = { id: options.self, keyThumbprint: await thumbprint(library.signatureKey) };
  const expected = [...members.filter((leaf) => !sameDevice(leaf.id, self.id)), self];
  if (expected.length > LEAVES_MAX) return refused('group too large');
  const attempt = { group, baseEpoch: decoded.epoch, expected };
  return commit(state, attempt, 'own-external', async (ctx) => {
    if (await ctx.conversationExists(conversation)) await ctx.wipeConversation(conversation);
    await ctx.joinByExternalCommit(library.groupInfo(info), library.credential);
  });
}

async function commit(
  state: State,
  attempt: Attempt,
  by: 'own' | 'own-external',
  run: (ctx: Context) => Promise<unknown>,
): Promise<Done> {
  state.attempt = attempt;
  try {
    await write(state, run);
  } catch (error) {
    const why = state.library.failure(error);
    if (why === 'trap') throw error;
    if (attempt.failed !== undefined) throw attempt.failed.error;
    const { sent } = attempt;
    if (sent === undefined && why === 'accident') throw error;
    if (sent === undefined) return refused('the library could not build the commit');
    if (sent.t === 'accepted') throw error; // merged nowhere here: processing it says rejoin-needed
    return sent;
  } finally {
    state.attempt = undefined;
  }
  const { epoch } = await turned(state, attempt.group, by);
  return { t: 'done', epoch };
}

/** Runs inside the library's operation. Must answer, whatever happens. */
async function transport(state: State, raw: RawBundle): Promise<boolean> {
  const { attempt } = state;
  if (attempt === undefined) return false;
  try {
    const bundle = await checkedBundle(attempt, raw);
    attempt.sent = await state.options.delivery.send(bundle);
    return attempt.sent.t === 'accepted';
  } catch (error) {
    attempt.failed = { error };
    return false;
  }
}

/** Reads back what the library made, as everybody else will. */
async function checkedBundle(attempt: Attempt, raw: RawBundle): Promise<Bundle> {
  const { group, baseEpoch } = attempt;
  const decoded = decodeCommit(raw.commit);
  if (!sameBytes(decoded.group, group) || decoded.epoch !== baseEpoch)
    throw new Error('the library built a commit for another group or epoch');
  if (raw.welcome !== undefined) decodeWelcome(raw.welcome);
  const info = decodeGroupInfo(raw.groupInfo);
  if (!sameBytes(info.group, group) || info.epoch !== baseEpoch + 1n)
    throw new Error('the library built a group info for another group or epoch');
  // The library wrote this tree from what it understood: so it also shows if it had read a tree or a key package
  // differently than our decoder did.
  const members = await membersOf(info);
  if (!sameMembers(members, attempt.expected))
    throw new Error('the library built a commit to another member list');
  return {
    group: group.slice(),
    baseEpoch,
    commit: raw.commit,
    ...(raw.welcome === undefined ? {} : { welcome: raw.welcome }),
    groupInfo: raw.groupInfo,
    hash: await sha256(raw.commit),
    members,
  };
}

async function membersOf(info: DecodedGroupInfo): Promise<Leaf[]> {
  return Promise.all(info.leaves.filter((leaf) => leaf !== undefined).map(leafOf));
}

// ---- what others did

async function join(state: State, group: Uint8Array, welcome: Uint8Array): Promise<Processed> {
  const { library, options } = state;
  const decoded = attemptDecode(() => decodeWelcome(welcome));
  if (decoded instanceof DecodeError) return invalid(decoded.message);
  const conversation = library.conversation(group);
  try {
    await write(state, async (ctx) => {
      const held = (await ctx.conversationExists(conversation))
        ? await ctx.conversationEpoch(conversation)
        : undefined;
      if (held !== undefined) await ctx.wipeConversation(conversation);
      const joined = await ctx.processWelcomeMessage(library.welcome(welcome));
      if (!sameBytes(joined.copyBytes(), group)) throw new Refusal('welcome to another group');
      const { epoch, members } = await readForeign(state, ctx, group);
      if (held !== undefined && epoch <= held) throw new Refusal('welcome to the past');
      const wrong = checkMembers(members, options.self.domain);
      if (wrong !== undefined) throw new Refusal(wrong);
      const verdict = await options.policy.after(members, 'welcome');
      if (!verdict.ok) throw new Refusal(verdict.reason);
    });
  } catch (error) {
    if (error instanceof Refusal) return refused(error.message);
    const why = library.failure(error);
    if (why === 'trap' || why === 'accident') throw error;
    if (why === 'orphan-welcome') return { t: 'duplicate' };
    return invalid(`welcome: ${why}`);
  }
  return { t: 'merged', ...(await turned(state, group, 'welcome')) };
}

async function processCommit(
  state: State,
  group: Uint8Array,
  bytes: Uint8Array,
): Promise<Processed> {
  const { options } = state;
  const decoded = attemptDecode(() => decodeCommit(bytes));
  if (decoded instanceof DecodeError) return invalid(decoded.message);
  if (!sameBytes(decoded.group, group)) return invalid('commit of another group');
  const now = await find(state, group);
  if (now === undefined) return { t: 'rejoin-needed' };
  if (decoded.epoch < now.epoch) return { t: 'duplicate' };
  if (decoded.epoch > now.epoch) return { t: 'gap', have: now.epoch, got: decoded.epoch };
  const view = await viewCommit(bytes, decoded);
  const named = view.pathLeaf === undefined ? view.added : [...view.added, view.pathLeaf];
  if (named.some((leaf) => leaf.id.domain !== options.self.domain))
    return refused('foreign identity');
  const verdict = await options.policy.before(view);
  if (!verdict.ok) return refused(verdict.reason);
  return merge(state, now, view, bytes);
}

async function merge(
  state: State,
  before: Snapshot,
  view: CommitView,
  bytes: Uint8Array,
): Promise<Processed> {
  const { library, options } = state;
  const { group } = view;
  const { domain } = options.self;
  const conversation = library.conversation(group);
  let removedBy: DeviceId | undefined;
  try {
    removedBy = await write(state, async (ctx) => {
      const message = await ctx.decryptMessage(conversation, bytes.slice());
      if (!library.module.DecryptedMessage.Commit.instanceOf(message))
        throw new Refusal('not a commit');
      const committer = leafOfIdentity(message.inner.identity);
      if (!message.inner.isActive) return committer.id;
      const after = await readForeign(state, ctx, group);
      const change = checkTransition(before.members, after.members, view, committer, domain);
      if (!change.ok) throw new Refusal(change.reason);
      const seen = { ...view, removed: change.removed, committer };
      const verdict = await options.policy.after(after.members, seen);
      if (!verdict.ok) throw new Refusal(verdict.reason);
      return undefined;
    });
  } catch (error) {
    if (error instanceof Refusal) return refused(error.message);
    const why = library.failure(error);
    if (why === 'trap' || why === 'accident') throw error;
    if (why === 'self-commit') return { t: 'rejoin-needed' };
    if (why === 'duplicate') return { t: 'duplicate' };
    return invalid(`commit: ${why}`);
  }
  if (removedBy !== undefined) return { t: 'removed', by: removedBy };
  return { t: 'merged', ...(await turned(state, group, 'commit')) };
}

/** Reading a list with an identity not in our form throws in the library: that is a refusal. */
async function readForeign(state: State, ctx: Context, group: Uint8Array): Promise<Snapshot> {
  try {
    return await read(state, ctx, group);
  } catch (error) {
    if (state.library.failure(error) === 'trap') throw error;
    throw new Refusal('foreign identity');
  }
}

// ---- small things

function refused(reason: string): { readonly t: 'refused'; readonly reason: string } {
  return { t: 'refused', reason };
}

function invalid(reason: string): { readonly t: 'invalid'; readonly reason: string } {
  return { t: 'invalid', reason };
}

function attemptDecode<T>(decode: () => T): T | DecodeError {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}

function sameMembers(a: readonly Leaf[], b: readonly Leaf[]): boolean {
  const keys = (leaves: readonly Leaf[]): string => leaves.map(leafKey).toSorted().join();
  return keys(a) === keys(b);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
