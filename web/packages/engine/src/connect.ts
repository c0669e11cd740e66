/** The page's side: typed commands and subscriptions over its worker. Small, for it is in the first load. */
import { API_VERSION } from './api.ts';
import { ASKED_MAX, isRepeatable } from './repeat.ts';
import type {
  Answer,
  CommandName,
  Commands,
  EngineClient,
  EngineMessage,
  ListPatch,
  Keyed,
  PageMessage,
} from './api.ts';

/** What a dedicated worker is to the page; tests bring their own. */
export interface EngineWorker {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  terminate(): void;
}

interface Watcher {
  readonly open: PageMessage;
  readonly value?: (value: unknown) => void;
  readonly patch?: (patch: ListPatch<Keyed>) => void;
}

interface Asked {
  readonly message: PageMessage & { readonly type: 'command' };
  readonly answer: (answer: Answer<unknown>) => void;
  /** How many workers were asked. */
  times: number;
}

const RESTARTS_MAX = 5;
/** After this long without one, restarts count anew. */
const CALM_MS = 60_000;

const UNAVAILABLE = { ok: false, failure: { code: 'unavailable' } } as const;

function makeNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function connect(makeWorker: () => EngineWorker): EngineClient {
  const commands = new Map<number, Asked>();
  const watchers = new Map<number, Watcher>();
  let nextId = 1;
  let restarts = 0;
  let restartedAt = 0;
  let isGivenUp = false;
  let worker = start();

  function start(): EngineWorker {
    const made = makeWorker();
    made.onmessage = (event: MessageEvent) => receive(event.data);
    made.onerror = () => restart();
    made.postMessage({ type: 'hello', version: API_VERSION } satisfies PageMessage);
    return made;
  }

  /** The worker asks for it when its MLS library has broken down; or it could not start. */
  function restart(): void {
    worker.terminate();
    const now = performance.now();
    restarts = now - restartedAt > CALM_MS ? 1 : restarts + 1;
    restartedAt = now;
    if (restarts > RESTARTS_MAX) {
      isGivenUp = true;
      for (const id of commands.keys()) settle(id, UNAVAILABLE);
      return;
    }
    worker = start();
    for (const watcher of watchers.values()) worker.postMessage(watcher.open);
    for (const [id, asked] of commands) {
      if (isRepeatable(asked.message.name) && asked.times < ASKED_MAX) ask(asked);
      else settle(id, { ok: false, failure: { code: 'interrupted' } });
    }
  }

  function ask(asked: Asked): void {
    asked.times++;
    worker.postMessage(asked.message);
  }

  function receive(data: unknown): void {
    if (typeof data !== 'object' || data === null || !('type' in data)) return;
    if (data.type === 'restart') return restart();
    const message = data as EngineMessage;
    switch (message.type) {
      case 'welcome':
        return;
      case 'result':
        return settle(message.id, { ok: true, value: message.value });
      case 'failure':
        return settle(message.id, { ok: false, failure: message.failure });
      case 'value':
        return watchers.get(message.id)?.value?.(message.value);
      case 'patch':
        return watchers.get(message.id)?.patch?.(message.patch);
    }
  }

  function settle(id: number, answer: Answer<unknown>): void {
    const asked = commands.get(id);
    commands.delete(id);
    asked?.answer(answer);
  }

  function subscribe(watcher: Omit<Watcher, 'open'>, query: string, args: unknown): number {
    const id = nextId++;
    // The typed methods below are the only callers: the name is a query's.
    const open = { type: 'subscribe', id, query, args } as PageMessage;
    watchers.set(id, { ...watcher, open });
    worker.postMessage(open);
    return id;
  }

  function unsubscribe(id: number): void {
    if (watchers.delete(id)) worker.postMessage({ type: 'unsubscribe', id } satisfies PageMessage);
  }

  return {
    command: <N extends CommandName>(name: N, args: Commands[N]['in']) =>
      new Promise<Answer<Commands[N]['out']>>((resolve) => {
        const id = nextId++;
        const message = { type: 'command', id, name, args, nonce: makeNonce() } as const;
        // The engine answers a command with its own outcome.
        const answer = resolve as (answer: Answer<unknown>) => void;
        if (isGivenUp) return answer(UNAVAILABLE);
        const asked = { message, answer, times: 0 };
        commands.set(id, asked);
        ask(asked);
      }),
    watch: (name, args, onValue) => {
      const id = subscribe({ value: onValue as (value: unknown) => void }, name, args);
      return () => unsubscribe(id);
    },
    list: (name, args, onPatch) => {
      const patch = onPatch as (patch: ListPatch<Keyed>) => void;
      const id = subscribe({ patch }, name, args);
      return {
        extend: (direction, count) => {
          const message = { type: 'timeline.extend', id, direction, count } as const;
          worker.postMessage(message satisfies PageMessage);
        },
        dispose: () => unsubscribe(id),
      };
    },
  };
}
