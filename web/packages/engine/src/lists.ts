/** What the lists and values of the protocol show. */
import { hex, openDeviceName, OpenError } from '@crypho/vault';
import { AccountService, ClientSettings_Theme, ContactService } from '@crypho/wire';
import type { Device } from '@crypho/wire';
import type {
  ContactItem,
  ConversationDetails,
  ConversationSummary,
  DeviceItem,
  Draft,
  Person,
  Settings,
} from './api.ts';
import type { Context } from './context.ts';
import { previewOf } from './items.ts';
import { messageKey, settingsOf } from './state.ts';
import type { ConversationState } from './state.ts';
import type { Typists } from './typing.ts';

export interface Lists {
  conversations(): Promise<readonly ConversationSummary[]>;
  details(id: string): Promise<ConversationDetails | null>;
  contacts(): readonly ContactItem[];
  devices(): readonly DeviceItem[];
  settings(): Promise<Settings>;
  draft(id: string): Promise<Draft | null>;
  refreshContacts(): Promise<void>;
  refreshDevices(): Promise<void>;
}

/** Ascending sort keys, the newest first. */
function newestFirst(timeMs: number): string {
  return String(9_999_999_999_999 - Math.round(timeMs)).padStart(13, '0');
}

export function peerOf(context: Context, state: ConversationState): Person | undefined {
  if (state.kind !== 'direct') return undefined;
  const me = context.account().accountId;
  const other = state.members.find((member) => member.account !== me);
  return other === undefined ? undefined : context.directory.person(other.account);
}

function nameOf(context: Context, state: ConversationState): string {
  if (state.kind === 'group') return settingsOf(state)?.name ?? '';
  return peerOf(context, state)?.displayName ?? '';
}

