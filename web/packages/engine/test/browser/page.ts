/** A page with an engine and no interface: the test drives it by `globalThis.engine`. */
import { connect } from '../../src/connect.ts';
import type { EngineClient, Keyed, ListPatch } from '../../src/api.ts';

const client: EngineClient = connect(
  () => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }),
);

const values = new Map<string, unknown>();
const lists = new Map<string, { items: Map<string, Keyed>; extend: (n: number) => void }>();

const engine = {
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
