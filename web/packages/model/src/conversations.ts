import type { ConversationSummary } from '@crypho/engine/api';
import { applyPatch, emptyList, type PatchedList } from './list.ts';
import { nameMatches } from './person.ts';
import type { Services } from './services.ts';
import { createModel, createStore, type Model } from './store.ts';

export interface ConversationsSnapshot {
  readonly isLoaded: boolean;
  readonly all: readonly ConversationSummary[];
  /** Those that match the search. */
  readonly shown: readonly ConversationSummary[];
  readonly query: string;
  readonly unread: number;
}

export interface ConversationsActions {
  search(query: string): void;
}

export type ConversationsModel = Model<ConversationsSnapshot, ConversationsActions>;

/** The list of conversations, newest first, and the search in it. */
export function createConversations({ engine }: Services): ConversationsModel {
  const store = createStore<ConversationsSnapshot>({
    isLoaded: false,
    all: [],
    shown: [],
    query: '',
    unread: 0,
  });
  let list: PatchedList<ConversationSummary> = emptyList();
  const show = (query: string): void => {
    const all = list.items;
    store.set({
      isLoaded: list.isLoaded,
      all,
      shown: query.trim() === '' ? all : all.filter((each) => nameMatches(each.name, query)),
      query,
      unread: all.reduce((sum, each) => sum + each.unread, 0),
    });
  };
  const handle = engine.list('conversations', {}, (patch) => {
    list = applyPatch(list, patch);
    show(store.get().query);
  });
  return createModel(store, { search: show }, [() => handle.dispose()]);
}
