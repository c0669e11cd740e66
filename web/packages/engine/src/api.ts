/**
 * What a page may ask of the engine, and what the engine shows it. The engine runs in a worker that
 * one tab owns; pages of every tab speak this protocol with it over message ports. Both sides `switch`
 * over the unions here; whatever arrives is checked before use.
 *
 * Nothing here carries a key. Passphrases go in, plaintext comes out for what is on the screen.
 */

export const API_VERSION = 1;

export type AccountId = string;
export type DeviceId = string;
export type ConversationId = string;
/** `<account>/<hex of the client id>`: names a message on every device, before it is stored. */
export type MessageKey = string;
export type Language = 'nb' | 'en';
export type Role = 'member' | 'admin' | 'owner';

// ---------------------------------------------------------------- commands

/** Each command's arguments and answer. Foreseen answers are unions; accidents are `Failure`. */
export interface Commands {
  'signup.start': { in: { email: string; language: Language }; out: { kind: 'mail-sent' } };
  'signup.open': {
    in: { token: string };
    out:
      | { kind: 'opened'; email: string; language: Language; totpSecret: string; totpUri: string }
      | { kind: 'link-expired' };
  };
  'signup.complete': {
    in: {
      token: string;
      displayName: string;
      language: Language;
      passphrase: string;
      totpCode: string;
      isSharedComputer: boolean;
    };
    out: { kind: 'signed-in' } | { kind: 'wrong-code' } | { kind: 'link-expired' };
  };
  'login.start': {
    in: { email: string; passphrase: string };
    out: { kind: 'second-factor' } | { kind: 'wrong-credentials' };
  };
  'login.complete': {
    in: { code: string; isSharedComputer: boolean };
    out: { kind: 'signed-in' } | { kind: 'wrong-code' } | { kind: 'ticket-expired' };
  };
  /** Ends the session, unlinks this device, and wipes what this browser kept. */
  'session.logOut': { in: Record<never, never>; out: { kind: 'signed-out' } };
  'email.confirm': { in: { token: string }; out: { kind: 'changed' } | { kind: 'link-expired' } };

  'profile.change': {
    in: { displayName?: string; language?: Language };
    out: { kind: 'changed' };
  };
  'passphrase.change': {
    in: { current: string; next: string };
    out: { kind: 'changed' } | { kind: 'wrong-passphrase' };
  };
  'email.change': {
    in: { passphrase: string; newEmail: string };
    out: { kind: 'mail-sent' } | { kind: 'wrong-passphrase' };
  };
  'device.unlink': { in: { deviceId: DeviceId }; out: { kind: 'unlinked' } };
  'settings.change': { in: Partial<Settings>; out: { kind: 'changed' } };

  'contact.invite': {
    in: { email: string; note: string };
    out: { kind: 'invited' } | { kind: 'already-contact' } | { kind: 'own-address' };
  };
  'invitation.accept': { in: { invitationId: string }; out: { kind: 'done' } | { kind: 'gone' } };
  'invitation.reject': { in: { invitationId: string }; out: { kind: 'done' } | { kind: 'gone' } };
  'invitation.withdraw': { in: { invitationId: string }; out: { kind: 'done' } | { kind: 'gone' } };
  /** Deletes the shared one-to-one conversation on both sides. */
  'contact.remove': { in: { accountId: AccountId }; out: { kind: 'removed' } };

  'conversation.openDirect': {
    in: { accountId: AccountId };
    out: { kind: 'opened'; conversationId: ConversationId } | { kind: 'not-a-contact' };
  };
  'group.create': {
    in: { name: string; members: readonly AccountId[]; sharesHistory: boolean };
    /** `notAdded`: why some or all of `members` are not in the group, which stands all the same. */
    out:
      | { kind: 'created'; conversationId: ConversationId; notAdded?: MembershipRefused }
      | { kind: 'owned-groups-limit'; max: number };
  };
  'group.add': {
    in: { conversationId: ConversationId; members: readonly AccountId[] };
    out: { kind: 'done' } | MembershipRefused;
  };
  'group.remove': {
    in: { conversationId: ConversationId; accountId: AccountId };
    out: { kind: 'done' } | MembershipRefused;
  };
  'group.settings': {
    in: { conversationId: ConversationId; name?: string; sharesHistory?: boolean };
    out: { kind: 'done' };
  };
  /** `owner` hands the group over. */
  'group.setRole': {
    in: { conversationId: ConversationId; accountId: AccountId; role: Role };
    out: { kind: 'done' } | { kind: 'owned-groups-limit'; max: number } | MembershipRefused;
  };
  'group.leave': {
    in: { conversationId: ConversationId };
    out: { kind: 'left' } | { kind: 'owner-must-hand-over' };
  };
  /** Deletes the group for everyone; owners only. */
  'group.delete': { in: { conversationId: ConversationId }; out: { kind: 'deleted' } };

