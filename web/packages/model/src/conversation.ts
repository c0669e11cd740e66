import type {
  ConversationDetails,
  ConversationId,
  Draft,
  MessageItem,
  MessageKey,
  Person,
  TimelineItem,
} from '@crypho/engine/api';
import { say } from '@crypho/i18n';
import { compose, EMPTY_COMPOSER, mentioned, type Composer } from './composer.ts';
import { applyPatch, emptyList, type PatchedList } from './list.ts';
import { firstUnread, timelineRows, type Row } from './rows.ts';
import type { Services } from './services.ts';
import { createModel, createStore, type Model } from './store.ts';

export interface ConversationSnapshot {
  readonly conversationId: ConversationId;
  /** Undefined until known; null when there is no such conversation. */
  readonly details: ConversationDetails | null | undefined;
  readonly rows: readonly Row[];
  readonly isLoaded: boolean;
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  /** The first message that was unread when the conversation was opened. */
  readonly firstNew?: MessageKey;
  readonly typing: readonly Person[];
  readonly composer: Composer;
  /** Changes when the text was set from outside, so that the field takes it over. */
  readonly composerRevision: number;
}

export interface ConversationActions {
  older(): void;
  newer(): void;
  latest(): void;
  seen(upToSeq: number): void;
  write(text: string): void;
  send(): Promise<void>;
  reply(item: MessageItem): void;
  edit(item: MessageItem): void;
  editLatest(): void;
  cancelContext(): void;
  deleteMessage(key: MessageKey): Promise<void>;
  react(item: MessageItem, emoji: string): Promise<void>;
  retry(key: MessageKey): Promise<void>;
  discard(key: MessageKey): Promise<void>;
}

export type ConversationModel = Model<ConversationSnapshot, ConversationActions>;

export const PAGE = 60;
const DRAFT_MS = 200;
const TYPING_AGAIN_MS = 4_000;
const TYPING_STOPS_MS = 6_000;

