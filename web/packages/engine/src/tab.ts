/**
 * A tab's worker among those of the other tabs: carries out what the election decides, and hosts the engine
 * when it wins. Locks, the channel between tabs and the page are arguments.
 */
import { hex } from '@crypho/vault';
import { API_VERSION } from './api.ts';
import { isPageMessage } from './check.ts';
import { makeElection } from './election.ts';
import type { Action, BusMessage, Input } from './election.ts';
import { makeHost } from './host.ts';
import type { Host, HostPort } from './host.ts';
import type { Platform } from './platform.ts';
import { makeSession } from './session.ts';
import type { Session } from './session.ts';
import { makeTopics } from './topics.ts';

const LOCK = 'crypho-engine';

export interface TabScope {
  readonly platform: Platform;
  /** Runs `work` once the lock of that name is free; it is held until the answer settles (Web Locks). */
  lock(name: string, work: () => Promise<never> | void): void;
  /** To the workers of all other tabs. */
  post(message: BusMessage): void;
  toPage(message: unknown): void;
}

export interface Tab {
  fromPage(message: unknown): void;
  /** Only our own origin's workers are on the channel. */
  fromTabs(message: BusMessage): void;
  start(): void;
  /** The session, once this tab owns the engine. */
  readonly owned: Promise<Session>;
}

export function makeTab(scope: TabScope): Tab {
  const { platform } = scope;
  const self = hex(platform.random(8));
  const election = makeElection(self, API_VERSION);
  const ports = new Map<string, HostPort>();
  let own: (session: Session) => void = () => undefined;
  const owned = new Promise<Session>((resolve) => {
    own = resolve;
  });
  let host: Host | undefined;

  function handle(input: Input): void {
    for (const action of election.handle(input)) act(action);
  }

  function startHost(): void {
    const topics = makeTopics(platform.clock);
    const session = makeSession(platform, topics);
    host = makeHost(platform, session, topics);
    session.start().catch(() => scope.toPage({ type: 'restart' }));
    own(session);
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
        scope.lock(LOCK, () => {
          handle({ kind: 'lock-granted' });
          // Held as long as this worker lives.
          return new Promise<never>(() => undefined);
        });
        return;
      case 'start-host':
        startHost();
        return;
      case 'post':
        scope.post(action.message);
        return;
      case 'to-page':
        scope.toPage(action.message);
        return;
      case 'to-host':
        portOf(action.tab)?.receive(action.message);
        return;
      case 'watch-tab':
        // A tab holds the lock of its name while it lives: getting it means that it is gone.
        scope.lock(`${LOCK}-${action.tab}`, () => handle({ kind: 'tab-died', tab: action.tab }));
        return;
      case 'close-tab':
        ports.get(action.tab)?.close();
        ports.delete(action.tab);
    }
  }

  return {
    owned,
    start: () => {
      scope.lock(`${LOCK}-${self}`, () => new Promise<never>(() => undefined));
      handle({ kind: 'started' });
    },
    fromPage: (message) => {
      if (isPageMessage(message)) handle({ kind: 'page', message });
    },
    fromTabs: (message) => handle({ kind: 'bus', message }),
  };
}
