import type {
  Answer,
  CommandName,
  Commands,
  ConversationId,
  ConversationSummary,
  EngineClient,
  Failure,
  Keyed,
  ListHandle,
  ListPatch,
  MessageItem,
  Person,
  Preview,
  TimelineItem,
} from '@crypho/engine/api';
import { byTime, byTimeDown, details, SELF, type SimConversation, type World } from './world.ts';

/** An engine in memory behind the same face: its answers come at once, in order. */
export interface SimulatedEngine extends EngineClient {
  readonly world: World;
  /** Tells all subscriptions that the world has changed. */
  changed(): void;
  /** The next command of that name is answered with this failure. */
  failNext(name: CommandName, failure: Failure): void;
  readonly log: readonly { name: CommandName; args: unknown }[];
  /** A message comes from someone else. */
  receive(conversationId: ConversationId, sender: Person, text: string): void;
}

const WINDOW = 60;

type Handlers = { [N in CommandName]: (args: Commands[N]['in']) => Commands[N]['out'] };

/** What tells whether an item has changed. Items are never written to, so each is looked at once. */
const texts = new WeakMap<Keyed, string>();
function written(item: Keyed): string {
  const known = texts.get(item);
  if (known !== undefined) return known;
  const text = JSON.stringify(item);
  texts.set(item, text);
  return text;
}

export function createSimulatedEngine(world: World, now: () => number): SimulatedEngine {
  const refreshers = new Set<() => void>();
  const log: { name: CommandName; args: unknown }[] = [];
  const failures = new Map<CommandName, Failure>();
  let made = 0;
  const changed = (): void => {
    for (const refresh of Array.from(refreshers)) refresh();
  };
  const append = (
    held: SimConversation,
    part: Partial<MessageItem> & { sender: Person },
  ): MessageItem => {
    const seq = Math.max(0, ...held.items.slice(-50).map((item) => item.seq)) + 1;
    made += 1;
    const item: MessageItem = {
      kind: 'message',
      key: `${part.sender.accountId}/new-${made}`,
      sortKey: byTime(1_000_000 + made),
      seq,
      timeMs: now(),
      body: { kind: 'text', text: '', mentions: [] },
      reactions: [],
      isEdited: false,
      delivery: part.sender.isSelf ? { kind: 'sent' } : { kind: 'received' },
      mentionsSelf: false,
      ...part,
    };
    held.items = [...held.items, item];
    return item;
  };
  const handlers = createHandlers(world, append, now);

  const subscribe = (name: string, refresh: () => void): (() => void) => {
    if (world.unanswered.has(name)) return () => undefined;
    refreshers.add(refresh);
    void Promise.resolve().then(() => refreshers.has(refresh) && refresh());
    return () => refreshers.delete(refresh);
  };

  return {
    world,
    changed,
    log,
    failNext: (name, failure) => void failures.set(name, failure),
    receive(conversationId, sender, text) {
      const held = world.conversations.get(conversationId);
      if (held === undefined) return;
      append(held, { sender, body: { kind: 'text', text, mentions: [] } });
      held.unread += 1;
      changed();
    },
    async command<N extends CommandName>(
      name: N,
      args: Commands[N]['in'],
    ): Promise<Answer<Commands[N]['out']>> {
      log.push({ name, args });
      if (world.unanswered.has(name)) return new Promise(() => undefined);
      await Promise.resolve();
      const failure = failures.get(name);
      if (failure !== undefined) {
        failures.delete(name);
        return { ok: false, failure };
      }
      const value = handlers[name](args);
      changed();
      return { ok: true, value };
    },
    watch(name, args, onValue) {
      const read = valueReader(world, name, args);
      let last: string | undefined;
      return subscribe(name, () => {
        const value = read();
        const shown = JSON.stringify(value);
        if (shown === last) return;
        last = shown;
        // The reader of a query's name gives that query's value.
        onValue(value as Parameters<typeof onValue>[0]);
      });
    },
    list(name, args, onPatch): ListHandle {
      const read = listReader(world, name, args);
      const onChange = onPatch as (patch: ListPatch<Keyed>) => void;
      let before = new Map<string, string>();
      let isFirst = true;
      const refresh = (): void => {
        const { items, hasOlder, hasNewer } = read.read();
        const after = new Map(items.map((item) => [item.key, written(item)]));
        const upserts = items.filter((item) => before.get(item.key) !== after.get(item.key));
        const removes = [...before.keys()].filter((key) => !after.has(key));
        const isSnapshot = isFirst;
        before = after;
        isFirst = false;
        onChange({ upserts, removes, isSnapshot, hasOlder, hasNewer });
      };
      const stop = subscribe(name, refresh);
      return {
        dispose: stop,
        extend(direction, count) {
          read.extend(direction, count);
          void Promise.resolve().then(refresh);
        },
      };
    },
  };
}