/** One open conversation: its timeline, who writes, and the composer. */
export function createConversation(
  services: Services,
  conversationId: ConversationId,
  unreadAtOpen: number,
  firstUnreadSeq?: number,
): ConversationModel {
  const { engine, notices } = services;
  const store = createStore<ConversationSnapshot>({
    conversationId,
    details: undefined,
    rows: [],
    isLoaded: false,
    hasOlder: false,
    hasNewer: false,
    typing: [],
    composer: EMPTY_COMPOSER,
    composerRevision: 0,
  });
  let list: PatchedList<TimelineItem> = emptyList();
  let isFetching = false;
  let readUpTo = 0;
  let pendingDraft: Draft | undefined;

  const showTimeline = (): void => {
    const { firstNew: known, ...rest } = store.get();
    const firstNew =
      known ?? (list.isLoaded ? firstUnread(list, unreadAtOpen, firstUnreadSeq) : undefined);
    store.set({
      ...rest,
      rows: list.isLoaded ? timelineRows(list.items, list.hasOlder, firstNew) : [],
      isLoaded: list.isLoaded,
      hasOlder: list.hasOlder,
      hasNewer: list.hasNewer,
      ...(firstNew === undefined ? {} : { firstNew }),
    });
  };
  const find = (key: MessageKey): MessageItem | undefined =>
    list.items.find((item): item is MessageItem => item.kind === 'message' && item.key === key);
  const setComposer = (composer: Composer): void =>
    store.patch({ composer, composerRevision: store.get().composerRevision + 1 });
  const typing = createTyping(services, conversationId);
  const drafts = createDrafts(services, conversationId, () => store.get().composer);

  const applyDraft = (draft: Draft | null): void => {
    if (drafts.isDirty() || drafts.isOwn(draft)) return;
    pendingDraft = undefined;
    if (draft === null) {
      if (store.get().composer.text !== '') setComposer(EMPTY_COMPOSER);
      return;
    }
    if (draft.text === store.get().composer.text) return;
    const replyTo = draft.replyTo === undefined ? undefined : find(draft.replyTo);
    const edits = draft.edits === undefined ? undefined : find(draft.edits);
    if (!list.isLoaded && (draft.replyTo ?? draft.edits) !== undefined) pendingDraft = draft;
    setComposer(compose(draft.text, context(replyTo, edits)));
  };

  const around = unreadAtOpen > 0 ? 'first-unread' : 'latest';
  const timeline = engine.list('timeline', { conversationId, around }, (patch) => {
    list = applyPatch(list, patch);
    isFetching = false;
    showTimeline();
    if (pendingDraft !== undefined && list.isLoaded) applyPendingDraft(pendingDraft);
  });
  const applyPendingDraft = (draft: Draft): void => {
    pendingDraft = undefined;
    const replyTo = draft.replyTo === undefined ? undefined : find(draft.replyTo);
    const edits = draft.edits === undefined ? undefined : find(draft.edits);
    if (!drafts.isDirty()) setComposer(compose(draft.text, context(replyTo, edits)));
  };
  const releases = [
    () => timeline.dispose(),
    engine.watch('conversation', { conversationId }, (details) => store.patch({ details })),
    engine.watch('typing', { conversationId }, (people) => store.patch({ typing: people })),
    engine.watch('draft', { conversationId }, applyDraft),
    services.onLeaving?.(() => drafts.flush()) ?? (() => undefined),
    () => drafts.flush(),
    () => typing.stop(),
  ];
  const extend = (direction: 'older' | 'newer' | 'latest'): void => {
    const { isLoaded, hasOlder, hasNewer } = store.get();
    const isThere = direction === 'older' ? hasOlder : hasNewer;
    if (isFetching || !isLoaded || !isThere) return;
    isFetching = true;
    timeline.extend(direction, PAGE);
  };

  const actions: ConversationActions = {
    older: () => extend('older'),
    newer: () => extend('newer'),
    latest: () => extend('latest'),
    seen(upToSeq) {
      if (upToSeq <= readUpTo) return;
      const before = readUpTo;
      readUpTo = upToSeq;
      void engine.command('conversation.markRead', { conversationId, upToSeq }).then((answer) => {
        // Said again with the next one that is seen.
        if (!answer.ok && readUpTo === upToSeq) readUpTo = before;
      });
    },
    write(text) {
      const { replyTo, edits } = store.get().composer;
      store.patch({ composer: compose(text, context(replyTo, edits)) });
      drafts.changed();
      typing.wrote(text.trim() !== '' && edits === undefined);
    },
    async send() {
      const { composer, details } = store.get();
      const text = composer.text.trim();
      if (text === '' || composer.isTooLong) return;
      drafts.clear();
      typing.stop();
      setComposer(EMPTY_COMPOSER);
      const people = mentioned(text, details?.members ?? []).map((person) => person.accountId);
      const answer =
        composer.edits !== undefined
          ? await engine.command('message.edit', {
              conversationId,
              target: composer.edits.key,
              text,
            })
          : await engine.command('message.send', {
              conversationId,
              text,
              ...(composer.replyTo === undefined ? {} : { replyTo: composer.replyTo.key }),
              ...(people.length === 0 ? {} : { mentions: people }),
            });
      if (answer.ok && answer.value.kind === 'queued') return;
      if (answer.ok) notices.actions.show(say('failure.forbidden'), 'danger');
      else notices.actions.fail(answer.failure);
      if (store.get().composer.text === '') setComposer(composer);
    },
    reply(item) {
      const { composer } = store.get();
      setComposer(compose(composer.edits === undefined ? composer.text : '', { replyTo: item }));
      drafts.changed();
    },
    edit(item) {
      if (item.body.kind !== 'text' || !item.sender.isSelf) return;
      setComposer(compose(item.body.text, { edits: item }));
      drafts.changed();
    },
    editLatest() {
      const latest = list.items.findLast(
        (item): item is MessageItem =>
          item.kind === 'message' &&
          item.sender.isSelf &&
          item.body.kind === 'text' &&
          item.seq > 0,
      );
      if (latest !== undefined) actions.edit(latest);
    },
    cancelContext() {
      const { composer } = store.get();
      setComposer(composer.edits === undefined ? compose(composer.text) : EMPTY_COMPOSER);
      drafts.changed();
    },
    async deleteMessage(key) {
      const answer = await engine.command('message.delete', { conversationId, target: key });
      if (!answer.ok) notices.actions.fail(answer.failure);
      else if (answer.value.kind === 'not-allowed') {
        notices.actions.show(say('failure.forbidden'), 'danger');
      } else notices.actions.show(say('message.deleted.toast'));
    },
    async react(item, emoji) {
      const isRemoved = item.reactions.some((each) => each.emoji === emoji && each.isMine);
      const answer = await engine.command('message.react', {
        conversationId,
        target: item.key,
        emoji,
        isRemoved,
      });
      if (!answer.ok) notices.actions.fail(answer.failure);
    },
    async retry(key) {
      const answer = await engine.command('message.retry', { conversationId, key });
      if (!answer.ok) notices.actions.fail(answer.failure);
    },
    async discard(key) {
      const answer = await engine.command('message.discard', { conversationId, key });
      if (!answer.ok) notices.actions.fail(answer.failure);
    },
  };
  return createModel(store, actions, releases);
}