export function makeLists(context: () => Context, typists: Typists): Lists {
  let contacts: readonly ContactItem[] = [];
  let devices: readonly DeviceItem[] = [];

  async function summary(state: ConversationState): Promise<ConversationSummary> {
    const me = context().account().accountId;
    const waiting = context().outbox.items(state.id).at(-1);
    const lastTimeMs = Math.max(state.head.lastTimeMs, waiting?.queuedAtMs ?? 0);
    const peer = peerOf(context(), state);
    const kept = await draft(state.id);
    return {
      key: state.id,
      sortKey: newestFirst(lastTimeMs),
      conversationId: state.id,
      kind: state.kind,
      name: nameOf(context(), state),
      ...(peer === undefined ? {} : { peer }),
      preview: await previewOf(context(), state),
      lastTimeMs,
      unread: state.unread.length,
      ...(state.unread.length === 0 ? {} : { firstUnreadSeq: Math.min(...state.unread) }),
      hasMention: state.mentions.length > 0,
      ...(kept === null || kept.text === '' ? {} : { draft: kept.text }),
      typing: typists.of(state.id).filter((person) => person.accountId !== me),
      isCurrent: state.head.isCurrent,
    };
  }

  async function conversations(): Promise<readonly ConversationSummary[]> {
    const { store } = context();
    const states = store.ids().map((id) => store.get(id));
    return Promise.all(states.filter((state) => state !== undefined).map(summary));
  }

  async function details(id: string): Promise<ConversationDetails | null> {
    const { store, directory, groups } = context();
    const state = store.get(id);
    if (state === undefined) return null;
    const leaves = await groups.devices(id);
    const members = state.members
      .filter((member) => member.isCurrent)
      .map((member) => ({
        ...directory.person(member.account),
        role: member.role,
        devices: leaves.filter((leaf) => leaf.id.account === member.account).length,
        isIdentityKnown: directory.find(member.account)?.isIdentityKnown ?? true,
      }));
    const hindrance = state.head.isCurrent ? groups.hindrance(id) : 'removed';
    const { generation, epoch } = state.head;
    return {
      conversationId: id,
      kind: state.kind,
      name: nameOf(context(), state),
      sharesHistory: settingsOf(state)?.sharesHistory ?? false,
      members,
      role: state.head.role,
      isCurrent: state.head.isCurrent,
      createdBy: directory.person(state.creator),
      epoch: { generation, epoch },
      devices: leaves.length,
      ...(hindrance === undefined ? {} : { hindrance }),
    };
  }

  function directWith(account: string): string | undefined {
    const { store } = context();
    return store.ids().find((id) => {
      const state = store.get(id);
      return (
        state?.kind === 'direct' &&
        state.head.isCurrent &&
        state.members.some((member) => member.account === account)
      );
    });
  }

  async function refreshContacts(): Promise<void> {
    const { rpc, directory, topics } = context();
    const answer = await rpc.call(ContactService.method.listContacts, {}, { isIdempotent: true });
    const items: ContactItem[] = [];
    for (const each of answer.contacts) {
      directory.name(each.accountId, each.displayName);
      items.push({
        kind: 'contact',
        key: `contact/${each.accountId}`,
        sortKey: `1 ${each.displayName.toLocaleLowerCase()} ${each.accountId}`,
        person: { accountId: each.accountId, displayName: each.displayName, isSelf: false },
        sinceMs: Number(each.sinceMs),
      });
    }
    for (const each of answer.sent)
      items.push({
        kind: 'sent',
        key: `sent/${each.invitationId}`,
        sortKey: `2 ${newestFirst(Number(each.sentAtMs))}`,
        invitationId: each.invitationId,
        email: each.email,
        note: each.note,
        sentAtMs: Number(each.sentAtMs),
        expiresAtMs: Number(each.expiresAtMs),
      });
    for (const each of answer.received) {
      const { accountId, displayName } = each;
      items.push({
        kind: 'received',
        key: `received/${each.invitationId}`,
        sortKey: `0 ${newestFirst(Number(each.sentAtMs))}`,
        invitationId: each.invitationId,
        person: { accountId, displayName, isSelf: false },
        email: each.email,
        note: each.note,
        sentAtMs: Number(each.sentAtMs),
      });
    }
    contacts = items;
    topics.changed('contacts');
  }

  async function deviceItem(device: Device): Promise<DeviceItem> {
    const me = context().account();
    return {
      key: device.deviceId,
      sortKey: `${device.deviceId === me.deviceId ? 0 : 1} ${newestFirst(Number(device.lastSeenMs))}`,
      deviceId: device.deviceId,
      name: await deviceName(device),
      linkedAtMs: Number(device.linkedAtMs),
      lastSeenMs: Number(device.lastSeenMs),
      isThis: device.deviceId === me.deviceId,
      isSharedComputer: device.isSharedComputer,
    };
  }

  /** Sealed under the account key of its time; empty where none of them opens it. */
  async function deviceName(device: Device): Promise<string> {
    for (const secrets of context().account().all.toReversed()) {
      try {
        return await openDeviceName(secrets, device.deviceId, device.sealedName);
      } catch (error) {
        if (!(error instanceof OpenError)) throw error;
      }
    }
    return '';
  }

  async function refreshDevices(): Promise<void> {
    const { rpc, topics } = context();
    const answer = await rpc.call(AccountService.method.listDevices, {}, { isIdempotent: true });
    devices = await Promise.all(answer.devices.map(deviceItem));
    topics.changed('devices');
  }

  async function settings(): Promise<Settings> {
    const record = await context().vault.get('settings');
    if (record?.body.case !== 'settings')
      return { theme: 'system', sendsReadMarks: true, sendsTyping: true };
    const { theme, sendsNoReadMarks, sendsNoTyping } = record.body.value;
    return {
      theme: THEME_OF[theme],
      sendsReadMarks: !sendsNoReadMarks,
      sendsTyping: !sendsNoTyping,
    };
  }

  async function draft(id: string): Promise<Draft | null> {
    const record = await context().vault.get(`draft/${id}`);
    if (record?.body.case !== 'draft') return null;
    const { text, replyTo, edits } = record.body.value;
    if (text === '' && replyTo === undefined && edits === undefined) return null;
    return {
      text,
      ...(replyTo === undefined
        ? {}
        : { replyTo: messageKey(replyTo.accountId, hex(replyTo.clientId)) }),
      ...(edits === undefined ? {} : { edits: messageKey(edits.accountId, hex(edits.clientId)) }),
    };
  }

  return {
    conversations,
    details,
    contacts: () =>
      contacts.map((item) => {
        if (item.kind !== 'contact') return item;
        const directId = directWith(item.person.accountId);
        return directId === undefined ? item : { ...item, directId };
      }),
    devices: () => devices,
    settings,
    draft,
    refreshContacts,
    refreshDevices,
  };
}

export const THEME_OF: Readonly<Record<ClientSettings_Theme, Settings['theme']>> = {
  [ClientSettings_Theme.UNSPECIFIED]: 'system',
  [ClientSettings_Theme.LIGHT]: 'light',
  [ClientSettings_Theme.DARK]: 'dark',
  [ClientSettings_Theme.HIGH_CONTRAST]: 'high-contrast',
};

export const WIRE_THEME: Readonly<Record<Settings['theme'], ClientSettings_Theme>> = {
  system: ClientSettings_Theme.UNSPECIFIED,
  light: ClientSettings_Theme.LIGHT,
  dark: ClientSettings_Theme.DARK,
  'high-contrast': ClientSettings_Theme.HIGH_CONTRAST,
};