function summary(held: SimConversation): ConversationSummary {
  const { details: known, items } = held;
  const last = items.at(-1);
  const lastTimeMs = last?.timeMs ?? 0;
  const peer = known.kind === 'direct' ? known.members.find((each) => !each.isSelf) : undefined;
  return {
    key: known.conversationId,
    sortKey: byTimeDown(lastTimeMs),
    conversationId: known.conversationId,
    kind: known.kind,
    name: known.name,
    ...(peer === undefined ? {} : { peer }),
    preview: preview(last),
    lastTimeMs,
    unread: held.unread,
    hasMention:
      held.unread > 0 && items.some((item) => item.kind === 'message' && item.mentionsSelf),
    ...(held.draft === null ? {} : { draft: held.draft.text }),
    typing: held.typing,
    isCurrent: known.isCurrent,
  };
}

function preview(item: TimelineItem | undefined): Preview {
  if (item === undefined) return { kind: 'none' };
  if (item.kind === 'event') return { kind: 'event', event: item.event };
  switch (item.body.kind) {
    case 'text':
      return { kind: 'text', sender: item.sender, text: item.body.text };
    case 'deleted':
      return { kind: 'deleted', sender: item.sender };
    default:
      return { kind: 'unreadable' };
  }
}

const idOf = (args: object): string =>
  'conversationId' in args && typeof args.conversationId === 'string' ? args.conversationId : '';

function valueReader(world: World, name: string, args: object): () => unknown {
  const held = (): SimConversation | undefined => world.conversations.get(idOf(args));
  switch (name) {
    case 'session':
      return () => world.session;
    case 'connection':
      return () => world.connection;
    case 'profile':
      return () => world.profile;
    case 'settings':
      return () => world.settings;
    case 'conversation':
      return () => held()?.details ?? null;
    case 'typing':
      return () => held()?.typing ?? [];
    default:
      return () => held()?.draft ?? null;
  }
}

interface ListReader {
  read(): { items: readonly Keyed[]; hasOlder: boolean; hasNewer: boolean };
  extend(direction: 'older' | 'newer' | 'latest', count: number): void;
}

function listReader(world: World, name: string, args: object): ListReader {
  const all = (read: () => readonly Keyed[]): ListReader => ({
    read: () => ({ items: read(), hasOlder: false, hasNewer: false }),
    extend: () => undefined,
  });
  if (name === 'contacts') return all(() => world.contacts);
  if (name === 'devices') return all(() => world.devices);
  if (name === 'conversations') return all(() => [...world.conversations.values()].map(summary));
  const opened = world.conversations.get(idOf(args));
  const isAroundUnread = Reflect.get(args, 'around') === 'first-unread';
  let count = Math.max(WINDOW, isAroundUnread ? (opened?.unread ?? 0) + 20 : 0);
  return {
    read() {
      const items = world.conversations.get(idOf(args))?.items ?? [];
      return { items: items.slice(-count), hasOlder: items.length > count, hasNewer: false };
    },
    extend(direction, more) {
      if (direction === 'older') count += more;
    },
  };
}

type Append = (
  held: SimConversation,
  part: Partial<MessageItem> & { sender: Person },
) => MessageItem;

