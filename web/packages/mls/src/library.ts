/**
 * core-crypto behind a handful of functions: loading, opening, transactions, errors. The only file
 * that imports it, and only when an engine opens, so that it stays out of the first page.
 */
import type {
  CipherSuite,
  CommitBundle,
  CoreCrypto,
  CoreCryptoContext,
  ConversationId,
  CredentialRef,
  Database,
  GroupInfo,
  KeyPackage,
  MlsTransport,
  ClientId,
  Welcome,
  WireIdentity,
} from '@wireapp/core-crypto/browser';
import { parseDeviceId } from './identity.ts';
import type { DeviceId, Leaf, Storage } from './interface.ts';

type CoreCryptoModule = typeof import('@wireapp/core-crypto/browser');
export type Context = CoreCryptoContext;

/** Bytes before the body of an MLSMessage: version and wire format. */
const HEADER_BYTES = 4;
const EXPORTER_BYTES = 32;
/** `CredentialType.Basic`: the enum itself would need the module at hand. */
const BASIC = 1;

let loading: Promise<CoreCryptoModule> | undefined;

/** Once a worker; a failed load may be tried again. */
async function load(wasmUrl: string): Promise<CoreCryptoModule> {
  loading ??= (async () => {
    const module = await import('@wireapp/core-crypto/browser');
    // It takes a missing `window` for "not a browser" and throws, although it runs in workers.
    Reflect.set(globalThis, 'window', globalThis);
    await module.initWasmModule(wasmUrl);
    return module;
  })();
  try {
    return await loading;
  } catch (cause) {
    loading = undefined;
    throw cause;
  }
}

/** What the library does with a commit of ours: true merges it, false drops it. Must not reject. */
export type Transport = (bundle: RawBundle) => Promise<boolean>;

export interface RawBundle {
  readonly commit: Uint8Array;
  readonly welcome?: Uint8Array;
  readonly groupInfo: Uint8Array;
}

/**
 * Why the library said no, by its own tag, without its text (which may carry identities). `accident`: not MLS at all but
 * storage, a hook that rejected, or our own mistake.
 */
export type Failure =
  | 'self-commit'
  | 'duplicate'
  | 'orphan-welcome'
  | 'group-exists'
  | 'wrong-epoch'
  | 'rejected'
  | 'invalid'
  | 'trap'
  | 'accident';

/** An opened database with one MLS client in it. */
export interface Library {
  readonly module: CoreCryptoModule;
  readonly suite: CipherSuite;
  readonly credential: CredentialRef;
  readonly signatureKey: Uint8Array;
  conversation(group: Uint8Array): ConversationId;
  /** Whole MLSMessages into the library's own types; what it cannot read fails as `invalid`. */
  keyPackage(bytes: Uint8Array): KeyPackage;
  welcome(bytes: Uint8Array): Welcome;
  groupInfo(bytes: Uint8Array): GroupInfo;
  transaction<R>(run: (ctx: Context) => Promise<R>): Promise<R>;
  failure(error: unknown): Failure;
  dispose(): void;
}

export async function openLibrary(
  storage: Storage,
  self: DeviceId,
  wasmUrl: string,
  transport: Transport,
): Promise<Library> {
  const module = await load(wasmUrl);
  const database = await openDatabase(module, storage);
  const core = module.CoreCrypto.new(database);
  const clientId = libraryId(module, self);
  const suite = module.CipherSuite.Mls128Dhkemx25519Aes128gcmSha256Ed25519;
  const transaction = <R>(run: (ctx: Context) => Promise<R>): Promise<R> =>
    transact(module, core, run);
  const mlsTransport = adapt(module, transport);
  await transaction((ctx) => ctx.mlsInit(clientId, mlsTransport));
  const [known] = await core.findCredentials({ clientId, cipherSuite: suite });
  const credential =
    known ??
    (await transaction((ctx) => ctx.addCredential(module.Credential.basic(suite, clientId))));
  return {
    module,
    suite,
    credential,
    signatureKey: new Uint8Array(await core.publicKey(credential)),
    conversation: (group) => new module.ConversationId(group.slice()),
    keyPackage: (bytes) => parse(() => new module.KeyPackage(withoutHeader(bytes))),
    welcome: (bytes) => parse(() => new module.Welcome(bytes.slice())),
    groupInfo: (bytes) => parse(() => new module.GroupInfo(withoutHeader(bytes))),
    transaction,
    failure: (error) => failure(module, error),
    dispose: () => {
      core.uniffiDestroy();
      database.uniffiDestroy();
    },
  };
}

/** The library's constructors throw the same error for bad bytes as its other calls for a bad disk. */
class Unreadable extends Error {}

function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    throw new Unreadable('unreadable for the library');
  }
}

