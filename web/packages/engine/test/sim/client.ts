/** A browser in the simulation: a disk that survives, and sessions, hosts and tabs on it that do not. */
import { randomBytes } from 'node:crypto';
import type { MlsEngine } from '@crypho/mls';
import { memoryStorage, sha256 } from '@crypho/vault';
import type { Bytes, Keeper, Storage } from '@crypho/vault';
import type {
  Answer,
  CommandName,
  Commands,
  EngineMessage,
  Keyed,
  ListPatch,
  ListQueries,
  ListQueryName,
  ValueQueries,
  ValueQueryName,
} from '../../src/api.ts';
import { EngineFailure } from '../../src/failure.ts';
import { makeHost } from '../../src/host.ts';
import type { HostPort } from '../../src/host.ts';
import type { Clock, Platform } from '../../src/platform.ts';
import { makeSession } from '../../src/session.ts';
import type { Session } from '../../src/session.ts';
import { makeTopics } from '../../src/topics.ts';
import { openSimMls } from './mls.ts';
import type { MlsDisk } from './mls.ts';
import { applyTo } from './patches.ts';
import type { SimServer, SimSession } from './server.ts';

/** A seeded generator (mulberry32). */
export function seeded(seed: number): (length: number) => Bytes {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  return (length) => Uint8Array.from({ length }, () => next() & 255);
}

/** Time that runs `speed` times as fast, so that backoffs do not hold up a test. */
export function fastClock(speed: number, offsetMs = 0): Clock {
  const start = performance.now();
  return {
    now: () => Math.round(1_800_000_000_000 + offsetMs + (performance.now() - start) * speed),
    after: (ms, run) => {
      const timer = setTimeout(run, ms / speed);
      return () => clearTimeout(timer);
    },
  };
}

export class SimBrowser {
  readonly server: SimServer;
  readonly clock: Clock;
  readonly random: (length: number) => Bytes;
  isOnline = true;
  disk: Storage = memoryStorage();
  kept: Bytes | undefined;
  isLeaving = false;
  /** How often a worker asked for another one. */
  restarts = 0;
  mlsDisk: MlsDisk = { copies: new Map() };
  cookie: SimSession = {};
  /** Wraps the storage of the next start, for faults. */
  wrap: (storage: Storage) => Storage = (storage) => storage;
  wrapMls: (mls: MlsEngine) => MlsEngine = (mls) => mls;

  constructor(server: SimServer, seed: number, clock: Clock) {
    this.server = server;
    this.clock = clock;
    this.random = seeded(seed);
  }

  platform(): Platform {
    const keeper: Keeper = {
      load: async () => this.kept?.slice(),
      keep: async (key) => {
        this.kept = key.slice();
      },
      forget: async () => {
        this.kept = undefined;
        this.isLeaving = false;
      },
      leave: async () => {
        this.kept = undefined;
        this.isLeaving = true;
      },
      isLeaving: async () => this.isLeaving,
    };
    let isDead = false;
    const alive = (): boolean => this.isOnline && !isDead;
    this.kill = () => {
      isDead = true;
    };
    return {
      clock: {
        now: () => this.clock.now(),
        after: (ms, run) => this.clock.after(ms, () => (isDead ? undefined : run())),
      },
      random: this.random,
      transport: this.server.transport(this.cookie, alive),
      keeper,
      passwordHash: (passphrase) => sha256(passphrase),
      domain: 'crypho.test',
      deviceName: 'Simulated',
      setTimeOffset: () => undefined,
      defect: (error) => {
        if (!(error instanceof EngineFailure)) console.error(error);
        else if (process.env['VERBOSE'] !== undefined) console.error(error.failure, error.stack);
      },
      restart: () => this.restarts++,
      openDisk: async () => this.wrap(this.disk),
      openMemory: async () => memoryStorage(),
      openMls: async (options) => {
        const disk = options.storage.kind === 'memory' ? { copies: new Map() } : this.mlsDisk;
        return this.wrapMls(await openSimMls(options, disk, this.random));
      },
      wipeMls: async () => {
        this.mlsDisk = { copies: new Map() };
      },
    };
  }

  kill: () => void = () => undefined;

  start(): SimTab {
    const platform = this.platform();
    const topics = makeTopics(platform.clock);
    const session = makeSession(platform, topics);
    const tab = new SimTab(session, makeHost(platform, session, topics));
    void session.start();
    return tab;
  }
}

export class SimTab {
  readonly session: Session;
  readonly #port: HostPort;
  readonly #answers = new Map<number, (answer: Answer<unknown>) => void>();
  readonly #watchers = new Map<number, (message: EngineMessage) => void>();
  #nextId = 1;

  constructor(session: Session, host: ReturnType<typeof makeHost>) {
    this.session = session;
    this.#port = host.open((message) => this.#receive(message));
  }

  #receive(message: EngineMessage): void {
    if (message.type === 'welcome') return;
    const answer = this.#answers.get(message.id);
    if (message.type === 'result') answer?.({ ok: true, value: message.value });
    if (message.type === 'failure') answer?.({ ok: false, failure: message.failure });
    this.#watchers.get(message.id)?.(message);
  }

  command<N extends CommandName>(
    name: N,
    args: Commands[N]['in'],
    options: { nonce?: string } = {},
  ): Promise<Answer<Commands[N]['out']>> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve as (answer: Answer<unknown>) => void);
      const nonce = options.nonce ?? randomBytes(16).toString('hex');
      this.#port.receive({ type: 'command', id, name, args, nonce });
    });
  }

  /** The answer, or an error that names the failure. */
  async must<N extends CommandName>(name: N, args: Commands[N]['in']): Promise<Commands[N]['out']> {
    const answer = await this.command(name, args);
    if (!answer.ok) throw new Error(`${name}: ${answer.failure.code}`);
    return answer.value;
  }

  value<N extends ValueQueryName>(
    query: N,
    args: ValueQueries[N]['in'],
  ): () => ValueQueries[N]['value'] | undefined {
    const id = this.#nextId++;
    let last: ValueQueries[N]['value'] | undefined;
    this.#watchers.set(id, (message) => {
      if (message.type === 'value') last = message.value as ValueQueries[N]['value'];
    });
    this.#port.receive({ type: 'subscribe', id, query, args });
    return () => last;
  }

  list<N extends ListQueryName>(
    query: N,
    args: ListQueries[N]['in'],
  ): {
    readonly items: () => readonly ListQueries[N]['item'][];
    readonly extend: (direction: 'older' | 'newer' | 'latest', count: number) => void;
    readonly last: () => ListPatch<Keyed> | undefined;
  } {
    const id = this.#nextId++;
    const held = new Map<string, Keyed>();
    let last: ListPatch<Keyed> | undefined;
    this.#watchers.set(id, (message) => {
      if (message.type !== 'patch') return;
      last = message.patch;
      applyTo(held, message.patch);
    });
    this.#port.receive({ type: 'subscribe', id, query, args });
    return {
      items: () =>
        [...held.values()].toSorted((a, b) =>
          a.sortKey < b.sortKey ? -1 : 1,
        ) as unknown as ListQueries[N]['item'][],
      extend: (direction, count) =>
        this.#port.receive({ type: 'timeline.extend', id, direction, count }),
      last: () => last,
    };
  }
}

export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 8_000,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
