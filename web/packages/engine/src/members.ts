/** Commands about conversations and their members. */
import { fromHex, hex, uuidText } from '@crypho/vault';
import type { Bytes } from '@crypho/vault';
import { CommitRefusal, ConversationService } from '@crypho/wire';
import type { AccountId, Commands, MembershipRefused, Role } from './api.ts';
import type { Context } from './context.ts';
import type { Fate } from './delivery.ts';
import { EngineFailure, fail, toFailure } from './failure.ts';
import type { Messages } from './messages.ts';
import { settingsOf } from './state.ts';
import type { GroupSettingsState } from './state.ts';
import { WIRE_ROLE } from './store.ts';

type Out<N extends keyof Commands> = Promise<Commands[N]['out']>;

export interface Members {
  openDirect(account: AccountId): Out<'conversation.openDirect'>;
  /** `nonce`: 32 hex digits; the same one again is the same group again. */
  create(input: Commands['group.create']['in'], nonce: string): Out<'group.create'>;
  add(id: string, accounts: readonly AccountId[]): Out<'group.add'>;
  remove(id: string, account: AccountId): Out<'group.remove'>;
  settings(
    id: string,
    change: { name?: string; sharesHistory?: boolean },
    nonce: string,
  ): Promise<void>;
  setRole(id: string, account: AccountId, role: Role): Out<'group.setRole'>;
  leave(id: string): Out<'group.leave'>;
  delete(id: string): Promise<void>;
}

/** A UUID (RFC 9562, version 4) of 16 random bytes. */
function uuidOf(bytes: Bytes): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return uuidText(bytes);
}

