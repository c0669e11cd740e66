/** A signed-in device at work: the parts put together, and what the server says passed on to them. */
import type { MlsEngine } from '@crypho/mls';
import type { Records } from '@crypho/vault';
import { Changed_What, ConversationService } from '@crypho/wire';
import type { Changed, Hello, ServerFrame } from '@crypho/wire';
import type { Account, StoredAccount } from './account-state.ts';
import type { ConnectionState } from './api.ts';
import type { Context } from './context.ts';
import { makeDelivery } from './delivery.ts';
import { makeDepositCheck } from './deposit-check.ts';
import { makeDirectory } from './directory.ts';
import { makeEpochs } from './epochs.ts';
import { makeEpochSink, makeGroups } from './groups.ts';
import type { GroupsShared } from './groups.ts';
import { makeKeyRing } from './keys.ts';
import { makeLists } from './lists.ts';
import type { Lists } from './lists.ts';
import { fail } from './failure.ts';
import { makeMembers } from './members.ts';
import type { Members } from './members.ts';
import { makeMessages } from './messages.ts';
import type { Messages } from './messages.ts';
import { makeOutbox } from './outbox.ts';
import type { MlsOptions, Platform } from './platform.ts';
import { makePolicy } from './policy.ts';
import { makeReadMarks } from './read-marks.ts';
import type { ReadMarks } from './read-marks.ts';
import type { Rpc } from './rpc.ts';
import type { ServerTime } from './server-time.ts';
import { makeSocket } from './socket.ts';
import { makeConversationStore } from './store.ts';
import { makeSync } from './sync.ts';
import { TOPIC } from './topics.ts';
import type { Topics } from './topics.ts';
import { guardTraps, leaveTrapped } from './trap.ts';
import { makeTypists } from './typing.ts';
import type { Typists } from './typing.ts';
import { makeVaultSync } from './vault-sync.ts';

export const KEY_PACKAGES = 50;
const NOTES_MAX = 50;

export interface RuntimeOptions {
  readonly platform: Platform;
  readonly rpc: Rpc;
  readonly time: ServerTime;
  readonly topics: Topics;
  readonly records: Records;
  account(): Account;
  stored(): StoredAccount;
  /** Own devices, keys or profile changed on the server. */
  accountChanged(): void;
  signedOut(): void;
}

export interface Runtime {
  readonly context: Context;
  readonly lists: Lists;
  readonly messages: Messages;
  readonly readMarks: ReadMarks;
  readonly members: Members;
  readonly typists: Typists;
  connection(): ConnectionState;
  /** Reads what is kept here; nothing of the network. */
  open(): Promise<void>;
  /** Once; whoever asks while it is being opened waits for the same. */
  openMls(): Promise<MlsEngine>;
  start(): void;
  stop(): Promise<void>;
}