  /** Answers once the message is safe in the outbox; how it fares is seen in the timeline. */
  'message.send': {
    in: {
      conversationId: ConversationId;
      text: string;
      replyTo?: MessageKey;
      mentions?: readonly AccountId[];
    };
    out: { kind: 'queued'; key: MessageKey };
  };
  'message.edit': {
    in: { conversationId: ConversationId; target: MessageKey; text: string };
    out: { kind: 'queued' } | { kind: 'not-allowed' };
  };
  'message.delete': {
    in: { conversationId: ConversationId; target: MessageKey };
    out: { kind: 'queued' } | { kind: 'not-allowed' };
  };
  'message.react': {
    in: { conversationId: ConversationId; target: MessageKey; emoji: string; isRemoved: boolean };
    out: { kind: 'queued' };
  };
  /** Tries a failed message again at once, or takes it out of the outbox. */
  'message.retry': {
    in: { conversationId: ConversationId; key: MessageKey };
    out: { kind: 'queued' };
  };
  'message.discard': {
    in: { conversationId: ConversationId; key: MessageKey };
    out: { kind: 'discarded' };
  };
  'conversation.markRead': {
    in: { conversationId: ConversationId; upToSeq: number };
    out: { kind: 'marked' };
  };
  'conversation.typing': {
    in: { conversationId: ConversationId; isTyping: boolean };
    out: { kind: 'sent' };
  };
  'conversation.draft': {
    in: { conversationId: ConversationId; draft: Draft | null };
    out: { kind: 'kept' };
  };
}

export type CommandName = keyof Commands;

export type MembershipRefused =
  | { kind: 'not-allowed' }
  | { kind: 'not-a-contact'; accountIds: readonly AccountId[] }
  | { kind: 'group-too-large'; max: number };

/** Accidents, by code; the text is i18n's `failure.<code>`. */
export type FailureCode =
  | 'offline'
  | 'rate-limited'
  | 'unavailable'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'invalid'
  | 'too-large'
  /** The server's answer does not hold up: a key or signature that is not what it must be. */
  | 'untrusted-server'
  /** The tab that was doing it has gone; it may have been done, or not. */
  | 'interrupted'
  /** This browser's storage is full, broken or refused. */
  | 'storage'
  | 'internal';

export interface Failure {
  readonly code: FailureCode;
  readonly retryAfterMs?: number;
  /** The field at fault for `invalid` and `too-large`. */
  readonly field?: string;
}

// ---------------------------------------------------------------- queries

/** Each query's arguments and what it shows: a whole value, sent again when it changes. */
export interface ValueQueries {
  session: { in: Record<never, never>; value: SessionState };
  connection: { in: Record<never, never>; value: ConnectionState };
  profile: { in: Record<never, never>; value: Profile };
  settings: { in: Record<never, never>; value: Settings };
  /** Name, members, role and state of one conversation. */
  conversation: { in: { conversationId: ConversationId }; value: ConversationDetails | null };
  /** Whose cursor is in the conversation now. */
  typing: { in: { conversationId: ConversationId }; value: readonly Person[] };
  draft: { in: { conversationId: ConversationId }; value: Draft | null };
}

/** Each query's arguments and the items it shows: a snapshot, then patches by key. */
export interface ListQueries {
  /** Newest first by `sortKey`. */
  conversations: { in: Record<never, never>; item: ConversationSummary };
  contacts: { in: Record<never, never>; item: ContactItem };
  devices: { in: Record<never, never>; item: DeviceItem };
  /** A window of the timeline; `timeline.extend` of the subscription widens it. */
  timeline: {
    in: { conversationId: ConversationId; around: 'latest' | 'first-unread' };
    item: TimelineItem;
  };
}

