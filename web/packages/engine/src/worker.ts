/** The worker's entry: a tab's worker with the browser's own locks and channels. */
import { browserPlatform } from './browser-platform.ts';
import type { WorkerOptions } from './browser-platform.ts';
import type { BusMessage } from './election.ts';
import type { Session } from './session.ts';
import { makeTab } from './tab.ts';

const CHANNEL = 'crypho-engine';

export type { WorkerOptions };

/** What the app's worker file calls, and nothing else. */
export function startWorker(options: WorkerOptions): void {
  runWorker(options);
}

/** As `startWorker`; answers the session once this worker owns the engine. */
export function runWorker(options: WorkerOptions): { readonly owned: Promise<Session> } {
  const channel = new BroadcastChannel(CHANNEL);
  const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
  const tab = makeTab({
    platform: browserPlatform(options),
    lock: (name, work) => void navigator.locks.request(name, work),
    post: (message) => channel.postMessage(message),
    toPage: (message) => scope.postMessage(message),
  });
  channel.onmessage = (event: MessageEvent) => tab.fromTabs(event.data as BusMessage);
  scope.onmessage = (event: MessageEvent) => tab.fromPage(event.data);
  tab.start();
  return { owned: tab.owned };
}
