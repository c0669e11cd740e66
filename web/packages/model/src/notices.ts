import type { Failure } from '@crypho/engine/api';
import { say, type Said } from '@crypho/i18n';
import type { Clock } from './clock.ts';
import { createModel, createStore, type Model } from './store.ts';

/** A short message that goes away by itself; it is also spoken. */
export interface Notice {
  readonly id: number;
  readonly said: Said;
  readonly tone: 'plain' | 'danger';
}

export interface NoticeActions {
  show(said: Said, tone?: Notice['tone']): void;
  fail(failure: Failure): void;
  dismiss(id: number): void;
}

export type NoticesModel = Model<{ readonly notices: readonly Notice[] }, NoticeActions>;

export const NOTICES_MAX = 3;
const SHOWN_MS = 6_000;

export function createNotices(clock: Clock): NoticesModel {
  const store = createStore<{ readonly notices: readonly Notice[] }>({ notices: [] });
  let last = 0;
  const dismiss = (id: number): void =>
    store.set({ notices: store.get().notices.filter((notice) => notice.id !== id) });
  const show: NoticeActions['show'] = (said, tone = 'plain') => {
    const id = ++last;
    store.set({ notices: [...store.get().notices, { id, said, tone }].slice(-NOTICES_MAX) });
    clock.after(SHOWN_MS, () => dismiss(id));
  };
  return createModel(store, { show, dismiss, fail: (failure) => show(failed(failure), 'danger') });
}

export const failed = (failure: Failure): Said => say(`failure.${failure.code}`);