async function openDatabase(module: CoreCryptoModule, storage: Storage): Promise<Database> {
  if (storage.kind === 'memory') return module.Database.inMemory();
  return module.Database.open(storage.name, new module.DatabaseKey(storage.key.slice()));
}

/**
 * The library's own `transaction` swallows an error of the commit itself (a full disk, say) and reports success, so
 * this goes below it and lets every error through.
 */
async function transact<R>(
  module: CoreCryptoModule,
  core: CoreCrypto,
  run: (ctx: Context) => Promise<R>,
): Promise<R> {
  let outcome: { readonly value: R } | undefined;
  let thrown: { readonly error: unknown } | undefined;
  try {
    await core.transactionFfi({
      execute: async (raw) => {
        try {
          outcome = { value: await run(new module.CoreCryptoContext(raw)) };
        } catch (error) {
          thrown = { error };
          throw error;
        }
      },
    });
  } catch (error) {
    throw thrown === undefined ? error : thrown.error;
  }
  if (outcome === undefined) throw new Error('transaction ended without running');
  return outcome.value;
}

function adapt(module: CoreCryptoModule, transport: Transport): MlsTransport {
  const reject = (): Error => new module.MlsTransportError.MessageRejected({ reason: 'dropped' });
  return {
    sendCommitBundle: async (bundle: CommitBundle) => {
      // Only this error drops the commit cleanly; any other would trap the WebAssembly.
      if (!(await transport(rawBundle(bundle)).catch(() => false))) throw reject();
    },
    prepareForTransport: () => Promise.reject(reject()),
  };
}

function rawBundle(bundle: CommitBundle): RawBundle {
  const commit = bundle.commit.slice();
  const groupInfo = bundle.groupInfo.payload.slice();
  if (bundle.welcome === undefined) return { commit, groupInfo };
  return { commit, groupInfo, welcome: bundle.welcome.serialize().slice() };
}

/** A KeyPackage as the library serializes it, made an MLSMessage. */
export function keyPackageMessage(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(HEADER_BYTES + bytes.length);
  whole.set([0, 1, 0, 5]);
  whole.set(bytes, HEADER_BYTES);
  return whole;
}

/** The body of an MLSMessage that our decoder has passed: all that the library takes of some of them. */
function withoutHeader(bytes: Uint8Array): Uint8Array {
  return bytes.slice(HEADER_BYTES);
}

export function libraryId(module: CoreCryptoModule, id: DeviceId): ClientId {
  return new module.ClientId(
    new module.Uuid(id.account),
    module.DeviceId.fromHexString(id.device),
    id.domain,
  );
}

/** The member list of the group as it stands in the transaction. Throws on an identity not in our form. */
export async function listMembers(ctx: Context, conversation: ConversationId): Promise<Leaf[]> {
  const ids = await ctx.getClientIds(conversation);
  const identities = await ctx.getDeviceIdentities(conversation, ids);
  return identities.map(leafOfIdentity);
}

export function leafOfIdentity(identity: WireIdentity): Leaf {
  const text = new TextDecoder().decode(identity.clientId?.copyBytes());
  const id = parseDeviceId(text);
  if (id === undefined || identity.credentialType !== BASIC) throw new Error('foreign identity');
  return { id, keyThumbprint: identity.thumbprint };
}

export async function exporter(ctx: Context, conversation: ConversationId): Promise<Uint8Array> {
  const secret = await ctx.exportSecretKey(conversation, EXPORTER_BYTES);
  const bytes = secret.copyBytes().slice();
  secret.uniffiDestroy();
  return bytes;
}

function failure(module: CoreCryptoModule, error: unknown): Failure {
  if (error instanceof WebAssembly.RuntimeError) return 'trap';
  if (error instanceof Unreadable) return 'invalid';
  if (!module.CoreCryptoError.instanceOf(error)) return 'accident';
  if (!module.CoreCryptoError.Mls.instanceOf(error)) return 'accident';
  const inner = error.inner.mlsError;
  if (module.MlsError.SelfCommitIgnored.instanceOf(inner)) return 'self-commit';
  if (module.MlsError.DuplicateMessage.instanceOf(inner)) return 'duplicate';
  if (module.MlsError.StaleCommit.instanceOf(inner)) return 'duplicate';
  if (module.MlsError.OrphanWelcome.instanceOf(inner)) return 'orphan-welcome';
  if (module.MlsError.ConversationAlreadyExists.instanceOf(inner)) return 'group-exists';
  if (module.MlsError.WrongEpoch.instanceOf(inner)) return 'wrong-epoch';
  if (module.MlsError.MessageRejected.instanceOf(inner)) return 'rejected';
  return 'invalid';
}
