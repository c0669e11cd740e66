import type {
  ConnectionState,
  ContactItem,
  ConversationDetails,
  ConversationId,
  DeviceItem,
  Draft,
  Person,
  Profile,
  SessionState,
  Settings,
  TimelineItem,
} from '@crypho/engine/api';

export interface SimConversation {
  details: ConversationDetails;
  items: TimelineItem[];
  unread: number;
  draft: Draft | null;
  typing: Person[];
}

/** All that a simulated engine holds. Plain data: a scenario writes it, the engine shows it. */
export interface World {
  session: SessionState;
  connection: ConnectionState;
  profile: Profile;
  settings: Settings;
  contacts: ContactItem[];
  devices: DeviceItem[];
  conversations: Map<ConversationId, SimConversation>;
  /** Accounts that can be logged in to. */
  credentials: { email: string; passphrase: string; code: string };
  /** Tokens of links that still hold. */
  links: Set<string>;
  /** How many devices a group's members may have together. */
  groupDevicesMax: number;
  /** Commands and queries that are never answered, for states of waiting. */
  unanswered: ReadonlySet<string>;
}

export const SELF: Person = { accountId: 'self', displayName: 'Kari Nordmann', isSelf: true };

export const person = (accountId: string, displayName: string): Person => ({
  accountId,
  displayName,
  isSelf: false,
});

export function emptyWorld(nowMs: number): World {
  return {
    session: { kind: 'signed-in', accountId: 'self', deviceId: 'd1', isSharedComputer: false },
    connection: { kind: 'online' },
    profile: {
      accountId: 'self',
      email: 'kari@eksempel.no',
      displayName: SELF.displayName,
      language: 'nb',
      createdAtMs: nowMs - 40 * 86_400_000,
      ownedGroupsMax: 1,
    },
    settings: { theme: 'system', sendsReadMarks: true, sendsTyping: true },
    contacts: [],
    devices: [
      {
        key: 'd1',
        sortKey: '1',
        deviceId: 'd1',
        name: 'Chrome på Linux',
        linkedAtMs: nowMs - 40 * 86_400_000,
        lastSeenMs: nowMs,
        isThis: true,
        isSharedComputer: false,
      },
    ],
    conversations: new Map(),
    credentials: {
      email: 'kari@eksempel.no',
      passphrase: 'riktig hest batteri stift',
      code: '123456',
    },
    links: new Set(['fresh-link']),
    groupDevicesMax: 1000,
    unanswered: new Set(),
  };
}

export const byTime = (timeMs: number): string => String(timeMs).padStart(16, '0');
export const byTimeDown = (timeMs: number): string => byTime(9_000_000_000_000 - timeMs);

export function details(
  conversationId: string,
  kind: 'direct' | 'group',
  name: string,
  people: readonly Person[],
  role: 'owner' | 'admin' | 'member' = 'member',
): ConversationDetails {
  const members = [SELF, ...people].map((each, at) => ({
    ...each,
    role: each.isSelf
      ? role
      : at === 1 && role !== 'owner'
        ? ('owner' as const)
        : ('member' as const),
    devices: 1 + (at % 3),
    isIdentityKnown: true,
  }));
  return {
    conversationId,
    kind,
    name,
    sharesHistory: false,
    members,
    role,
    isCurrent: true,
    createdBy: role === 'owner' ? SELF : (people[0] ?? SELF),
    epoch: { generation: 1, epoch: 12 },
    devices: members.reduce((sum, each) => sum + each.devices, 0),
  };
}

/** A conversation out of lines: who, what, and how many minutes before now. */
export function talk(
  held: ConversationDetails,
  nowMs: number,
  lines: readonly (readonly [Person, string, number])[],
): SimConversation {
  return {
    details: held,
    unread: 0,
    draft: null,
    typing: [],
    items: lines.map(([sender, text, minutes], at) => ({
      kind: 'message',
      key: `${sender.accountId}/${held.conversationId}-${at}`,
      sortKey: byTime(at + 1),
      seq: at + 1,
      sender,
      timeMs: nowMs - minutes * 60_000,
      body: { kind: 'text', text, mentions: [] },
      reactions: [],
      isEdited: false,
      delivery: sender.isSelf ? { kind: 'read', by: 1, of: 1 } : { kind: 'received' },
      mentionsSelf: false,
    })),
  };
}
