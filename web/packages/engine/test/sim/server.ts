/** The server as clients see it, in memory: enough of its rules that a client can get them wrong. */
import { base64, hex, sameBytes, utf8 } from '@crypho/vault';
import type { Bytes } from '@crypho/vault';
import {
  AccountKeysSchema,
  AccountService,
  Changed_What,
  CommitRefusal,
  ContactService,
  ConversationHeadSchema,
  ConversationKind,
  ConversationService,
  LogEntrySchema,
  MeSchema,
  Role,
  ServerFrameSchema,
  VaultService,
  create,
  fromBinary,
  toBinary,
} from '@crypho/wire';
import type {
  AccountKeys,
  CommitRequest,
  Deposit,
  DescMessage,
  DescMethodUnary,
  Device,
  LogEntry,
  Marker,
  Me,
  MessageInitShape,
  MessageShape,
  PassphraseKdf,
  Unlock,
  VaultEntry,
} from '@crypho/wire';
import { ClientFrameSchema } from '@crypho/wire';
import type { HttpAnswer, SocketEvents, SocketHandle, Transport } from '../../src/platform.ts';
import { parse } from './mls.ts';
import type { WireCommit, WireInfo } from './mls.ts';

interface SimAccount {
  readonly id: string;
  readonly email: string;
  displayName: string;
  authKey: Uint8Array;
  kdf: PassphraseKdf;
  keys: AccountKeys;
  unlocks: Unlock[];
  devices: Device[];
  formerDevices: Device[];
  vault: Map<string, VaultEntry>;
  vaultRevision: number;
  packages: Map<string, Uint8Array[]>;
}

interface SimConversation {
  readonly id: string;
  readonly kind: ConversationKind;
  readonly creator: string;
  readonly log: LogEntry[];
  readonly members: Map<string, { role: Role; isCurrent: boolean; from: number; to: number }>;
  generation: number;
  epoch: number;
  leaves: Set<string>;
  owners: Map<string, string>;
  groupInfo: Uint8Array;
  commitSeq: number;
  welcomes: Map<string, { bytes: Uint8Array; seq: number; epoch: number }>;
  pending: Map<string, string>;
  deposits: Deposit[];
  markers: Map<string, Marker>;
  commits: Map<string, { seq: number; epoch: number }>;
}

export interface SimSession {
  account?: string;
  device?: string;
}

interface SimSocket {
  readonly session: SimSession;
  readonly events: SocketEvents;
}

class Answered extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

type Handler = (session: SimSession, input: never) => unknown;

export interface Faults {
  /** Before the request is seen. */
  dropRequest(path: string): boolean;
  /** After it was carried out. */
  dropAnswer(path: string): boolean;
  dropFrame(): boolean;
  repeatFrame(): boolean;
}

export const NO_FAULTS: Faults = {
  dropRequest: () => false,
  dropAnswer: () => false,
  dropFrame: () => false,
  repeatFrame: () => false,
};

export class SimServer {
  readonly accounts = new Map<string, SimAccount>();
  readonly conversations = new Map<string, SimConversation>();
  readonly signUps = new Map<string, string>();
  readonly contacts = new Set<string>();
  readonly invitations: { id: string; from: string; email: string; note: string; at: number }[] =
    [];
  readonly sockets = new Set<SimSocket>();
  readonly #handlers = new Map<string, { method: DescMethodUnary; run: Handler }>();
  #counter = 0;
  faults: Faults = NO_FAULTS;
  readonly now: () => number;
  readonly calls: string[] = [];
  /** The field that is refused as invalid in a request to this path, if any. */
  refuses: (path: string) => string | undefined = () => undefined;
  groupDevicesMax = 1000;

  /** How long anything takes over the network: waits of different lengths also change the order. */
  readonly #travel: () => Promise<void>;

  constructor(now: () => number, travel: () => Promise<void> = tick) {
    this.now = now;
    this.#travel = travel;
    this.#accountRoutes();
    this.#contactRoutes();
    this.#conversationRoutes();
    this.#sendRoutes();
  }