export type ValueQueryName = keyof ValueQueries;
export type ListQueryName = keyof ListQueries;

/** An item of a list has a key that stays and a sort key; lists are ascending by sort key (text). */
export interface Keyed {
  readonly key: string;
  readonly sortKey: string;
}

export interface ListPatch<T extends Keyed> {
  readonly upserts: readonly T[];
  readonly removes: readonly string[];
  /** True for the first one: what was shown before is void. */
  readonly isSnapshot: boolean;
  /** For timelines: more lies above, below the window. */
  readonly hasOlder?: boolean;
  readonly hasNewer?: boolean;
}

export type SessionState =
  | { kind: 'starting' }
  | { kind: 'signed-out'; reason?: 'logged-out' | 'unlinked' | 'expired' }
  /** Signed in on the server; keys, groups and history are being fetched. `done` of `total`. */
  | {
      kind: 'preparing';
      step: 'keys' | 'device' | 'conversations';
      done: number;
      total: number;
      /** Why the last try came to nothing; it is tried again by itself. */
      problem?: FailureCode;
    }
  | { kind: 'signed-in'; accountId: AccountId; deviceId: DeviceId; isSharedComputer: boolean }
  /** Another version of the program holds this browser's data. */
  | { kind: 'blocked'; reason: 'newer-version' | 'storage' };

export type ConnectionState =
  | { kind: 'online' }
  | { kind: 'connecting'; sinceMs: number }
  /** Until the next try by itself; queued messages wait. */
  | { kind: 'offline'; retryAtMs: number; waiting: number };

export interface Profile {
  readonly accountId: AccountId;
  readonly email: string;
  readonly displayName: string;
  readonly language: Language;
  readonly createdAtMs: number;
  readonly ownedGroupsMax: number;
}

export interface Settings {
  readonly theme: 'system' | 'light' | 'dark' | 'high-contrast';
  readonly sendsReadMarks: boolean;
  readonly sendsTyping: boolean;
}

export interface Person {
  readonly accountId: AccountId;
  readonly displayName: string;
  readonly isSelf: boolean;
}

export interface ConversationSummary extends Keyed {
  readonly conversationId: ConversationId;
  readonly kind: 'direct' | 'group';
  /** The group's name, or the other person's. Empty as long as it cannot be read. */
  readonly name: string;
  /** The other person of a direct conversation. */
  readonly peer?: Person;
  readonly preview: Preview;
  readonly lastTimeMs: number;
  readonly unread: number;
  /** Where the unread messages begin. */
  readonly firstUnreadSeq?: number;
  readonly hasMention: boolean;
  readonly draft?: string;
  readonly typing: readonly Person[];
  /** False once left or removed. */
  readonly isCurrent: boolean;
}

export type Preview =
  | { kind: 'none' }
  | { kind: 'text'; sender: Person; text: string }
  | { kind: 'deleted'; sender: Person }
  | { kind: 'unreadable' }
  | { kind: 'event'; event: TimelineEvent };

export interface ConversationDetails {
  readonly conversationId: ConversationId;
  readonly kind: 'direct' | 'group';
  readonly name: string;
  readonly sharesHistory: boolean;
  readonly members: readonly MemberItem[];
  readonly role: Role;
  readonly isCurrent: boolean;
  readonly createdBy: Person;
  readonly epoch: { readonly generation: number; readonly epoch: number };
  readonly devices: number;
  /** What keeps messages from being sent just now; empty in ordinary times. */
  readonly hindrance?: 'turning-keys' | 'joining' | 'repairing' | 'removed';
}

export interface MemberItem extends Person {
  readonly role: Role;
  readonly devices: number;
  /** False where the account's keys changed since they were first seen. */
  readonly isIdentityKnown: boolean;
}

export type ContactItem = Keyed &
  (
    | { kind: 'contact'; person: Person; sinceMs: number; directId?: ConversationId }
    | {
        kind: 'sent';
        invitationId: string;
        email: string;
        note: string;
        sentAtMs: number;
        expiresAtMs: number;
      }
    | {
        kind: 'received';
        invitationId: string;
        person: Person;
        email: string;
        note: string;
        sentAtMs: number;
      }
  );

export interface DeviceItem extends Keyed {
  readonly deviceId: DeviceId;
  readonly name: string;
  readonly linkedAtMs: number;
  readonly lastSeenMs: number;
  readonly isThis: boolean;
  readonly isSharedComputer: boolean;
}

