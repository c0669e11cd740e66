/** Hosts engines for the tests: one a slot, with a policy that the test feeds, over the HTTP delivery service. */
import { formatDeviceId, openEngine, parseDeviceId, wipeDatabase } from '../../src/index.ts';
import type { Bundle, DeviceId, Leaf, MlsEngine, Policy, Sent, Verdict } from '../../src/index.ts';
import { wasmUrl } from '../../src/wasm-url.ts';
import { fromHex, toHex } from './protocol.ts';
import type { Call } from './protocol.ts';

interface Slot {
  readonly engine: MlsEngine;
  /** What the sink was given: `epoch purpose` to secret, per group. */
  readonly secrets: Map<string, string>;
}

/** What this device believes of the world; set by the test. */
interface Beliefs {
  /** Device to thumbprint, or absent for "believe anything" (a rogue client). */
  keys?: Record<string, string>;
  /** Devices that may be removed by anybody; absent for all. */
  removable?: string[];
  /** Hooks that reject, as if the application had a mistake or a full disk. */
  broken?: ('after' | 'send' | 'turned')[];
  /** Goes away without having seen the answer. */
  givesUp?: boolean;
  /** What `before` saw, for the test to read. */
  seen: string[];
}

const slots = new Map<string, Slot>();
const beliefs = new Map<string, Beliefs>();
const violations: string[] = [];
addEventListener('securitypolicyviolation', (event) => {
  violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`);
});

const YES: Verdict = { ok: true };

function fail(slot: string, hook: 'after' | 'send' | 'turned'): void {
  if (beliefs.get(slot)?.broken?.includes(hook) === true) throw new Error(`broken ${hook}`);
}

function policyOf(slot: string): Policy {
  const judge = (leaf: Leaf): Verdict => {
    const { keys } = beliefs.get(slot) ?? {};
    if (keys === undefined) return YES;
    const id = formatDeviceId(leaf.id);
    const known = keys[id];
    if (known === undefined) return { ok: false, reason: 'unknown device' };
    return known === leaf.keyThumbprint ? YES : { ok: false, reason: 'swapped key' };
  };
  const all = (leaves: readonly Leaf[]): Verdict =>
    leaves.map(judge).find((verdict) => !verdict.ok) ?? YES;
  return {
    keyPackage: async (leaf) => judge(leaf),
    before: async (commit) => {
      beliefs.get(slot)?.seen.push(`before ${commit.epoch}`);
      return all(commit.pathLeaf === undefined ? commit.added : [...commit.added, commit.pathLeaf]);
    },
    after: async (members, from) => {
      fail(slot, 'after');
      const { removable } = beliefs.get(slot) ?? {};
      const verdict = all(members);
      if (!verdict.ok || typeof from === 'string' || removable === undefined) return verdict;
      const bad = from.removed.some((id) => !removable.includes(formatDeviceId(id)));
      return bad ? { ok: false, reason: 'removed without right' } : YES;
    },
  };
}

/** Idempotent by hash: sends until there is an answer, as the product's engine does. */
async function send(from: string, bundle: Bundle): Promise<Sent> {
  const body = JSON.stringify({
    from,
    group: toHex(bundle.group),
    baseEpoch: String(bundle.baseEpoch),
    commit: toHex(bundle.commit),
    welcome: bundle.welcome === undefined ? null : toHex(bundle.welcome),
    groupInfo: toHex(bundle.groupInfo),
    hash: toHex(bundle.hash),
    members: bundle.members.map((leaf) => [
      formatDeviceId(leaf.id),
      toHex(leaf.signatureKey ?? new Uint8Array()),
    ]),
  });
  for (;;) {
    try {
      const response = await fetch('/ds/commit', { method: 'POST', body });
      const answer: { t: string; serverEpoch?: string; reason?: string } = await response.json();
      if (answer.t === 'accepted') return { t: 'accepted' };
      if (answer.t === 'conflict')
        return { t: 'conflict', serverEpoch: BigInt(answer.serverEpoch ?? 0) };
      return { t: 'refused', reason: answer.reason ?? '' };
    } catch {
      // The connection broke before the answer: the server may have it or not. Ask again.
    }
  }
}

interface OpenArgs {
  readonly slot: string;
  readonly self: string;
  readonly name?: string;
  readonly key?: string;
}

function device(text: string): DeviceId {
  const id = parseDeviceId(text);
  if (id === undefined) throw new TypeError(text);
  return id;
}

async function open(args: OpenArgs): Promise<object> {
  const secrets = new Map<string, string>();
  const started = performance.now();
  if (!beliefs.has(args.slot)) beliefs.set(args.slot, { seen: [] });
  const engine = await openEngine({
    storage:
      args.name === undefined
        ? { kind: 'memory' }
        : { kind: 'disk', name: args.name, key: fromHex(args.key ?? '') },
    self: device(args.self),
    wasmUrl,
    policy: policyOf(args.slot),
    delivery: {
      send: async (bundle) => {
        fail(args.slot, 'send');
        const sent = await send(args.self, bundle);
        return beliefs.get(args.slot)?.givesUp === true ? { t: 'unknown' } : sent;
      },
    },
    epochs: {
      turned: async (turn) => {
        fail(args.slot, 'turned');
        const secret = toHex(await turn.secret('message'));
        secrets.set(`${toHex(turn.group)} ${turn.epoch}`, secret);
      },
    },
  });
  slots.set(args.slot, { engine, secrets });
  return { ms: performance.now() - started, signatureKey: toHex(await engine.signatureKey()) };
}

interface OpArgs {
  readonly slot: string;
  readonly op: string;
  readonly group: string;
  readonly bytes?: readonly string[];
  readonly ids?: readonly string[];
  readonly purpose?: string;
}

async function operate({
  slot,
  op,
  group: hex,
  bytes = [],
  ids = [],
  purpose,
}: OpArgs): Promise<unknown> {
  const found = slots.get(slot);
  if (found === undefined) throw new Error(`no engine ${slot}`);
  const { engine } = found;
  const group = fromHex(hex);
  const first = fromHex(bytes[0] ?? '');
  switch (op) {
    case 'create':
      return engine.create(group);
    case 'join':
      return engine.join(group, first);
    case 'joinExternal':
      return engine.joinExternal(group, first);
    case 'add':
      return engine.add(group, bytes.map(fromHex));
    case 'remove':
      return engine.remove(group, ids.map(device));
    case 'update':
      return engine.update(group);
    case 'process':
      return engine.process(group, first);
    case 'has':
      return engine.has(group);
    case 'forget':
      return engine.forget(group);
    case 'epoch':
      return engine.epoch(group);
    case 'members':
      return engine.members(group);
    case 'secret':
      return engine.epochSecret(group, purpose ?? 'message');
    case 'authenticator':
      return engine.epochAuthenticator(group);
    case 'sunk':
      return [...found.secrets];
    default:
      throw new Error(op);
  }
}

/** Values as JSON can carry them. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
  return value;
}

/** IndexedDB writes that were still under way each time that an operation had ended. */
async function unsettled({ slot }: { slot: string }): Promise<number[]> {
  const begin = IDBDatabase.prototype.transaction;
  let open = 0;
  let begun = 0;
  IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...args) {
    const transaction = begin.apply(this, args);
    open++;
    begun++;
    transaction.addEventListener('complete', () => open--);
    return transaction;
  };
  const left: number[] = [];
  for (let i = 0; i < 10; i++) {
    await slots.get(slot)?.engine.keyPackages(1 + i);
    const before = begun;
    const open1 = open;
    // Whatever the library had put off gets its turn here.
    for (let turn = 0; turn < 5; turn++) await (await fetch('/index.html')).text();
    left.push(open1 + begun - before);
  }
  IDBDatabase.prototype.transaction = begin;
  return left;
}

const methods: Record<string, (args: never) => Promise<unknown>> = {
  open,
  unsettled,
  op: operate,
  timed: async (args: OpArgs) => {
    const started = performance.now();
    const value = await operate(args);
    return { ms: performance.now() - started, value };
  },
  keyPackages: async ({ slot, count }: { slot: string; count: number }) =>
    slots.get(slot)?.engine.keyPackages(count),
  believe: async ({ slot, ...rest }: { slot: string } & Omit<Beliefs, 'seen'>) => {
    beliefs.set(slot, { ...rest, seen: [] });
  },
  seen: async ({ slot }: { slot: string }) => beliefs.get(slot)?.seen,
  close: async ({ slot }: { slot: string }) => {
    await slots.get(slot)?.engine.close();
    slots.delete(slot);
  },
  blocks: async () =>
    new Promise((resolve, reject) => {
      const open = indexedDB.open('core-crypto');
      open.onerror = reject;
      open.onsuccess = () => {
        const all = open.result.transaction('blocks').objectStore('blocks').getAllKeys();
        all.onsuccess = () => {
          open.result.close();
          resolve(all.result.map((key) => JSON.stringify(key)));
        };
      };
    }),
  databases: async () => (await indexedDB.databases()).map((each) => each.name),
  wipe: async ({ name }: { name: string }) => wipeDatabase(name),
  violations: async () => violations,
};

addEventListener('message', ({ data }: MessageEvent<Call>) => {
  const method = methods[data.method];
  const result =
    method === undefined ? Promise.reject(new Error(data.method)) : method(data.args as never);
  result.then(
    (value) => postMessage({ id: data.id, value: plain(value) }),
    (error: unknown) => {
      const known = error instanceof Error ? error : new Error(String(error));
      postMessage({
        id: data.id,
        error: known.name,
        text: `${known.message} ${known.stack ?? ''}`,
      });
    },
  );
});