function context(
  replyTo: MessageItem | undefined,
  edits: MessageItem | undefined,
): { replyTo?: MessageItem; edits?: MessageItem } {
  return {
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(edits === undefined ? {} : { edits }),
  };
}

const OWN_MAX = 20;

/** Keeps the draft while one writes, a few times a second: the tab may be closed at any moment. */
function createDrafts(
  { engine, clock }: Services,
  conversationId: ConversationId,
  composer: () => Composer,
): {
  changed(): void;
  clear(): void;
  flush(): void;
  /** What is in the field is newer than what the engine shows. */
  isDirty(): boolean;
  /** Said from here: hearing it again says nothing new, and the field may be further by now. */
  isOwn(draft: Draft | null): boolean;
} {
  let cancel: (() => void) | undefined;
  let unanswered = 0;
  let own: readonly string[] = [];
  const name = (draft: Draft | null): string =>
    draft === null ? '' : JSON.stringify([draft.text, draft.replyTo, draft.edits]);
  const tell = async (draft: Draft | null): Promise<void> => {
    own = [...own, name(draft)].slice(-OWN_MAX);
    unanswered++;
    await engine.command('conversation.draft', { conversationId, draft });
    unanswered--;
  };
  const keep = (): void => {
    cancel = undefined;
    const { text, replyTo, edits } = composer();
    const draft =
      text.trim() === '' && replyTo === undefined && edits === undefined
        ? null
        : {
            text,
            ...(replyTo === undefined ? {} : { replyTo: replyTo.key }),
            ...(edits === undefined ? {} : { edits: edits.key }),
          };
    void tell(draft);
  };
  return {
    isDirty: () => cancel !== undefined || unanswered > 0,
    isOwn(draft) {
      if (own.includes(name(draft))) return true;
      // From another tab or device: the same words from there again would be news.
      own = [];
      return false;
    },
    changed() {
      cancel ??= clock.after(DRAFT_MS, keep);
    },
    clear() {
      cancel?.();
      cancel = undefined;
      void tell(null);
    },
    flush() {
      if (cancel === undefined) return;
      cancel();
      keep();
    },
  };
}

/** Tells that one is writing, seldom, and that one has stopped. */
function createTyping(
  { engine, clock }: Services,
  conversationId: ConversationId,
): { wrote(isText: boolean): void; stop(): void } {
  let toldMs: number | undefined;
  let cancel: (() => void) | undefined;
  const tell = (isTyping: boolean): void =>
    void engine.command('conversation.typing', { conversationId, isTyping });
  const stop = (): void => {
    cancel?.();
    cancel = undefined;
    if (toldMs === undefined) return;
    toldMs = undefined;
    tell(false);
  };
  return {
    stop,
    wrote(isText) {
      if (!isText) return stop();
      const now = clock.now();
      if (toldMs === undefined || now - toldMs >= TYPING_AGAIN_MS) {
        toldMs = now;
        tell(true);
      }
      cancel?.();
      cancel = clock.after(TYPING_STOPS_MS, stop);
    },
  };
}
