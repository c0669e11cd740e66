/**
 * Which tab's worker owns the engine, as a state machine without I/O: inputs go in, actions come out.
 *
 * | state   | lock granted | owner announced                | page speaks        | message for us   |
 * | ------- | ------------ | ------------------------------ | ------------------ | ---------------- |
 * | waiting | owner        | follower; replays to the owner | kept               | -                |
 * | follower| owner        | replays where it is another    | sent to the owner  | to the page      |
 * | owner   | -            | -                              | to the host        | to the host      |
 *
 * The lock is the browser's: it is free again when its tab dies, whatever the tab was doing.
 */
import type { EngineMessage, PageMessage } from './api.ts';
import { ASKED_MAX, isRepeatable } from './repeat.ts';

export type TabId = string;

export type BusMessage =
  | { readonly kind: 'who'; readonly from: TabId }
  | { readonly kind: 'owner'; readonly owner: TabId }
  | {
      readonly kind: 'to-owner';
      readonly owner: TabId;
      readonly from: TabId;
      readonly message: PageMessage;
    }
  | {
      readonly kind: 'to-tab';
      readonly owner: TabId;
      readonly to: TabId;
      readonly message: EngineMessage;
    };

export type Input =
  | { readonly kind: 'started' }
  | { readonly kind: 'lock-granted' }
  | { readonly kind: 'bus'; readonly message: BusMessage }
  | { readonly kind: 'page'; readonly message: PageMessage }
  /** From the host, for one of the tabs; this one's included. */
  | { readonly kind: 'host'; readonly tab: TabId; readonly message: EngineMessage }
  | { readonly kind: 'tab-died'; readonly tab: TabId };

export type Action =
  | { readonly kind: 'ask-lock' }
  | { readonly kind: 'start-host' }
  | { readonly kind: 'post'; readonly message: BusMessage }
  | { readonly kind: 'to-page'; readonly message: EngineMessage }
  | { readonly kind: 'to-host'; readonly tab: TabId; readonly message: PageMessage }
  | { readonly kind: 'watch-tab'; readonly tab: TabId }
  | { readonly kind: 'close-tab'; readonly tab: TabId };

interface Pending {
  readonly message: PageMessage & { readonly type: 'command' };
  /** How many owners were asked, any of which may have begun it. */
  readonly times: number;
}

/** What a page shows: its query, and how far it widened it since. */
interface Shown {
  readonly open: PageMessage;
  readonly extends: readonly PageMessage[];
}

const EXTENDS_MAX = 50;

export interface Election {
  handle(input: Input): readonly Action[];
  role(): 'waiting' | 'follower' | 'owner';
}

export function makeElection(self: TabId, version: number): Election {
  let role: 'waiting' | 'follower' | 'owner' = 'waiting';
  let owner: TabId | undefined;
  const subscriptions = new Map<number, Shown>();
  const pending = new Map<number, Pending>();
  const tabs = new Set<TabId>();

  function forward(message: PageMessage): Action[] {
    if (role === 'owner') return [{ kind: 'to-host', tab: self, message }];
    if (role === 'waiting' || owner === undefined) return [];
    return [{ kind: 'post', message: { kind: 'to-owner', owner, from: self, message } }];
  }

  /** To a new owner: everything that is shown, and what was asked and not answered. */
  function replay(): Action[] {
    const actions: Action[] = [];
    for (const { open, extends: widened } of subscriptions.values())
      for (const message of [open, ...widened]) actions.push(...forward(message));
    for (const [id, { message, times }] of pending) {
      const isFirst = times === 0;
      if (isFirst || (isRepeatable(message.name) && times < ASKED_MAX)) {
        pending.set(id, { message, times: times + 1 });
        actions.push(...forward(message));
        continue;
      }
      pending.delete(id);
      const failure = { code: 'interrupted' } as const;
      actions.push({ kind: 'to-page', message: { type: 'failure', id, failure } });
    }
    return actions;
  }

  function onPage(message: PageMessage): readonly Action[] {
    switch (message.type) {
      case 'hello':
        return [{ kind: 'to-page', message: { type: 'welcome', version } }];
      case 'subscribe':
        subscriptions.set(message.id, { open: message, extends: [] });
        return forward(message);
      case 'unsubscribe':
        subscriptions.delete(message.id);
        return forward(message);
      case 'command':
        pending.set(message.id, { message, times: role === 'waiting' ? 0 : 1 });
        return forward(message);
      case 'timeline.extend': {
        const shown = subscriptions.get(message.id);
        if (shown === undefined) return [];
        // At the latest again: however it was widened before is no longer seen.
        const before = message.direction === 'latest' ? [] : shown.extends;
        const widened = [...before, message].slice(-EXTENDS_MAX);
        subscriptions.set(message.id, { ...shown, extends: widened });
        return forward(message);
      }
    }
  }

  function toPage(message: EngineMessage): readonly Action[] {
    if (message.type === 'result' || message.type === 'failure') pending.delete(message.id);
    return [{ kind: 'to-page', message }];
  }

  function onBus(message: BusMessage): readonly Action[] {
    switch (message.kind) {
      case 'who':
        if (role !== 'owner') return [];
        return [{ kind: 'post', message: { kind: 'owner', owner: self } }];
      case 'owner':
        if (role === 'owner' || owner === message.owner) return [];
        owner = message.owner;
        role = 'follower';
        return replay();
      case 'to-owner': {
        if (role !== 'owner' || message.owner !== self) return [];
        const isNew = !tabs.has(message.from);
        tabs.add(message.from);
        return [
          ...(isNew ? [{ kind: 'watch-tab', tab: message.from } as const] : []),
          { kind: 'to-host', tab: message.from, message: message.message },
        ];
      }
      case 'to-tab':
        if (message.to !== self) return [];
        // What the owner before had done already is done: its answer may come after it has gone.
        if (message.message.type === 'result' && pending.has(message.message.id))
          return toPage(message.message);
        if (message.owner !== owner || role !== 'follower') return [];
        return toPage(message.message);
    }
  }

  return {
    role: () => role,
    handle: (input) => {
      switch (input.kind) {
        case 'started':
          return [{ kind: 'ask-lock' }, { kind: 'post', message: { kind: 'who', from: self } }];
        case 'lock-granted':
          role = 'owner';
          owner = self;
          return [
            { kind: 'start-host' },
            { kind: 'post', message: { kind: 'owner', owner: self } },
            ...replay(),
          ];
        case 'bus':
          return onBus(input.message);
        case 'page':
          return onPage(input.message);
        case 'host':
          if (input.tab === self) return toPage(input.message);
          return [
            {
              kind: 'post',
              message: { kind: 'to-tab', owner: self, to: input.tab, message: input.message },
            },
          ];
        case 'tab-died':
          tabs.delete(input.tab);
          return [{ kind: 'close-tab', tab: input.tab }];
      }
    },
  };
}
