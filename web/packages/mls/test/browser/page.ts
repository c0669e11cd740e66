/** Starts and kills workers at the test's word and passes calls on. Obeys the product's CSP and Trusted Types. */
import workerUrl from './worker.ts?worker&url';
import type { Call, Reply } from './protocol.ts';

interface Running {
  readonly worker: Worker;
  readonly waiting: Map<number, (reply: Reply) => void>;
}

const policy = trustedTypes.createPolicy('crypho-worker', {
  createScriptURL: (url) => {
    const whole = new URL(url, location.href);
    if (whole.origin !== location.origin) throw new TypeError('foreign worker');
    return whole.href;
  },
});
const running = new Map<string, Running>();
let calls = 0;

const violations: string[] = [];
document.addEventListener('securitypolicyviolation', (event) => {
  violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`);
});

function start(name: string): void {
  const worker = new Worker(policy.createScriptURL(workerUrl), { type: 'module' });
  const waiting = new Map<number, (reply: Reply) => void>();
  worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
    waiting.get(data.id)?.(data);
    waiting.delete(data.id);
  });
  running.set(name, { worker, waiting });
}

async function call(name: string, method: string, args: unknown): Promise<Reply> {
  const target = running.get(name);
  if (target === undefined) throw new Error(`no worker ${name}`);
  const id = calls++;
  return new Promise((resolve) => {
    target.waiting.set(id, resolve);
    const message: Call = { id, method, args };
    target.worker.postMessage(message);
  });
}

/** Kills the worker in the very task that brings its answer. */
async function callThenKill(name: string, method: string, args: unknown): Promise<Reply> {
  const reply = call(name, method, args);
  running.get(name)?.worker.addEventListener('message', () => kill(name));
  return reply;
}

/** The worker is gone between two instructions, as in a crash. */
function kill(name: string): void {
  const target = running.get(name);
  target?.worker.terminate();
  for (const [id, resolve] of target?.waiting ?? []) resolve({ id, error: 'Killed', text: '' });
  running.delete(name);
}

/** Resolves once nobody holds a database: after a kill the browser takes a moment. */
async function free(name: string): Promise<void> {
  await navigator.locks.request(`mls:${name}`, async () => undefined);
}

Object.assign(globalThis, {
  harness: { start, call, callThenKill, kill, free, violations: () => violations },
});
