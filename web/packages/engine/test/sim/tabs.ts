/**
 * Tabs of a browser in the simulation: pages with the client's own `connect`, workers with its own election and
 * host, over one disk. Locks are free again and nothing more is heard of a tab once it has been closed.
 */
import type { Storage } from '@crypho/vault';
import { connect } from '../../src/connect.ts';
import type { EngineWorker } from '../../src/connect.ts';
import type { EngineClient } from '../../src/api.ts';
import type { BusMessage } from '../../src/election.ts';
import { makeTab } from '../../src/tab.ts';
import type { Tab } from '../../src/tab.ts';
import type { SimBrowser } from './client.ts';

type Work = () => Promise<never> | void;

interface Worker {
  readonly tab: Tab;
  readonly held: Set<string>;
  isAlive: boolean;
}

const FOREVER = new Promise<never>(() => undefined);

export class SimTabs {
  readonly browser: SimBrowser;
  readonly #workers: Worker[] = [];
  readonly #locks = new Map<string, { worker: Worker; work: Work }[]>();
  /** Called at every use of the disk: a moment at which a tab may be closed. */
  onStorage: () => void = () => undefined;

  constructor(browser: SimBrowser) {
    this.browser = browser;
  }

  /** A page with its engine, and how it is closed. */
  open(): { readonly engine: EngineClient; readonly close: () => void } {
    let worker: { close(): void } | undefined;
    const engine = connect(() => {
      const made = this.#worker();
      worker = made;
      return made;
    });
    return { engine, close: () => worker?.close() };
  }

  #worker(): EngineWorker & { close(): void } {
    const made: EngineWorker & { close(): void } = {
      onmessage: null,
      onerror: null,
      postMessage: (message) => setTimeout(() => worker.isAlive && tab.fromPage(message)),
      terminate: () => this.#close(worker, kill),
      close: () => {
        made.onmessage = null;
        this.#close(worker, kill);
      },
    };
    const platform = {
      ...this.browser.platform(),
      openDisk: async () => this.#mortal(this.browser.disk, () => worker.isAlive),
    };
    const { kill } = this.browser;
    const tab = makeTab({
      platform,
      lock: (name, work) => this.#lock(worker, name, work),
      post: (message) => this.#post(worker, message),
      toPage: (message) => {
        if (worker.isAlive) setTimeout(() => made.onmessage?.({ data: message } as MessageEvent));
      },
    });
    const worker: Worker = { tab, held: new Set(), isAlive: true };
    this.#workers.push(worker);
    setTimeout(() => tab.start());
    return made;
  }

  #mortal(storage: Storage, isAlive: () => boolean): Storage {
    const use = <T>(work: () => Promise<T>): Promise<T> => {
      this.onStorage();
      if (!isAlive()) return FOREVER;
      return work().then((value) => (isAlive() ? value : FOREVER));
    };
    return {
      ...storage,
      get: (key) => use(() => storage.get(key)),
      getMany: (keys) => use(() => storage.getMany(keys)),
      range: (range) => use(() => storage.range(range)),
      write: (writes) => use(() => storage.write(writes)),
    };
  }

  #post(from: Worker, message: BusMessage): void {
    if (!from.isAlive) return;
    for (const other of this.#workers)
      if (other !== from) setTimeout(() => other.isAlive && other.tab.fromTabs(message));
  }

  #lock(worker: Worker, name: string, work: Work): void {
    const queue = this.#locks.get(name) ?? [];
    this.#locks.set(name, [...queue, { worker, work }]);
    this.#grant(name);
  }

  #grant(name: string): void {
    setTimeout(() => {
      if (this.#workers.some((worker) => worker.isAlive && worker.held.has(name))) return;
      const queue = (this.#locks.get(name) ?? []).filter(({ worker }) => worker.isAlive);
      const next = queue.shift();
      this.#locks.set(name, queue);
      if (next === undefined) return;
      next.worker.held.add(name);
      if (next.work() !== undefined) return;
      next.worker.held.delete(name);
      this.#grant(name);
    });
  }

  #close(worker: Worker, kill: () => void): void {
    if (!worker.isAlive) return;
    worker.isAlive = false;
    kill();
    this.browser.server.cutSockets();
    for (const name of [...worker.held, ...this.#locks.keys()]) this.#grant(name);
  }
}
