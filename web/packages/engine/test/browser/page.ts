/** A page with an engine and no interface: the test drives it by `globalThis.engine`. */
import { connect } from '../../src/connect.ts';
import type { EngineClient, Keyed, ListPatch } from '../../src/api.ts';

/** A worker's clock that is off says so by its name. */
const name = new URLSearchParams(location.search).get('clock') ?? '0';
const client: EngineClient = connect(
  () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name }),
);

const values = new Map<string, unknown>();
const lists = new Map<string, { items: Map<string, Keyed>; extend: (n: number) => void }>();

/** From asking to the first patch that shows a page of it. */
function measureOpen(conversationId: string): Promise<{ ms: number; items: number }> {
  return new Promise((resolve) => {
    const start = performance.now();
    const handle = client.list('timeline', { conversationId, around: 'latest' }, (patch) => {
      if (patch.upserts.length === 0) return;
      handle.dispose();
      resolve({ ms: performance.now() - start, items: patch.upserts.length });
    });
  });
}

/** How long each step upwards takes until its patch is here. */
function measureOlder(conversationId: string, steps: number): Promise<readonly number[]> {
  return new Promise((resolve) => {
    const times: number[] = [];
    let start = 0;
    const handle = client.list('timeline', { conversationId, around: 'latest' }, (patch) => {
      if (patch.upserts.length < 20) return;
      if (start > 0) times.push(performance.now() - start);
      if (times.length === steps || patch.hasOlder === false) {
        handle.dispose();
        resolve(times);
        return;
      }
      start = performance.now();
      handle.extend('older', 60);
    });
  });
}

const channel = new BroadcastChannel('crypho-test');

/** Asks the test worker for something that pages cannot. */
function askWorker(ask: string, message: string, count = 0): Promise<unknown> {
  const id = Math.random();
  return new Promise((resolve) => {
    const listen = (event: MessageEvent): void => {
      if (event.data.id !== id || !('value' in event.data)) return;
      channel.removeEventListener('message', listen);
      resolve(event.data.value);
    };
    channel.addEventListener('message', listen);
    channel.postMessage({ id, ask, message, count });
  });
}

const engine = {
  fill: (id: string, count: number) => askWorker('test.fill', id, count),
  held: (id: string) => askWorker('test.held', id),
  measureOpen,
  measureOlder,
  command: client.command,
  watch: (name: 'session', args: object, as: string) => {
    client.watch(name, args as never, (value) => values.set(as, value));
  },
  list: (name: 'timeline', args: object, as: string) => {
    const items = new Map<string, Keyed>();
    const handle = client.list(name, args as never, (patch: ListPatch<Keyed>) => {
      if (patch.isSnapshot) items.clear();
      for (const key of patch.removes) items.delete(key);
      for (const item of patch.upserts) items.set(item.key, item);
    });
    lists.set(as, { items, extend: (count) => handle.extend('older', count) });
  },
  value: (as: string) => values.get(as),
  items: (as: string) =>
    [...(lists.get(as)?.items.values() ?? [])].toSorted((a, b) => (a.sortKey < b.sortKey ? -1 : 1)),
  extend: (as: string, count: number) => lists.get(as)?.extend(count),
};

Object.assign(globalThis, { engine });
engine.watch('session', {}, 'session');