export function makeRuntime(options: RuntimeOptions): Runtime {
  const { platform, rpc, topics, records } = options;
  const shared: GroupsShared = { intents: new Map(), fates: new Map(), announced: new Map() };
  let mls: MlsEngine | undefined;
  let opening: Promise<MlsEngine> | undefined;
  let isStopped = false;
  let connection: ConnectionState = { kind: 'connecting', sinceMs: platform.clock.now() };

  const get = (): Context => context;
  const deps = { records, rpc, topics, ...platform, account: options.account };
  const vault = makeVaultSync(deps);
  const context: Context = {
    platform,
    rpc,
    topics,
    records,
    vault,
    directory: makeDirectory({ ...deps, vault }),
    keys: makeKeyRing(get),
    epochs: makeEpochs(records),
    store: makeConversationStore(records, topics),
    get mls(): MlsEngine {
      if (mls === undefined) throw fail('unavailable');
      return mls;
    },
    groups: makeGroups(get, shared),
    sync: makeSync(get),
    outbox: makeOutbox(get),
    socket: makeSocket(platform.transport, platform.clock, platform.random, {
      hello: (hello) => context.background(onHello(hello)),
      frame: (frame) => context.background(onFrame(frame)),
      state: (state) => {
        connection = state;
        topics.changed('connection');
      },
      signedOut: options.signedOut,
    }),
    account: options.account,
    stored: options.stored,
    serverNow: options.time.now,
    isStopped: () => isStopped,
    isMlsOpen: () => mls !== undefined,
    isOnline: () => connection.kind === 'online',
    background: (work) => {
      work.catch((error: unknown) => {
        if (!isStopped) platform.defect(error);
      });
    },
  };
  const depositCheck = makeDepositCheck(get);
  const typists = makeTypists(get);
  const messages = makeMessages(get);
  const readMarks = makeReadMarks(get);
  const lists = makeLists(get, typists);

  async function onHello(hello: Hello): Promise<void> {
    options.time.exact(Number(hello.serverTimeMs));
    context.background(vault.pull(hello.vaultRevision).then(() => vault.flush()));
    await context.sync.heads(hello.conversations);
    for (const id of context.store.ids()) {
      const at = context.store.get(id)?.mls;
      if (at !== undefined && at !== null) depositCheck.entered(id, at);
    }
    context.outbox.poke();
    readMarks.poke();
    context.background(lists.refreshContacts());
    context.background(lists.refreshDevices());
    options.accountChanged();
  }

  async function onFrame(frame: ServerFrame): Promise<void> {
    const { body } = frame;
    switch (body.case) {
      case 'entry': {
        const { conversationId, entry } = body.value;
        if (entry !== undefined) typists.done(conversationId, entry.senderAccountId);
        return context.sync.entry(body.value);
      }
      case 'signal':
        return typists.heard(body.value);
      case 'marker':
        if (body.value.marker === undefined) return;
        return context.sync.marker(body.value.conversationId, body.value.marker);
      case 'changed':
        return onChanged(body.value);
      default:
        return;
    }
  }

  async function onChanged(changed: Changed): Promise<void> {
    switch (changed.what) {
      case Changed_What.CONTACTS:
        return lists.refreshContacts();
      case Changed_What.VAULT:
        return vault.pull(changed.revision);
      case Changed_What.DEVICES:
        options.accountChanged();
        await context.directory.learn([options.account().accountId], { isFresh: true });
        return lists.refreshDevices();
      case Changed_What.PROFILE:
        options.accountChanged();
        return;
      case Changed_What.CONVERSATION:
        return onConversation(changed.conversationId);
      case Changed_What.KEY_PACKAGES:
        return topUp();
      case Changed_What.ACCOUNT:
        return context.directory.learn([changed.accountId], { isFresh: true });
      case Changed_What.UNSPECIFIED:
        return;
    }
  }

  async function onConversation(id: string): Promise<void> {
    const isOurs = context.store.get(id) !== undefined && (await context.sync.settle(id));
    if (!isOurs) return context.sync.refreshAll();
    context.outbox.poke();
  }

  async function topUp(): Promise<void> {
    const { method } = ConversationService;
    const { available } = await rpc.call(method.countKeyPackages, {}, { isIdempotent: true });
    if (available >= KEY_PACKAGES / 2) return;
    const keyPackages = await context.mls.keyPackages(KEY_PACKAGES - available);
    await rpc.call(method.uploadKeyPackages, { keyPackages });
  }

  vault.onChange((record) => {
    const [kind, id] = record.name.split('/');
    if (kind === 'settings') topics.changed('settings');
    if (id === undefined) return;
    if (kind === 'draft') topics.changed(`draft/${id}`, 'conversations');
    if (kind === 'read' && record.body.case === 'readMark')
      context.background(readMarks.elsewhere(id, Number(record.body.value.upToSeq)));
    if (kind === 'key') context.background(context.sync.heal(id));
  });

  /** Said in every conversation with that account, where its messages now cannot be trusted. */
  async function noteIdentityChanged(account: string): Promise<void> {
    const { store } = context;
    for (const id of store.ids())
      await store.change(id, (state) => {
        if (!state.members.some((member) => member.account === account)) return undefined;
        const note = {
          account,
          afterSeq: state.head.lastSeq,
          timeMs: Math.round(context.serverNow()),
        };
        const notes = [...(state.notes ?? []), note].slice(-NOTES_MAX);
        return { state: { ...state, notes }, topics: [TOPIC.timeline(id)] };
      });
  }

  context.directory.onIdentityChanged((account) =>
    context.background(noteIdentityChanged(account)),
  );

  async function openMls(): Promise<MlsEngine> {
    mls ??= guardTraps(await openedMls(), records, platform.restart);
    await leaveTrapped(mls, records);
    topics.changed(...context.store.ids().map((id) => `conversation/${id}`));
    context.outbox.poke();
    return mls;
  }

  function openedMls(): Promise<MlsEngine> {
    const { accountId, deviceId, isSharedComputer, mlsKey } = options.stored();
    const key = Uint8Array.from(atob(mlsKey), (c) => c.charCodeAt(0));
    const storage: MlsOptions['storage'] = isSharedComputer
      ? { kind: 'memory' }
      : { kind: 'disk', name: 'crypho-mls', key };
    return platform.openMls({
      storage,
      self: { account: accountId, device: deviceId, domain: platform.domain },
      policy: makePolicy(get, shared),
      delivery: makeDelivery(get, shared),
      epochs: makeEpochSink(get, depositCheck.entered),
    });
  }

  return {
    context,
    lists,
    messages,
    readMarks,
    members: makeMembers(get, messages),
    typists,
    connection: () =>
      connection.kind === 'offline'
        ? { ...connection, waiting: context.outbox.waiting() }
        : connection,
    open: async () => {
      await vault.open();
      await context.directory.open();
      await context.store.open();
      await context.outbox.open();
      await readMarks.open();
    },
    openMls: () => {
      opening ??= openMls().catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      return opening;
    },
    start: () => context.socket.start(),
    stop: async () => {
      isStopped = true;
      depositCheck.stop();
      context.socket.stop();
      await mls?.close().catch(() => undefined);
      mls = undefined;
    },
  };
}
