/** Answers pages: commands, and queries that are shown again whenever what they show has changed. */
import type { EngineMessage, Keyed, PageMessage, ListQueryName, ValueQueryName } from './api.ts';
import { checkArgs, isCommand } from './check.ts';
import { makeHandlers } from './commands.ts';
import { EngineFailure, toFailure } from './failure.ts';
import type { Platform } from './platform.ts';
import { makeCoalesced } from './queue.ts';
import type { Session } from './session.ts';
import { diff, makeTimelineWindow } from './timeline.ts';
import type { TimelineWindow } from './timeline.ts';
import { TOPIC } from './topics.ts';
import type { Topics } from './topics.ts';

export interface Host {
  /** A tab's side of the protocol. */
  open(send: (message: EngineMessage) => void): HostPort;
}

export interface HostPort {
  receive(message: PageMessage): void;
  close(): void;
}

interface Subscription {
  readonly dispose: () => void;
  readonly extend?: (direction: Direction, count: number) => void;
}

const EARLY_MAX = 60;

type Direction = 'older' | 'newer' | 'latest';

interface Source {
  readonly topics: readonly string[];
  /** Undefined: nothing to show yet. */
  readonly read: () => Promise<Shown | undefined>;
  readonly extend?: (direction: Direction, count: number) => Promise<void>;
}

type Shown =
  | { readonly kind: 'value'; readonly value: unknown }
  | {
      readonly kind: 'list';
      readonly items: readonly Keyed[];
      readonly hasOlder?: boolean;
      readonly hasNewer?: boolean;
    };