export function makeMembers(context: () => Context, messages: Messages): Members {
  async function claim(
    id: string,
    accountIds: readonly string[],
  ): Promise<{ keyPackages: Uint8Array[]; refused: readonly string[] }> {
    if (accountIds.length === 0) return { keyPackages: [], refused: [] };
    const { directory, rpc } = context();
    await directory.learn(accountIds, { isFresh: true });
    const answer = await rpc.call(ConversationService.method.claimKeyPackages, {
      accountIds: [...accountIds],
      conversationId: id,
    });
    const keyPackages = answer.claimed.map((each) => each.keyPackage);
    return { keyPackages, refused: answer.refusedAccountIds };
  }

  /** Devices of people who are members already. */
  async function inviteDevices(id: string, accounts: readonly string[]): Promise<void> {
    const { keyPackages } = await claim(id, accounts);
    if (keyPackages.length === 0) return context().groups.completeDeposits(id, true);
    const intent = { kind: 'members', added: [], removed: [], sharesHistory: false } as const;
    await context().groups.commit(id, { intent, keyPackages });
  }

  async function openDirect(account: AccountId): Out<'conversation.openDirect'> {
    const existing = directWith(account);
    if (existing !== undefined) return { kind: 'opened', conversationId: existing };
    const me = context().account().accountId;
    await context().directory.learn([account], { isFresh: true });
    const id = uuidOf(context().platform.random(16));
    const fate = await context().groups.found(id, { kind: 'create-direct', peer: account });
    switch (fate.kind) {
      case 'accepted': {
        await context().sync.refresh(id);
        // The conversation stands; devices that cannot be asked now join by themselves.
        await inviteDevices(id, [account, me]).catch(() => undefined);
        return { kind: 'opened', conversationId: id };
      }
      case 'exists':
        await context().sync.refreshAll();
        return { kind: 'opened', conversationId: fate.conversationId };
      case 'not-a-contact':
        return { kind: 'not-a-contact' };
      default:
        throw fail('internal');
    }
  }

  function directWith(account: string): string | undefined {
    const { store } = context();
    return store.ids().find((id) => {
      const state = store.get(id);
      if (state?.kind !== 'direct' || !state.head.isCurrent) return false;
      return state.members.some((member) => member.account === account);
    });
  }

  async function createGroup(
    { name, members, sharesHistory }: Commands['group.create']['in'],
    nonce: string,
  ): Out<'group.create'> {
    if (name.trim() === '' || name.length > 200)
      throw new EngineFailure({ code: 'invalid', field: 'name' });
    const id = uuidOf(fromHex(nonce));
    const fate = await context().groups.found(id, { kind: 'create-group' });
    if (fate.kind === 'owned-groups-limit') return fate;
    if (fate.kind !== 'accepted') throw fail('internal');
    await context().sync.refresh(id);
    await context().groups.completeDeposits(id, true);
    const settings = { name: name.trim(), sharesHistory };
    await messages.settings(id, settings, nonce);
    const me = context().account().accountId;
    if (members.length === 0) {
      await inviteDevices(id, [me]).catch(() => undefined);
      return { kind: 'created', conversationId: id };
    }
    const notAdded = await fill(id, members, settings);
    return { kind: 'created', conversationId: id, ...(notAdded && { notAdded }) };
  }

  /** The first people of a group: who is no contact any more does not keep the others out. */
  async function fill(
    id: string,
    accounts: readonly AccountId[],
    settings: Omit<GroupSettingsState, 'seq'>,
  ): Promise<MembershipRefused | undefined> {
    const all = await add(id, accounts, settings);
    if (all.kind === 'done') return undefined;
    if (all.kind !== 'not-a-contact') return all;
    const contacts = accounts.filter((account) => !all.accountIds.includes(account));
    const rest: { kind: 'done' } | MembershipRefused =
      contacts.length === 0 ? { kind: 'done' } : await add(id, contacts, settings);
    return rest.kind === 'done' ? all : rest;
  }

  /** `settings`: of a group just made, whose own message of them may not have come back yet. */
  async function add(
    id: string,
    accounts: readonly AccountId[],
    settings: Omit<GroupSettingsState, 'seq'> | undefined = settingsOf(need(id)),
  ): Out<'group.add'> {
    const me = context().account().accountId;
    const isMember = memberTest(id);
    if (accounts.every(isMember)) {
      // An engine before this one got so far.
      await tellNewcomers(id, accounts, settings);
      return { kind: 'done' };
    }
    const { keyPackages, refused } = await claim(id, [...accounts, me]);
    const strangers = refused.filter((account) => account !== me);
    if (strangers.length > 0) return { kind: 'not-a-contact', accountIds: strangers };
    const sharesHistory = settings?.sharesHistory ?? false;
    const intent = { kind: 'members', added: accounts, removed: [], sharesHistory } as const;
    const fate = await context().groups.commit(id, { intent, keyPackages });
    const outcome = membership(fate, accounts);
    if (outcome.kind !== 'done') return outcome;
    await context().sync.refresh(id);
    await tellNewcomers(id, accounts, settings);
    return outcome;
  }

  async function tellNewcomers(
    id: string,
    accounts: readonly string[],
    settings: Omit<GroupSettingsState, 'seq'> | undefined,
  ): Promise<void> {
    if (settings === undefined) return;
    const { name, sharesHistory } = settings;
    await messages.settings(id, { name, sharesHistory }, hex(context().platform.random(16)));
    if (sharesHistory) context().background(shareHistory(id, accounts));
  }

  /** Keys of earlier epochs for those who may read from the beginning. */
  async function shareHistory(id: string, accounts: readonly AccountId[]): Promise<void> {
    const { keys, rpc } = context();
    const state = need(id);
    for (let generation = 0; generation <= state.head.generation; generation++) {
      for (let epoch = 0; epoch <= 100_000; epoch++) {
        const isPast = generation === state.head.generation && epoch >= state.head.epoch;
        if (isPast) break;
        const name = { generation, epoch };
        const held = await keys.get(id, name);
        // Where an earlier generation ended is known by its keys alone.
        if (held === undefined && generation < state.head.generation && epoch > 1) break;
        if (held === undefined) continue;
        const deposits = await keys.makeDeposits(id, name, accounts);
        if (deposits.length === 0) continue;
        await rpc.call(
          ConversationService.method.putDeposits,
          { conversationId: id, deposits: [...deposits] },
          { isIdempotent: true },
        );
      }
    }
  }

  async function remove(id: string, account: AccountId): Out<'group.remove'> {
    await context().sync.refresh(id);
    if (!memberTest(id)(account)) return { kind: 'done' };
    const intent = {
      kind: 'members',
      added: [],
      removed: [account],
      sharesHistory: false,
    } as const;
    const fate = await context().groups.commit(id, { intent, removeAccounts: [account] });
    const outcome = membership(fate, [account]);
    if (outcome.kind === 'done') await context().sync.refresh(id);
    return outcome;
  }

  function membership(
    fate: Fate,
    accounts: readonly AccountId[],
  ): { kind: 'done' } | MembershipRefused {
    switch (fate.kind) {
      case 'accepted':
        return { kind: 'done' };
      case 'conflict':
        throw fail('unavailable');
      case 'refused':
        if (fate.reason === CommitRefusal.GROUP_TOO_LARGE)
          return { kind: 'group-too-large', max: fate.limit };
        if (fate.reason === CommitRefusal.NOT_ALLOWED) return { kind: 'not-allowed' };
        throw fail('internal');
      case 'not-a-contact':
        return { kind: 'not-a-contact', accountIds: accounts };
      default:
        throw fail('internal');
    }
  }

  /** Who belongs, by the last word of the server. */
  function memberTest(id: string): (account: AccountId) => boolean {
    const { members } = need(id);
    return (account) => members.some((member) => member.account === account && member.isCurrent);
  }

  function need(id: string): NonNullable<ReturnType<Context['store']['get']>> {
    const state = context().store.get(id);
    if (state === undefined) throw fail('not-found');
    return state;
  }

  async function setRole(id: string, account: AccountId, role: Role): Out<'group.setRole'> {
    const { outcome } = await context().rpc.call(ConversationService.method.setRole, {
      conversationId: id,
      accountId: account,
      role: WIRE_ROLE[role],
    });
    switch (outcome.case) {
      case 'changed':
        await context().sync.refresh(id);
        return { kind: 'done' };
      case 'ownedGroupsLimit':
        return { kind: 'owned-groups-limit', max: outcome.value.ownedGroupsMax };
      case 'notAllowed':
      case undefined: {
        // Who has handed the group over may do nothing more, the same thing again included.
        await context().sync.refresh(id);
        const isSo = need(id).members.some(
          (each) => each.account === account && each.role === role,
        );
        return { kind: isSo ? 'done' : 'not-allowed' };
      }
    }
  }

  async function leave(id: string): Out<'group.leave'> {
    const { outcome } = await context().rpc.call(ConversationService.method.leave, {
      conversationId: id,
    });
    if (outcome.case === 'ownerMustHandOver') return { kind: 'owner-must-hand-over' };
    await context().groups.forget(id);
    await context().outbox.dropConversation(id);
    await context().sync.refresh(id);
    return { kind: 'left' };
  }

  return {
    openDirect,
    create: createGroup,
    add: async (id, accounts) => {
      await context().sync.refresh(id);
      return add(id, accounts);
    },
    remove,
    settings: async (id, change, nonce) => {
      const now = settingsOf(need(id));
      const name = change.name?.trim() ?? now?.name ?? '';
      if (name === '' || name.length > 200)
        throw new EngineFailure({ code: 'invalid', field: 'name' });
      const sharesHistory = change.sharesHistory ?? now?.sharesHistory ?? false;
      await messages.settings(id, { name, sharesHistory }, nonce);
    },
    setRole,
    leave,
    delete: async (id) => {
      const request = { conversationId: id };
      try {
        await context().rpc.call(ConversationService.method.deleteConversation, request);
      } catch (error) {
        // Gone already, by an engine before this one or on another device.
        if (toFailure(error).code !== 'not-found') throw error;
      }
      await context().groups.forget(id);
      await context().outbox.dropConversation(id);
      await context().store.remove(id);
    },
  };
}
