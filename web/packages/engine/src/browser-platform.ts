/** The platform as a browser's dedicated worker has it. */
import {
  argon2id,
  browserKeeper,
  cryptoRandom,
  deleteDatabase,
  indexedDbStorage,
  memoryStorage,
  own,
} from '@crypho/vault';
import { EngineFailure } from './failure.ts';
import type {
  Clock,
  HttpAnswer,
  Platform,
  SocketEvents,
  SocketHandle,
  Transport,
} from './platform.ts';

export interface WorkerOptions {
  /** Where the MLS library's WebAssembly lies on our own origin. */
  readonly wasmUrl: string;
  /** The last part of MLS identities, the same everywhere; see FeatureAssembly on the server. */
  readonly domain?: string;
}

const DATABASE = 'crypho';
const KEEPER = 'crypho-keeper';
const MLS_DATABASE = 'crypho-mls';

/** The browser's own, whatever `setTimeOffset` puts in its place. */
const OwnDate = Date;
const OFFSET_MIN_MS = 30_000;

const browserClock: Clock = {
  now: () => OwnDate.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

async function post(path: string, body: Uint8Array, timeoutMs: number): Promise<HttpAnswer> {
  const answer = await fetch(path, {
    method: 'POST',
    body: own(body),
    headers: { 'Content-Type': 'application/proto', 'X-Crypho-Client': 'web' },
    credentials: 'same-origin',
    cache: 'no-store',
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  const seconds = Number(answer.headers.get('Retry-After') ?? Number.NaN);
  const date = OwnDate.parse(answer.headers.get('Date') ?? '');
  return {
    status: answer.status,
    body: new Uint8Array(await answer.arrayBuffer()),
    contentType: answer.headers.get('Content-Type') ?? '',
    ...(Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {}),
    ...(Number.isFinite(date) ? { dateMs: date } : {}),
  };
}

function socket(events: SocketEvents): SocketHandle {
  const url = new URL('/api/socket', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const made = new WebSocket(url);
  made.binaryType = 'arraybuffer';
  made.onopen = () => events.opened();
  made.onmessage = (event: MessageEvent) => {
    if (event.data instanceof ArrayBuffer) events.received(new Uint8Array(event.data));
  };
  made.onclose = () => events.closed();
  return {
    send: (frame) => {
      if (made.readyState === WebSocket.OPEN) made.send(own(frame));
    },
    close: () => made.close(),
  };
}

/** In this worker alone: `new Date()` and `Date.now()` then say what the server's clock says. */
function setTimeOffset(offsetMs: number): void {
  if (Math.abs(offsetMs) < OFFSET_MIN_MS) {
    globalThis.Date = OwnDate;
    return;
  }
  globalThis.Date = new Proxy(OwnDate, {
    construct: (_, args, target) =>
      Reflect.construct(OwnDate, args.length === 0 ? [OwnDate.now() + offsetMs] : args, target),
    get: (own_, name) =>
      name === 'now' ? () => OwnDate.now() + offsetMs : Reflect.get(own_, name),
  });
}

const transport: Transport = { post, socket };

/** `Firefox · Linux`: told to nobody but the account's own devices. */
function deviceName(): string {
  const agent = navigator.userAgent;
  const browsers = [
    ['Edg/', 'Edge'],
    ['OPR/', 'Opera'],
    ['Firefox/', 'Firefox'],
    ['Chrome/', 'Chrome'],
    ['Safari/', 'Safari'],
  ] as const;
  const systems = [
    ['Android', 'Android'],
    ['iPhone', 'iPhone'],
    ['iPad', 'iPad'],
    ['Windows', 'Windows'],
    ['Mac OS', 'Mac'],
    ['CrOS', 'ChromeOS'],
    ['Linux', 'Linux'],
  ] as const;
  const browser = browsers.find(([mark]) => agent.includes(mark))?.[1];
  const system = systems.find(([mark]) => agent.includes(mark))?.[1];
  return [browser, system].filter((part) => part !== undefined).join(' · ');
}

export function browserPlatform(options: WorkerOptions): Platform {
  return {
    clock: browserClock,
    random: cryptoRandom,
    transport,
    keeper: browserKeeper(KEEPER),
    passwordHash: argon2id,
    domain: options.domain ?? 'crypho',
    deviceName: deviceName(),
    setTimeOffset,
    // The kind alone: texts may carry names.
    defect: (error) => {
      if (!(error instanceof EngineFailure))
        console.warn('crypho engine:', error instanceof Error ? error.name : 'unknown');
    },
    // The page that made this worker ends it and makes another.
    restart: () => globalThis.postMessage({ type: 'restart' }),
    openDisk: () => indexedDbStorage(DATABASE),
    openMemory: async () => memoryStorage(),
    // Two megabytes of WebAssembly: fetched only now that the account is unlocked.
    openMls: async (mlsOptions) => {
      const { openEngine } = await import('@crypho/mls');
      return openEngine({ ...mlsOptions, wasmUrl: options.wasmUrl });
    },
    wipeMls: () => deleteDatabase(MLS_DATABASE),
  };
}