function createHandlers(world: World, append: Append, now: () => number): Handlers {
  const held = (conversationId: string): SimConversation => {
    const found = world.conversations.get(conversationId);
    if (found === undefined) throw new Error('No such conversation in this world');
    return found;
  };
  const changeItem = (
    { conversationId, target }: { conversationId: string; target: string },
    change: (item: MessageItem) => MessageItem,
  ): void => {
    const conversation = held(conversationId);
    conversation.items = conversation.items.map((item) =>
      item.kind === 'message' && item.key === target ? change(item) : item,
    );
  };
  const signIn = (isSharedComputer: boolean): void => {
    world.session = { kind: 'signed-in', accountId: 'self', deviceId: 'd1', isSharedComputer };
  };
  const dropInvitation = (invitationId: string): { kind: 'done' } | { kind: 'gone' } => {
    const before = world.contacts.length;
    world.contacts = world.contacts.filter((item) => item.key !== invitationId);
    return { kind: world.contacts.length < before ? 'done' : 'gone' };
  };
  const people = (ids: readonly string[]): Person[] =>
    world.contacts.flatMap((item) =>
      item.kind === 'contact' && ids.includes(item.person.accountId) ? [item.person] : [],
    );
  const changeDetails = (
    conversationId: string,
    part: Partial<SimConversation['details']>,
  ): void => {
    const conversation = held(conversationId);
    conversation.details = { ...conversation.details, ...part };
  };
  return {
    'signup.start': () => ({ kind: 'mail-sent' }),
    'signup.open': ({ token }) =>
      world.links.has(token)
        ? {
            kind: 'opened',
            email: 'ny@eksempel.no',
            language: 'nb',
            totpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
            totpUri:
              'otpauth://totp/Crypho:ny%40eksempel.no?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Crypho',
          }
        : { kind: 'link-expired' },
    'signup.complete': ({ token, totpCode, displayName, language }) => {
      if (!world.links.has(token)) return { kind: 'link-expired' };
      if (totpCode !== world.credentials.code) return { kind: 'wrong-code' };
      world.links.delete(token);
      world.profile = { ...world.profile, displayName, language };
      signIn(false);
      return { kind: 'signed-in' };
    },
    'login.start': ({ email, passphrase }) => ({
      kind:
        email === world.credentials.email && passphrase === world.credentials.passphrase
          ? 'second-factor'
          : 'wrong-credentials',
    }),
    'login.complete': ({ code, isSharedComputer }) => {
      if (code !== world.credentials.code) return { kind: 'wrong-code' };
      signIn(isSharedComputer);
      return { kind: 'signed-in' };
    },
    'session.logOut': () => {
      world.session = { kind: 'signed-out', reason: 'logged-out' };
      return { kind: 'signed-out' };
    },
    'email.confirm': ({ token }) => ({ kind: world.links.has(token) ? 'changed' : 'link-expired' }),
    'profile.change': (change) => {
      world.profile = { ...world.profile, ...change };
      return { kind: 'changed' };
    },
    'passphrase.change': ({ current, next }) => {
      if (current !== world.credentials.passphrase) return { kind: 'wrong-passphrase' };
      world.credentials.passphrase = next;
      return { kind: 'changed' };
    },
    'email.change': ({ passphrase }) => ({
      kind: passphrase === world.credentials.passphrase ? 'mail-sent' : 'wrong-passphrase',
    }),
    'device.unlink': ({ deviceId }) => {
      world.devices = world.devices.filter((each) => each.deviceId !== deviceId);
      return { kind: 'unlinked' };
    },
    'settings.change': (change) => {
      world.settings = { ...world.settings, ...change };
      return { kind: 'changed' };
    },
    'contact.invite': ({ email, note }) => {
      if (email === world.profile.email) return { kind: 'own-address' };
      const invitationId = `s${world.contacts.length + 1}`;
      world.contacts = [
        ...world.contacts,
        {
          kind: 'sent',
          key: invitationId,
          sortKey: byTimeDown(now()),
          invitationId,
          email,
          note,
          sentAtMs: now(),
          expiresAtMs: now() + 14 * 86_400_000,
        },
      ];
      return { kind: 'invited' };
    },
    'invitation.accept': ({ invitationId }) => {
      const found = world.contacts.find((item) => item.key === invitationId);
      const answer = dropInvitation(invitationId);
      if (found?.kind === 'received') {
        world.contacts = [
          ...world.contacts,
          {
            kind: 'contact',
            key: found.person.accountId,
            sortKey: found.person.displayName.toLocaleLowerCase('nb'),
            person: found.person,
            sinceMs: now(),
          },
        ];
      }
      return answer;
    },
    'invitation.reject': ({ invitationId }) => dropInvitation(invitationId),
    'invitation.withdraw': ({ invitationId }) => dropInvitation(invitationId),
    'contact.remove': ({ accountId }) => {
      world.contacts = world.contacts.filter((item) => item.key !== accountId);
      world.conversations.delete(accountId);
      return { kind: 'removed' };
    },
    'conversation.openDirect': ({ accountId }) => {
      const [who] = people([accountId]);
      if (who === undefined) return { kind: 'not-a-contact' };
      if (!world.conversations.has(accountId)) {
        world.conversations.set(accountId, {
          details: details(accountId, 'direct', who.displayName, [who]),
          items: [],
          unread: 0,
          draft: null,
          typing: [],
        });
      }
      return { kind: 'opened', conversationId: accountId };
    },
    'group.create': ({ name, members, sharesHistory }) => {
      const owned = [...world.conversations.values()].filter(
        (each) => each.details.kind === 'group' && each.details.role === 'owner',
      ).length;
      const max = world.profile.ownedGroupsMax;
      if (owned >= max) return { kind: 'owned-groups-limit', max };
      const conversationId = `g${world.conversations.size + 1}`;
      const contacts = people(members);
      const known = new Set(contacts.map(({ accountId }) => accountId));
      const accountIds = members.filter((accountId) => !known.has(accountId));
      const made = details(conversationId, 'group', name, contacts, 'owner');
      const hasRoom = made.devices <= world.groupDevicesMax;
      const shown = hasRoom ? made : details(conversationId, 'group', name, [], 'owner');
      world.conversations.set(conversationId, {
        details: { ...shown, sharesHistory },
        items: [
          {
            kind: 'event',
            key: `${conversationId}-made`,
            sortKey: byTime(0),
            seq: 1,
            timeMs: now(),
            event: { kind: 'created', by: SELF },
          },
        ],
        unread: 0,
        draft: null,
        typing: [],
      });
      if (!hasRoom) {
        const notAdded = { kind: 'group-too-large', max: world.groupDevicesMax } as const;
        return { kind: 'created', conversationId, notAdded };
      }
      if (accountIds.length === 0) return { kind: 'created', conversationId };
      return { kind: 'created', conversationId, notAdded: { kind: 'not-a-contact', accountIds } };
    },
    'group.add': ({ conversationId, members }) => {
      const more = people(members).map((each) => ({
        ...each,
        role: 'member' as const,
        devices: 1,
        isIdentityKnown: true,
      }));
      const before = held(conversationId).details;
      const count = before.devices + more.length;
      const max = world.groupDevicesMax;
      if (count > max) return { kind: 'group-too-large', max };
      changeDetails(conversationId, { members: [...before.members, ...more], devices: count });
      return { kind: 'done' };
    },
    'group.remove': ({ conversationId, accountId }) => {
      changeDetails(conversationId, {
        members: held(conversationId).details.members.filter(
          (each) => each.accountId !== accountId,
        ),
      });
      return { kind: 'done' };
    },
    'group.settings': ({ conversationId, ...change }) => {
      changeDetails(conversationId, change);
      return { kind: 'done' };
    },
    'group.setRole': ({ conversationId, accountId, role }) => {
      changeDetails(conversationId, {
        ...(role === 'owner' ? { role: 'admin' as const } : {}),
        members: held(conversationId).details.members.map((each) => {
          if (each.accountId === accountId) return { ...each, role };
          return role === 'owner' && each.isSelf ? { ...each, role: 'admin' } : each;
        }),
      });
      return { kind: 'done' };
    },
    'group.leave': ({ conversationId }) => {
      if (held(conversationId).details.role === 'owner') return { kind: 'owner-must-hand-over' };
      changeDetails(conversationId, { isCurrent: false });
      return { kind: 'left' };
    },
    'group.delete': ({ conversationId }) => {
      world.conversations.delete(conversationId);
      return { kind: 'deleted' };
    },
    'message.send': ({ conversationId, text, replyTo }) => {
      const conversation = held(conversationId);
      const target = conversation.items.find((item) => item.key === replyTo);
      const item = append(conversation, {
        sender: SELF,
        body: { kind: 'text', text, mentions: [] },
        ...(target?.kind === 'message' && target.body.kind === 'text'
          ? {
              replyTo: {
                key: target.key,
                sender: target.sender,
                excerpt: target.body.text,
                isDeleted: false,
              },
            }
          : {}),
      });
      return { kind: 'queued', key: item.key };
    },
    'message.edit': ({ text, ...at }) => {
      changeItem(at, (item) => ({
        ...item,
        isEdited: true,
        body: { kind: 'text', text, mentions: [] },
      }));
      return { kind: 'queued' };
    },
    'message.delete': (at) => {
      changeItem(at, (item) => ({ ...item, reactions: [], body: { kind: 'deleted' } }));
      return { kind: 'queued' };
    },
    'message.react': ({ emoji, isRemoved, ...at }) => {
      changeItem(at, (item) => {
        const others = item.reactions.filter((each) => each.emoji !== emoji);
        const by = (item.reactions.find((each) => each.emoji === emoji)?.by ?? []).filter(
          (each) => !each.isSelf,
        );
        const next = isRemoved ? by : [...by, SELF];
        const reactions =
          next.length === 0 ? others : [...others, { emoji, by: next, isMine: !isRemoved }];
        return { ...item, reactions };
      });
      return { kind: 'queued' };
    },
    'message.retry': ({ conversationId, key }) => {
      changeItem({ conversationId, target: key }, (item) => ({
        ...item,
        delivery: { kind: 'sent' },
      }));
      return { kind: 'queued' };
    },
    'message.discard': ({ conversationId, key }) => {
      const conversation = held(conversationId);
      conversation.items = conversation.items.filter((item) => item.key !== key);
      return { kind: 'discarded' };
    },
    'conversation.markRead': ({ conversationId }) => {
      held(conversationId).unread = 0;
      return { kind: 'marked' };
    },
    'conversation.typing': () => ({ kind: 'sent' }),
    'conversation.draft': ({ conversationId, draft }) => {
      held(conversationId).draft = draft;
      return { kind: 'kept' };
    },
  };
}
