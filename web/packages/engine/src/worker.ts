/** The worker's entry: joins the election among this browser's tabs, and hosts the engine when it wins. */
import { hex } from '@crypho/vault';
import { API_VERSION } from './api.ts';
import { browserPlatform } from './browser-platform.ts';
import type { WorkerOptions } from './browser-platform.ts';
import { isPageMessage } from './check.ts';
import { makeElection } from './election.ts';
import type { Action, BusMessage, Input } from './election.ts';
import { makeHost } from './host.ts';
import type { Host, HostPort } from './host.ts';
import { makeSession } from './session.ts';
import type { Session } from './session.ts';
import { makeTopics } from './topics.ts';

const LOCK = 'crypho-engine';
const CHANNEL = 'crypho-engine';

export type { WorkerOptions };

/** What the app's worker file calls, and nothing else. */
export function startWorker(options: WorkerOptions): void {
  runWorker(options);
}

/** As `startWorker`; answers the session once this worker owns the engine. */
export function runWorker(options: WorkerOptions): { readonly owned: Promise<Session> } {
  const platform = browserPlatform(options);
  const self_ = hex(platform.random(8));
  const election = makeElection(self_, API_VERSION);
  const channel = new BroadcastChannel(CHANNEL);
  const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
  const ports = new Map<string, HostPort>();
  const owned = Promise.withResolvers<Session>();
  let host: Host | undefined;

  function handle(input: Input): void {
    for (const action of election.handle(input)) act(action);
  }

  function startHost(): void {
    const topics = makeTopics(platform.clock);
    const session = makeSession(platform, topics);
    host = makeHost(platform, session, topics);
    session.start().catch(() => scope.postMessage({ type: 'restart' }));
    owned.resolve(session);
  }

  function portOf(tab: string): HostPort | undefined {
    let port = ports.get(tab);
    if (port === undefined && host !== undefined) {
      port = host.open((message) => handle({ kind: 'host', tab, message }));
      ports.set(tab, port);
    }
    return port;
  }

  function act(action: Action): void {
    switch (action.kind) {
      case 'ask-lock':
        void navigator.locks.request(LOCK, () => {
          handle({ kind: 'lock-granted' });
          // Held as long as this worker lives.
          return new Promise<never>(() => undefined);
        });
        return;
      case 'start-host':
        startHost();
        return;
      case 'post':
        channel.postMessage(action.message);
        return;
      case 'to-page':
        scope.postMessage(action.message);
        return;
      case 'to-host':
        portOf(action.tab)?.receive(action.message, action.nonce);
        return;
      case 'watch-tab':
        // A tab holds the lock of its name while it lives: getting it means that it is gone.
        void navigator.locks.request(`${LOCK}-${action.tab}`, () =>
          handle({ kind: 'tab-died', tab: action.tab }),
        );
        return;
      case 'close-tab':
        ports.get(action.tab)?.close();
        ports.delete(action.tab);
    }
  }

  void navigator.locks.request(`${LOCK}-${self_}`, () => new Promise<never>(() => undefined));
  channel.onmessage = (event: MessageEvent) => {
    // Only our own origin's workers are on this channel.
    handle({ kind: 'bus', message: event.data as BusMessage });
  };
  scope.onmessage = (event: MessageEvent) => {
    const message: unknown = event.data;
    if (isPageMessage(message)) handle({ kind: 'page', message, nonce: hex(platform.random(16)) });
  };
  handle({ kind: 'started' });
  return { owned: owned.promise };
}