  #on<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    run: (session: SimSession, input: MessageShape<I>) => MessageInitShape<O>,
  ): void {
    const path = `/api/${method.parent.typeName}/${method.name}`;
    this.#handlers.set(path, { method, run: run as Handler });
  }

  newId(): string {
    const n = (++this.#counter).toString(16).padStart(12, '0');
    return `00000000-0000-4000-8000-${n}`;
  }

  transport(session: SimSession, isOnline: () => boolean): Transport {
    return {
      post: async (path, body) => {
        await this.#travel();
        if (!isOnline() || this.faults.dropRequest(path)) throw new Error('no network');
        const answer = this.#answer(session, path, body);
        await this.#travel();
        if (!isOnline() || this.faults.dropAnswer(path)) throw new Error('no network');
        return answer;
      },
      socket: (events) => this.#open(session, events, isOnline),
    };
  }

  #answer(session: SimSession, path: string, body: Bytes): HttpAnswer {
    this.calls.push(path);
    const handler = this.#handlers.get(path);
    if (handler === undefined) throw new Error(`not simulated: ${path}`);
    const contentType = 'application/proto';
    const field = this.refuses(path);
    if (field !== undefined) {
      const error = { code: 'invalid_argument', details: [{ debug: { field } }] };
      return { status: 400, body: utf8(JSON.stringify(error)), contentType: 'application/json' };
    }
    try {
      const input = fromBinary(handler.method.input, body);
      const out = handler.run(session, input as never);
      const bytes = toBinary(
        handler.method.output,
        create(handler.method.output, out as MessageInitShape<DescMessage>),
      );
      return { status: 200, body: new Uint8Array(bytes), contentType };
    } catch (error) {
      if (error instanceof Answered)
        return { status: error.status, body: new Uint8Array(0), contentType };
      throw error;
    }
  }

  // ---- sockets

  #open(session: SimSession, events: SocketEvents, isOnline: () => boolean): SocketHandle {
    const socket: SimSocket = { session, events };
    void this.#travel().then(() => {
      if (!isOnline() || session.device === undefined) return events.closed();
      this.sockets.add(socket);
      events.opened();
      const conversations = this.#headsOf(session.account ?? '', session.device);
      const account = this.accounts.get(session.account ?? '');
      this.#frame(socket, {
        case: 'hello',
        value: {
          conversations,
          vaultRevision: BigInt(account?.vaultRevision ?? 0),
          serverTimeMs: BigInt(this.now()),
          pingIntervalMs: 30_000,
        },
      });
    });
    return {
      send: (bytes) => {
        const { body } = fromBinary(ClientFrameSchema, bytes);
        if (body.case === 'signal') {
          const { conversationId } = body.value;
          const signal = {
            ...body.value,
            senderAccountId: session.account ?? '',
            senderDeviceId: session.device ?? '',
          };
          this.#toMembers(conversationId, { case: 'signal', value: signal });
        }
        if (body.case === 'ping') this.#frame(socket, { case: 'pong', value: {} });
      },
      close: () => {
        if (this.sockets.delete(socket)) events.closed();
      },
    };
  }

  #frame(socket: SimSocket, body: MessageInitShape<typeof ServerFrameSchema>['body']): void {
    const frame = create(ServerFrameSchema, body === undefined ? {} : { body });
    const bytes = new Uint8Array(toBinary(ServerFrameSchema, frame));
    const isHello = frame.body.case === 'hello';
    const times = !isHello && this.faults.repeatFrame() ? 2 : 1;
    for (let i = 0; i < times; i++)
      void this.#travel().then(() => {
        if (this.sockets.has(socket) && (isHello || !this.faults.dropFrame()))
          socket.events.received(bytes);
      });
  }

  cutSockets(device?: string): void {
    for (const socket of this.sockets) {
      if (device !== undefined && socket.session.device !== device) continue;
      this.sockets.delete(socket);
      socket.events.closed();
    }
  }

  #toAccount(account: string, body: MessageInitShape<typeof ServerFrameSchema>['body']): void {
    for (const socket of this.sockets)
      if (socket.session.account === account) this.#frame(socket, body);
  }

  #toMembers(id: string, body: MessageInitShape<typeof ServerFrameSchema>['body']): void {
    const conversation = this.conversations.get(id);
    for (const [account, member] of conversation?.members ?? [])
      if (member.isCurrent) this.#toAccount(account, body);
  }

  #changed(
    account: string,
    what: Changed_What,
    more: { conversationId?: string; accountId?: string } = {},
  ): void {
    this.#toAccount(account, { case: 'changed', value: { what, ...more } });
  }

  // ---- accounts

  #account(session: SimSession): SimAccount {
    const account = this.accounts.get(session.account ?? '');
    if (account === undefined) throw new Answered(401);
    if (session.device !== undefined && !account.devices.some((d) => d.deviceId === session.device))
      throw new Answered(401);
    return account;
  }

  #me(account: SimAccount, session: SimSession): Me {
    const { device = '' } = session;
    return create(MeSchema, {
      accountId: account.id,
      email: account.email,
      displayName: account.displayName,
      keys: account.keys,
      unlocks: account.unlocks.filter((unlock) => unlock.id === '' || unlock.id === device),
      deviceId: device,
      kdf: account.kdf,
      createdAtMs: 1n,
      ownedGroupsMax: 5,
    });
  }

  #accountRoutes(): void {
    const { method } = AccountService;
    this.#on(method.startSignUp, (_session, { email }) => {
      this.signUps.set(base64(new TextEncoder().encode(email)), email);
      return {};
    });
    this.#on(method.openSignUp, (_session, { token }) => {
      const email = this.signUps.get(base64(token));
      if (email === undefined) return { outcome: { case: 'linkExpired', value: {} } };
      const accountId = this.newId();
      this.signUps.set(accountId, email);
      const totpSecret = new Uint8Array(20);
      return { outcome: { case: 'opened', value: { accountId, email, totpSecret } } };
    });
    this.#on(method.completeSignUp, (session, input) => {
      const email = this.signUps.get(base64(input.token));
      const id = [...this.signUps].findLast(([, value]) => value === email)?.[0];
      if (email === undefined || id === undefined || input.keys === undefined)
        return { outcome: { case: 'linkExpired', value: {} } };
      if (input.totpCode !== '000000') return { outcome: { case: 'wrongCode', value: {} } };
      const account: SimAccount = {
        id,
        email,
        displayName: input.displayName,
        authKey: input.authKey,
        kdf: input.kdf as PassphraseKdf,
        keys: input.keys,
        unlocks: [input.passphraseUnlock as Unlock],
        devices: [],
        formerDevices: [],
        vault: new Map(),
        vaultRevision: 0,
        packages: new Map(),
      };
      this.accounts.set(id, account);
      session.account = id;
      delete session.device;
      return { outcome: { case: 'created', value: { me: this.#me(account, session) } } };
    });
    const byEmail = (email: string): SimAccount | undefined =>
      [...this.accounts.values()].find((account) => account.email === email);
    this.#on(method.startLogIn, (_session, { email }) => {
      const kdf = byEmail(email)?.kdf;
      return kdf === undefined ? {} : { kdf };
    });
    this.#on(method.logIn, (_session, { email, authKey }) => {
      const account = byEmail(email);
      if (account === undefined || !sameBytes(account.authKey, authKey))
        return { outcome: { case: 'wrongCredentials', value: {} } };
      const ticket = new TextEncoder().encode(account.id);
      return { outcome: { case: 'secondFactorRequired', value: { ticket, totp: true } } };
    });
    this.#on(method.completeLogIn, (session, { ticket, totpCode }) => {
      const account = this.accounts.get(new TextDecoder().decode(ticket));
      if (account === undefined) return { outcome: { case: 'ticketExpired', value: {} } };
      if (totpCode !== '000000') return { outcome: { case: 'wrongCode', value: {} } };
      session.account = account.id;
      delete session.device;
      return { outcome: { case: 'loggedIn', value: { me: this.#me(account, session) } } };
    });
    this.#on(method.getMe, (session) => this.#me(this.#account(session), session));
    this.#on(method.registerDevice, (session, { device, unlock, keyPackages }) => {
      const account = this.#account(session);
      if (device === undefined || unlock === undefined) throw new Answered(400);
      if (unlock.keyGeneration !== account.keys.keyGeneration)
        return { outcome: { case: 'staleKey', value: {} } };
      account.devices.push(device);
      account.unlocks.push(unlock);
      account.packages.set(device.deviceId, keyPackages);
      session.device = device.deviceId;
      this.#changed(account.id, Changed_What.DEVICES);
      this.#tellAcquaintances(account.id);
      return { outcome: { case: 'registered', value: {} } };
    });
    this.#on(method.logOut, (session) => {
      const account = this.#account(session);
      if (session.device !== undefined) this.#unlink(account, session.device);
      delete session.account;
      return {};
    });
    this.#on(method.listDevices, (session) => ({ devices: this.#account(session).devices }));
    this.#on(method.unlinkDevice, (session, { deviceId }) => {
      const account = this.#account(session);
      this.#unlink(account, deviceId);
      return { unlocks: account.unlocks };
    });
    this.#on(method.rotateAccountKey, (session, { keys, unlocks }) => {
      const account = this.#account(session);
      if (keys?.keyGeneration !== account.keys.keyGeneration + 1)
        return {
          outcome: { case: 'conflict', value: { current: account.keys, unlocks: account.unlocks } },
        };
      account.keys = create(AccountKeysSchema, keys);
      account.unlocks = unlocks;
      this.#changed(account.id, Changed_What.DEVICES);
      this.#tellAcquaintances(account.id);
      return { outcome: { case: 'rotated', value: {} } };
    });
    this.#on(method.getAccounts, (session, { accountIds, formerDeviceIds }) => {
      this.#account(session);
      const found = accountIds.map((id) => this.accounts.get(id)).filter((a) => a !== undefined);
      return {
        accounts: found.map((account) => ({
          accountId: account.id,
          displayName: account.displayName,
          identityPublicKey: account.keys.identityPublicKey,
          depositPublicKey: account.keys.depositPublicKey,
          depositSignature: account.keys.depositSignature,
          keyGeneration: account.keys.keyGeneration,
          devices: account.devices,
          formerDevices: account.formerDevices.filter((each) =>
            formerDeviceIds.includes(each.deviceId),
          ),
        })),
      };
    });
    this.#on(VaultService.method.putVault, (session, { entries }) => {
      const account = this.#account(session);
      const current = entries
        .filter((e) => (account.vault.get(hex(e.key))?.revision ?? 0n) !== e.revision)
        .map((e) => account.vault.get(hex(e.key)))
        .filter((e) => e !== undefined);
      if (current.length > 0) return { outcome: { case: 'conflict', value: { current } } };
      const revisions = entries.map((entry) => {
        const revision = BigInt(++account.vaultRevision);
        account.vault.set(hex(entry.key), { ...entry, revision });
        return revision;
      });
      this.#toAccount(account.id, {
        case: 'changed',
        value: { what: Changed_What.VAULT, revision: BigInt(account.vaultRevision) },
      });
      return { outcome: { case: 'stored', value: { revisions } } };
    });
    this.#on(VaultService.method.readVault, (session, { afterRevision, limit }) => {
      const newer = [...this.#account(session).vault.values()]
        .filter((entry) => entry.revision > afterRevision)
        .toSorted((a, b) => Number(a.revision - b.revision));
      return { entries: newer.slice(0, limit), hasMore: newer.length > limit };
    });
  }

  /** As if that device had sent it: what an honest server would refuse. */
  plant(
    id: string,
    session: SimSession,
    entry: Partial<MessageInitShape<typeof LogEntrySchema>>,
  ): void {
    const conversation = this.conversations.get(id);
    if (conversation !== undefined) this.#append(conversation, session, entry);
  }

  /** Other identity keys than before, as a lying server would give them out. */
  swapIdentity(id: string, identityPublicKey: Uint8Array): void {
    const account = this.accounts.get(id);
    if (account === undefined) return;
    account.keys = create(AccountKeysSchema, { ...account.keys, identityPublicKey });
    this.#tellAcquaintances(id);
  }

  #tellAcquaintances(id: string): void {
    for (const account of this.accounts.keys())
      this.#changed(account, Changed_What.ACCOUNT, { accountId: id });
  }

  #unlink(account: SimAccount, device: string): void {
    account.formerDevices.push(...account.devices.filter((each) => each.deviceId === device));
    account.devices = account.devices.filter((each) => each.deviceId !== device);
    account.unlocks = account.unlocks.filter((each) => each.id !== device);
    account.packages.delete(device);
    for (const conversation of this.conversations.values()) {
      if (!conversation.leaves.has(device)) continue;
      conversation.pending.set(device, account.id);
      this.#toMembers(conversation.id, {
        case: 'changed',
        value: { what: Changed_What.CONVERSATION, conversationId: conversation.id },
      });
    }
    for (const socket of this.sockets)
      if (socket.session.device === device) {
        this.#frame(socket, { case: 'goodbye', value: { reason: 1 } });
      }
    this.#tellAcquaintances(account.id);
  }

  // ---- contacts

  #contactRoutes(): void {
    const { method } = ContactService;
    this.#on(method.invite, (session, { email, note }) => {
      const account = this.#account(session);
      if (email === account.email) return { outcome: { case: 'ownAddress', value: {} } };
      const id = this.newId();
      this.invitations.push({ id, from: account.id, email, note, at: this.now() });
      for (const other of this.accounts.values())
        if (other.email === email) this.#changed(other.id, Changed_What.CONTACTS);
      return { outcome: { case: 'invited', value: { invitationId: id } } };
    });
    this.#on(method.listContacts, (session) => {
      const account = this.#account(session);
      const contacts = [...this.accounts.values()]
        .filter((other) => this.areContacts(account.id, other.id))
        .map((other) => ({ accountId: other.id, displayName: other.displayName, sinceMs: 1n }));
      const received = this.invitations
        .filter((each) => each.email === account.email)
        .map((each) => ({
          invitationId: each.id,
          accountId: each.from,
          displayName: this.accounts.get(each.from)?.displayName ?? '',
          email: this.accounts.get(each.from)?.email ?? '',
          note: each.note,
          sentAtMs: BigInt(each.at),
        }));
      const sent = this.invitations
        .filter((each) => each.from === account.id)
        .map((each) => ({
          invitationId: each.id,
          email: each.email,
          note: each.note,
          sentAtMs: BigInt(each.at),
          expiresAtMs: BigInt(each.at + 1),
        }));
      return { contacts, received, sent };
    });
    this.#on(method.acceptInvitation, (session, { invitationId }) => {
      const account = this.#account(session);
      const index = this.invitations.findIndex((each) => each.id === invitationId);
      const found = this.invitations[index];
      if (found === undefined) return { outcome: { case: 'gone', value: {} } };
      this.invitations.splice(index, 1);
      this.befriend(found.from, account.id);
      return { outcome: { case: 'done', value: {} } };
    });
  }

  areContacts(a: string, b: string): boolean {
    return this.contacts.has([a, b].toSorted().join(' '));
  }

  befriend(a: string, b: string): void {
    this.contacts.add([a, b].toSorted().join(' '));
    this.#changed(a, Changed_What.CONTACTS);
    this.#changed(b, Changed_What.CONTACTS);
  }

  // ---- conversations

  #conversation(session: SimSession, id: string): SimConversation {
    const account = this.#account(session);
    const conversation = this.conversations.get(id);
    if (conversation === undefined || !conversation.members.has(account.id))
      throw new Answered(404);
    return conversation;
  }

  #missing(conversation: SimConversation): string[] {
    return [...conversation.members]
      .filter(([, member]) => member.isCurrent)
      .map(([account]) => account)
      .filter(
        (account) =>
          !conversation.deposits.some(
            (deposit) =>
              deposit.accountId === account &&
              deposit.generation === conversation.generation &&
              Number(deposit.epoch) === conversation.epoch,
          ),
      );
  }

  #head(conversation: SimConversation, account: string, device: string) {
    const member = conversation.members.get(account);
    return create(ConversationHeadSchema, {
      conversationId: conversation.id,
      kind: conversation.kind,
      lastSeq: BigInt(Math.min(conversation.log.length, member?.to ?? 0)),
      generation: conversation.generation,
      epoch: BigInt(conversation.epoch),
      isDeposited: this.#missing(conversation).length === 0,
      hasPendingRemovals: conversation.pending.size > 0,
      hasWelcome: conversation.welcomes.has(device),
      isJoined: conversation.leaves.has(device),
      firstSeq: BigInt(member?.from ?? 1),
      role: member?.role ?? Role.MEMBER,
      isCurrent: member?.isCurrent ?? false,
      lastTimeMs: conversation.log.at(-1)?.timeMs ?? 0n,
      creatorAccountId: conversation.creator,
    });
  }

  #headsOf(account: string, device: string) {
    return [...this.conversations.values()]
      .filter((conversation) => conversation.members.has(account))
      .map((conversation) => this.#head(conversation, account, device));
  }

  #append(
    conversation: SimConversation,
    session: SimSession,
    entry: Partial<MessageInitShape<typeof LogEntrySchema>>,
  ): LogEntry {
    const made = create(LogEntrySchema, {
      seq: BigInt(conversation.log.length + 1),
      timeMs: BigInt(Math.round(this.now())),
      senderAccountId: session.account ?? '',
      senderDeviceId: session.device ?? '',
      generation: conversation.generation,
      epoch: BigInt(conversation.epoch),
      ...entry,
    });
    conversation.log.push(made);
    this.#toMembers(conversation.id, {
      case: 'entry',
      value: { conversationId: conversation.id, entry: made },
    });
    return made;
  }

  #conversationRoutes(): void {
    const { method } = ConversationService;
    this.#on(method.createConversation, (session, input) => {
      const account = this.#account(session);
      if (this.conversations.has(input.conversationId))
        return { outcome: { case: 'created', value: {} } };
      if (input.kind === ConversationKind.DIRECT) {
        if (!this.areContacts(account.id, input.peerAccountId))
          return { outcome: { case: 'notAContact', value: {} } };
        const same = [...this.conversations.values()].find(
          (each) =>
            each.kind === ConversationKind.DIRECT &&
            each.members.has(account.id) &&
            each.members.has(input.peerAccountId),
        );
        if (same !== undefined)
          return { outcome: { case: 'exists', value: { conversationId: same.id } } };
      }
      const info = parse<WireInfo>(input.groupInfo);
      const owner = { role: Role.OWNER, isCurrent: true, from: 1, to: Infinity };
      const members = new Map([[account.id, owner]]);
      if (input.peerAccountId !== '')
        members.set(input.peerAccountId, { ...owner, role: Role.MEMBER });
      this.conversations.set(input.conversationId, {
        id: input.conversationId,
        kind: input.kind,
        creator: account.id,
        log: [],
        members,
        generation: 0,
        epoch: info.epoch,
        leaves: new Set([session.device ?? '']),
        owners: new Map([[session.device ?? '', account.id]]),
        groupInfo: input.groupInfo,
        commitSeq: 0,
        welcomes: new Map(),
        pending: new Map(),
        deposits: [],
        markers: new Map(),
        commits: new Map(),
      });
      for (const each of members.keys())
        this.#changed(each, Changed_What.CONVERSATION, { conversationId: input.conversationId });
      return { outcome: { case: 'created', value: {} } };
    });
    this.#on(method.listConversations, (session) => ({
      conversations: this.#headsOf(this.#account(session).id, session.device ?? ''),
    }));
    this.#on(method.getConversation, (session, { conversationId }) => {
      const conversation = this.#conversation(session, conversationId);
      return {
        head: this.#head(conversation, session.account ?? '', session.device ?? ''),
        members: [...conversation.members].map(([accountId, member]) => ({
          accountId,
          role: member.role,
          isCurrent: member.isCurrent,
        })),
        pendingRemovals: [...conversation.pending].map(([deviceId, accountId]) => ({
          deviceId,
          accountId,
        })),
        markers: [...conversation.markers.values()],
        missingDeposits: this.#missing(conversation),
      };
    });
    this.#on(method.getGroupInfo, (session, { conversationId }) => {
      const { generation, epoch, groupInfo, commitSeq } = this.#conversation(
        session,
        conversationId,
      );
      return { generation, epoch: BigInt(epoch), groupInfo, commitSeq: BigInt(commitSeq) };
    });
    this.#on(method.claimKeyPackages, (session, { accountIds, conversationId }) => {
      const account = this.#account(session);
      const conversation = this.conversations.get(conversationId);
      const refusedAccountIds = accountIds.filter(
        (id) =>
          id !== account.id &&
          !this.areContacts(account.id, id) &&
          conversation?.members.has(id) !== true,
      );
      const claimed = accountIds
        .filter((id) => !refusedAccountIds.includes(id))
        .flatMap((accountId) =>
          [...(this.accounts.get(accountId)?.packages ?? [])]
            .filter(([deviceId]) => conversation?.leaves.has(deviceId) !== true)
            .map(([deviceId, packages]) => ({
              accountId,
              deviceId,
              keyPackage: (packages.length > 1 ? packages.shift() : packages[0]) as Uint8Array,
            })),
        );
      return { claimed, refusedAccountIds };
    });
    this.#on(method.uploadKeyPackages, () => ({ available: 50 }));
    this.#on(method.countKeyPackages, () => ({ available: 50 }));
    this.#on(method.commit, (session, input) => this.#commit(session, input));
    this.#on(method.resetGroup, (session, { conversationId, generation, groupInfo }) => {
      const conversation = this.#conversation(session, conversationId);
      if (conversation.generation !== generation) {
        const now = { generation: conversation.generation, epoch: BigInt(conversation.epoch) };
        return { outcome: { case: 'conflict', value: now } };
      }
      const entry = this.#append(conversation, session, { body: { case: 'reset', value: {} } });
      const { epoch, members } = parse<WireInfo>(groupInfo);
      conversation.generation = generation + 1;
      conversation.epoch = epoch;
      conversation.groupInfo = groupInfo;
      conversation.commitSeq = Number(entry.seq);
      conversation.leaves = new Set(members.map((leaf) => leaf.id.device));
      conversation.owners = new Map(members.map((leaf) => [leaf.id.device, leaf.id.account]));
      conversation.pending.clear();
      conversation.welcomes.clear();
      const value = { seq: entry.seq, generation: generation + 1, epoch: BigInt(epoch) };
      return { outcome: { case: 'accepted', value } };
    });
    this.#on(method.getWelcome, (session, { conversationId }) => {
      const conversation = this.#conversation(session, conversationId);
      const waiting = conversation.welcomes.get(session.device ?? '');
      if (waiting === undefined) return {};
      return {
        welcome: waiting.bytes,
        generation: conversation.generation,
        epoch: BigInt(waiting.epoch),
        commitSeq: BigInt(waiting.seq),
      };
    });
    this.#on(method.acknowledgeWelcome, (session, { conversationId }) => {
      this.#conversation(session, conversationId).welcomes.delete(session.device ?? '');
      return {};
    });
    this.#on(method.leave, (session, { conversationId }) => {
      const conversation = this.#conversation(session, conversationId);
      const member = conversation.members.get(session.account ?? '');
      if (member?.role === Role.OWNER) return { outcome: { case: 'ownerMustHandOver', value: {} } };
      this.#append(conversation, session, { body: { case: 'left', value: {} } });
      if (member !== undefined) {
        member.isCurrent = false;
        member.to = conversation.log.length;
      }
      for (const [device, account] of conversation.owners)
        if (account === session.account) conversation.pending.set(device, account);
      return { outcome: { case: 'left', value: {} } };
    });
  }

  #commit(
    session: SimSession,
    input: CommitRequest,
  ): MessageInitShape<typeof ConversationService.method.commit.output> {
    const conversation = this.#conversation(session, input.conversationId);
    const name = base64(input.commit);
    const known = conversation.commits.get(name);
    const { generation } = conversation;
    if (known !== undefined)
      return {
        outcome: {
          case: 'accepted',
          value: { seq: BigInt(known.seq), generation, epoch: BigInt(known.epoch) },
        },
      };
    const { epoch } = conversation;
    if (Number(input.epoch) !== epoch || input.generation !== generation)
      return { outcome: { case: 'conflict', value: { generation, epoch: BigInt(epoch) } } };
    const commit = parse<WireCommit>(input.commit);
    const refuse = (reason: CommitRefusal) => {
      const pendingRemovals = [...conversation.pending].map(([deviceId, accountId]) => ({
        deviceId,
        accountId,
      }));
      const value = { reason, pendingRemovals, limit: this.groupDevicesMax };
      return { outcome: { case: 'refused', value } } as const;
    };
    const member = conversation.members.get(session.account ?? '');
    if (member?.isCurrent !== true) return refuse(CommitRefusal.NOT_A_MEMBER);
    const isAdmin = member.role !== Role.MEMBER;
    if (input.addedAccountIds.length + input.removedAccountIds.length > 0 && !isAdmin)
      return refuse(CommitRefusal.NOT_ALLOWED);
    if (
      !commit.isExternal &&
      [...conversation.pending.keys()].some((d) => !commit.removed.includes(d))
    )
      return refuse(CommitRefusal.PENDING_REMOVALS);
    const devices = conversation.leaves.size + commit.added.length - commit.removed.length;
    if (devices > this.groupDevicesMax && commit.added.length > 0)
      return refuse(CommitRefusal.GROUP_TOO_LARGE);
    for (const device of commit.removed) {
      conversation.leaves.delete(device);
      conversation.owners.delete(device);
      conversation.pending.delete(device);
    }
    for (const leaf of [...commit.added, ...(commit.isExternal ? [commit.committer] : [])]) {
      conversation.leaves.add(leaf.id.device);
      conversation.owners.set(leaf.id.device, leaf.id.account);
    }
    const value = {
      commit: input.commit,
      addedAccountIds: input.addedAccountIds,
      removedAccountIds: input.removedAccountIds,
      sharesHistory: input.sharesHistory,
    };
    const from = input.sharesHistory ? 1 : conversation.log.length + 1;
    for (const id of input.addedAccountIds)
      conversation.members.set(id, { role: Role.MEMBER, isCurrent: true, from, to: Infinity });
    const entry = this.#append(conversation, session, { body: { case: 'commit', value } });
    const seq = Number(entry.seq);
    for (const id of input.removedAccountIds) {
      const removed = conversation.members.get(id);
      if (removed !== undefined) Object.assign(removed, { isCurrent: false, to: seq });
      this.#changed(id, Changed_What.CONVERSATION, { conversationId: conversation.id });
    }
    conversation.epoch++;
    conversation.groupInfo = input.groupInfo;
    conversation.commitSeq = seq;
    for (const leaf of commit.added) {
      const welcome = { bytes: input.welcome, seq, epoch: conversation.epoch };
      conversation.welcomes.set(leaf.id.device, welcome);
      this.#changed(leaf.id.account, Changed_What.CONVERSATION, {
        conversationId: conversation.id,
      });
    }
    conversation.commits.set(name, { seq, epoch: conversation.epoch });
    return {
      outcome: {
        case: 'accepted',
        value: { seq: entry.seq, generation, epoch: BigInt(conversation.epoch) },
      },
    };
  }

  #sendRoutes(): void {
    const { method } = ConversationService;
    this.#on(method.putDeposits, (session, { conversationId, deposits }) => {
      const conversation = this.#conversation(session, conversationId);
      for (const deposit of deposits) {
        const known = conversation.deposits.findIndex(
          (each) =>
            each.accountId === deposit.accountId &&
            each.epoch === deposit.epoch &&
            each.generation === deposit.generation,
        );
        if (known < 0) conversation.deposits.push(deposit);
        else if (deposit.accountId === session.account) conversation.deposits[known] = deposit;
      }
      const missingAccountIds = this.#missing(conversation);
      return { outcome: { case: 'stored', value: { missingAccountIds } } };
    });
    this.#on(method.readDeposits, (session, input) => {
      const conversation = this.#conversation(session, input.conversationId);
      const deposits = conversation.deposits
        .filter((each) => each.accountId === session.account)
        .filter((each) => each.generation === input.generation && each.epoch >= input.fromEpoch)
        .toSorted((a, b) => Number(a.epoch - b.epoch));
      return { deposits };
    });
    this.#on(method.send, (session, input) => {
      const conversation = this.#conversation(session, input.conversationId);
      if (conversation.members.get(session.account ?? '')?.isCurrent !== true)
        return { outcome: { case: 'notAMember', value: {} } };
      const stored = conversation.log.find(
        (entry) =>
          entry.senderDeviceId === session.device && sameBytes(entry.clientId, input.clientId),
      );
      if (stored !== undefined)
        return { outcome: { case: 'accepted', value: { seq: stored.seq, timeMs: stored.timeMs } } };
      const { generation, epoch } = conversation;
      if (input.generation !== generation || Number(input.epoch) !== epoch)
        return { outcome: { case: 'staleEpoch', value: { generation, epoch: BigInt(epoch) } } };
      if (conversation.pending.size > 0) return { outcome: { case: 'removalsPending', value: {} } };
      if (this.#missing(conversation).length > 0)
        return { outcome: { case: 'depositIncomplete', value: {} } };
      const erased = conversation.log[Number(input.erasesSeq) - 1];
      if (erased !== undefined)
        conversation.log[Number(input.erasesSeq) - 1] = {
          ...erased,
          body: { case: 'erased', value: { $typeName: 'crypho.v1.Erased', erasedAtMs: 1n } },
        };
      const entry = this.#append(conversation, session, {
        clientId: input.clientId,
        body: { case: 'message', value: input.message },
      });
      return { outcome: { case: 'accepted', value: { seq: entry.seq, timeMs: entry.timeMs } } };
    });
    this.#on(method.readLog, (session, input) => {
      const conversation = this.#conversation(session, input.conversationId);
      const member = conversation.members.get(session.account ?? '');
      const readable = conversation.log.filter(
        (entry) => entry.seq >= BigInt(member?.from ?? 1) && Number(entry.seq) <= (member?.to ?? 0),
      );
      const limit = input.limit === 0 ? 100 : input.limit;
      const isCommit = (entry: LogEntry): boolean => entry.body.case === 'commit';
      const pool = input.commitsOnly ? readable.filter(isCommit) : readable;
      if (input.from.case === 'beforeSeq') {
        const before = input.from.value;
        const older = pool.filter((entry) => entry.seq < before);
        return { entries: older.slice(-limit), hasMore: older.length > limit };
      }
      const after = input.from.case === 'afterSeq' ? input.from.value : 0n;
      const newer = pool.filter((entry) => entry.seq > after);
      return { entries: newer.slice(0, limit), hasMore: newer.length > limit };
    });
    this.#on(method.putMarker, (session, { conversationId, marker }) => {
      const conversation = this.#conversation(session, conversationId);
      if (marker === undefined) throw new Answered(400);
      const { generation, epoch } = conversation;
      if (marker.generation !== generation || Number(marker.epoch) !== epoch)
        return { outcome: { case: 'staleEpoch', value: { generation, epoch: BigInt(epoch) } } };
      const stored = { ...marker, accountId: session.account ?? '' };
      conversation.markers.set(stored.accountId, stored);
      this.#toMembers(conversationId, {
        case: 'marker',
        value: { conversationId, marker: stored },
      });
      return { outcome: { case: 'stored', value: {} } };
    });
  }
}

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