export interface Draft {
  readonly text: string;
  readonly replyTo?: MessageKey;
  readonly edits?: MessageKey;
}

export type TimelineItem = MessageItem | EventItem;

export interface MessageItem extends Keyed {
  readonly kind: 'message';
  /** `key` is its MessageKey. 0 as long as it is not stored on the server. */
  readonly seq: number;
  readonly sender: Person;
  /** The server's time once stored, the sender's clock before. */
  readonly timeMs: number;
  readonly body: MessageBody;
  readonly replyTo?: { key: MessageKey; sender: Person; excerpt: string; isDeleted: boolean };
  readonly reactions: readonly Reaction[];
  readonly isEdited: boolean;
  readonly delivery: Delivery;
  readonly mentionsSelf: boolean;
}

export type MessageBody =
  | { kind: 'text'; text: string; mentions: readonly Person[] }
  | { kind: 'deleted' }
  /** Shown with its typed reason and what is being done about it. */
  | { kind: 'unreadable'; reason: UnreadableReason; isBeingRepaired: boolean }
  | { kind: 'newer-version' };

export type UnreadableReason =
  'key-missing' | 'key-false' | 'device-unknown' | 'signature' | 'content';

/** Of one's own messages; others' are `received`. */
export type Delivery =
  | { kind: 'received' }
  | { kind: 'sending' }
  | { kind: 'waiting' }
  | { kind: 'failed'; code: FailureCode }
  | { kind: 'sent' }
  | { kind: 'read'; by: number; of: number };

export interface Reaction {
  readonly emoji: string;
  readonly by: readonly Person[];
  readonly isMine: boolean;
}

export interface EventItem extends Keyed {
  readonly kind: 'event';
  readonly seq: number;
  readonly timeMs: number;
  readonly event: TimelineEvent;
}

export type TimelineEvent =
  | { kind: 'created'; by: Person }
  | { kind: 'added'; by: Person; people: readonly Person[] }
  | { kind: 'removed'; by: Person; people: readonly Person[] }
  | { kind: 'left'; person: Person }
  | { kind: 'role'; by: Person; person: Person; role: Role }
  | { kind: 'renamed'; by: Person; name: string }
  | { kind: 'history-policy'; by: Person; sharesHistory: boolean }
  | { kind: 'keys-reset' }
  | { kind: 'identity-changed'; person: Person };

// ---------------------------------------------------------------- the port

/** From a page. `id` is unique within the port. */
export type PageMessage =
  | { type: 'hello'; version: number }
  /** `nonce`: 32 hex digits that stay the same when the command is asked for again. */
  | { type: 'command'; id: number; name: CommandName; args: unknown; nonce: string }
  | { type: 'subscribe'; id: number; query: ValueQueryName | ListQueryName; args: unknown }
  | { type: 'unsubscribe'; id: number }
  /** Widens a timeline's window by about `count` items, or moves it to the latest. */
  | { type: 'timeline.extend'; id: number; direction: 'older' | 'newer' | 'latest'; count: number };

/** From the engine. */
export type EngineMessage =
  | { type: 'welcome'; version: number }
  | { type: 'result'; id: number; value: unknown }
  | { type: 'failure'; id: number; failure: Failure }
  | { type: 'value'; id: number; value: unknown }
  | { type: 'patch'; id: number; patch: ListPatch<Keyed> };

/** The typed face of the port that pages use; `connect` in this package makes one. */
export interface EngineClient {
  command<N extends CommandName>(
    name: N,
    args: Commands[N]['in'],
  ): Promise<Answer<Commands[N]['out']>>;
  watch<N extends ValueQueryName>(
    name: N,
    args: ValueQueries[N]['in'],
    onValue: (value: ValueQueries[N]['value']) => void,
  ): () => void;
  list<N extends ListQueryName>(
    name: N,
    args: ListQueries[N]['in'],
    onPatch: (patch: ListPatch<ListQueries[N]['item']>) => void,
  ): ListHandle;
}

export interface ListHandle {
  extend(direction: 'older' | 'newer' | 'latest', count: number): void;
  dispose(): void;
}

/** A command's answer, or the accident that kept it from one. */
export type Answer<T> = { ok: true; value: T } | { ok: false; failure: Failure };