export function makeHost(platform: Platform, session: Session, topics: Topics): Host {
  const handlers = makeHandlers(platform, session);

  async function command(name: string, args: unknown, nonce: string): Promise<unknown> {
    if (!isCommand(name) || !checkArgs(name, args)) throw new EngineFailure({ code: 'invalid' });
    // A tab that has just taken over answers what was asked of the one before.
    await session.started();
    // The check above is what makes this a command with its own arguments.
    const handler = handlers[name] as (input: unknown, nonce: string) => Promise<unknown>;
    return handler(args, nonce);
  }

  /**
   * Nothing is shown before it is known who is signed in: pages of other tabs go on showing what the engine
   * before this one had shown, instead of being torn down for a moment.
   */
  function isStarting(): boolean {
    return session.state().kind === 'starting';
  }

  function isSignedIn(): boolean {
    return session.state().kind === 'signed-in';
  }

  function value(topicNames: readonly string[], read: () => unknown): Source {
    return {
      topics: [TOPIC.session, ...topicNames],
      read: async () => (isStarting() ? undefined : { kind: 'value', value: await read() }),
    };
  }

  function whenSignedIn(source: Source): Source {
    return { ...source, read: async () => (isSignedIn() ? source.read() : undefined) };
  }

  function list(topicNames: readonly string[], read: () => Promise<readonly Keyed[]>): Source {
    return whenSignedIn({
      topics: [TOPIC.session, ...topicNames],
      read: async () => ({ kind: 'list', items: await read() }),
    });
  }

  function idOf(args: unknown): string {
    const id: unknown =
      typeof args === 'object' && args !== null ? Reflect.get(args, 'conversationId') : undefined;
    if (typeof id !== 'string')
      throw new EngineFailure({ code: 'invalid', field: 'conversationId' });
    return id;
  }

  function timeline(args: unknown): Source {
    const id = idOf(args);
    const around: unknown = Reflect.get(Object(args), 'around');
    let window: TimelineWindow | undefined;
    // Asked for before there was anything to extend: a tab says again what it had been shown.
    const early: (() => Promise<void>)[] = [];
    return whenSignedIn({
      topics: [TOPIC.session, TOPIC.people, TOPIC.timeline(id), TOPIC.connection],
      read: async () => {
        window ??= makeTimelineWindow(
          session.runtime().context,
          id,
          around === 'first-unread' ? 'first-unread' : 'latest',
        );
        const view = await window.read();
        if (early.length === 0) return { kind: 'list', ...view };
        for (const extend of early.splice(0)) await extend();
        return { kind: 'list', ...(await window.read()) };
      },
      extend: async (direction, count) => {
        if (window !== undefined) return window.extend(direction, count);
        if (early.length < EARLY_MAX) early.push(async () => window?.extend(direction, count));
      },
    });
  }

  function source(query: ValueQueryName | ListQueryName, args: unknown): Source {
    const lists = () => session.runtime().lists;
    switch (query) {
      case 'session':
        return value([], () => session.state());
      case 'connection':
        return value([TOPIC.connection], () =>
          isSignedIn() ? session.runtime().connection() : { kind: 'online' },
        );
      case 'profile':
        return whenSignedIn(value([TOPIC.profile], () => session.stored().profile));
      case 'settings':
        return whenSignedIn(value([TOPIC.settings], () => lists().settings()));
      case 'conversation': {
        const id = idOf(args);
        return whenSignedIn(
          value([TOPIC.conversation(id), TOPIC.people], () => lists().details(id)),
        );
      }
      case 'typing': {
        const id = idOf(args);
        return whenSignedIn(value([TOPIC.typing(id)], () => session.runtime().typists.of(id)));
      }
      case 'draft': {
        const id = idOf(args);
        return whenSignedIn(value([TOPIC.draft(id)], () => lists().draft(id)));
      }
      case 'conversations':
        return list([TOPIC.conversations, TOPIC.people], () => lists().conversations());
      case 'contacts':
        return list([TOPIC.contacts, TOPIC.conversations], async () => lists().contacts());
      case 'devices':
        return list([TOPIC.devices], async () => lists().devices());
      case 'timeline':
        return timeline(args);
    }
  }

  function subscribe(
    id: number,
    query: ValueQueryName | ListQueryName,
    args: unknown,
    send: (message: EngineMessage) => void,
  ): Subscription {
    const from = source(query, args);
    const shown = new Map<string, string>();
    let last: string | undefined;
    let flags = '';
    let isFirst = true;
    let isOver = false;

    function show(next: Shown): void {
      if (next.kind === 'value') {
        const encoded = JSON.stringify(next.value);
        if (encoded === last) return;
        last = encoded;
        send({ type: 'value', id, value: next.value });
        return;
      }
      const { upserts, removes } = diff(shown, next.items);
      const { hasOlder, hasNewer } = next;
      const nextFlags = `${hasOlder} ${hasNewer}`;
      const isSame = upserts.length === 0 && removes.length === 0 && nextFlags === flags;
      if (isSame && !isFirst) return;
      flags = nextFlags;
      const more = {
        ...(hasOlder === undefined ? {} : { hasOlder }),
        ...(hasNewer === undefined ? {} : { hasNewer }),
      };
      send({ type: 'patch', id, patch: { upserts, removes, isSnapshot: isFirst, ...more } });
      isFirst = false;
    }

    const refresher = makeCoalesced(async () => {
      try {
        const next = await from.read();
        if (!isOver && next !== undefined) show(next);
      } catch (error) {
        platform.defect(error);
        if (!isOver) send({ type: 'failure', id, failure: toFailure(error) });
      }
    });
    const unwatch = topics.watch(from.topics, () => void refresher.poke());
    void refresher.poke();
    return {
      dispose: () => {
        isOver = true;
        unwatch();
      },
      extend: (direction, count) => {
        void from
          .extend?.(direction, count)
          .catch(() => undefined)
          .then(() => refresher.poke());
      },
    };
  }

  return {
    open: (send) => {
      const subscriptions = new Map<number, Subscription>();

      function answer(id: number, name: string, args: unknown, nonce: string): void {
        command(name, args, nonce).then(
          (result) => send({ type: 'result', id, value: result }),
          (error: unknown) => {
            platform.defect(error);
            send({ type: 'failure', id, failure: toFailure(error) });
          },
        );
      }

      return {
        receive: (message) => {
          switch (message.type) {
            case 'hello':
              return;
            case 'command':
              answer(message.id, message.name, message.args, message.nonce);
              return;
            case 'subscribe':
              subscriptions.get(message.id)?.dispose();
              try {
                const made = subscribe(message.id, message.query, message.args, send);
                subscriptions.set(message.id, made);
              } catch (error) {
                send({ type: 'failure', id: message.id, failure: toFailure(error) });
              }
              return;
            case 'unsubscribe':
              subscriptions.get(message.id)?.dispose();
              subscriptions.delete(message.id);
              return;
            case 'timeline.extend':
              subscriptions.get(message.id)?.extend?.(message.direction, message.count);
          }
        },
        close: () => {
          for (const each of subscriptions.values()) each.dispose();
          subscriptions.clear();
        },
      };
    },
  };
}
