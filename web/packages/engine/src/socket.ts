/** One WebSocket to the server: hello, pings, replies, and coming back with backoff and jitter. */
import { ClientFrameSchema, ServerFrameSchema, create, fromBinary, toBinary } from '@crypho/wire';
import { Goodbye_Reason } from '@crypho/wire';
import type { ClientFrame, Hello, MessageInitShape, ServerFrame } from '@crypho/wire';
import type { Random } from '@crypho/vault';
import type { ConnectionState } from './api.ts';
import type { Clock, SocketHandle, Transport } from './platform.ts';

const BACKOFF_MIN_MS = 500;
const BACKOFF_MAX_MS = 30_000;
const HELLO_WITHIN_MS = 15_000;
const PING_DEFAULT_MS = 25_000;
const PONG_WITHIN_MS = 15_000;

export interface SocketListener {
  hello(hello: Hello): void;
  frame(frame: ServerFrame): void;
  state(state: ConnectionState): void;
  /** The session has ended: logged out or unlinked elsewhere. */
  signedOut(): void;
}

export interface LiveSocket {
  start(): void;
  /** Comes back at once where it waits: the network is said to be there again. */
  wake(): void;
  /** False where there is no connection: such frames (signals) are not worth keeping. */
  send(body: MessageInitShape<typeof ClientFrameSchema>['body']): boolean;
  stop(): void;
}

export function makeSocket(
  transport: Transport,
  clock: Clock,
  random: Random,
  listener: SocketListener,
): LiveSocket {
  let handle: SocketHandle | undefined;
  let isReady = false;
  let isStopped = true;
  let attempt = 0;
  let connectingSince = 0;
  let advisedWaitMs = 0;
  const timers = new Map<string, () => void>();

  function timer(name: string, ms: number, run: () => void): void {
    timers.get(name)?.();
    timers.set(name, clock.after(ms, run));
  }

  function stopTimers(): void {
    for (const cancel of timers.values()) cancel();
    timers.clear();
  }

  function connect(): void {
    if (isStopped || handle !== undefined) return;
    if (connectingSince === 0) connectingSince = clock.now();
    listener.state({ kind: 'connecting', sinceMs: connectingSince });
    const mine = transport.socket({
      opened: () => undefined,
      received: (bytes) => {
        if (handle === mine) receive(bytes);
      },
      closed: () => {
        if (handle === mine) lost();
      },
    });
    handle = mine;
    timer('hello', HELLO_WITHIN_MS, drop);
  }

  /** Gives the connection up, as if it had closed by itself. */
  function drop(): void {
    const old = handle;
    if (old === undefined) return;
    lost();
    old.close();
  }

  function lost(): void {
    handle = undefined;
    isReady = false;
    stopTimers();
    if (isStopped) return;
    const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** attempt);
    attempt++;
    const share = (random(1)[0] ?? 0) / 256;
    const wait = Math.max(advisedWaitMs, Math.round(ceiling / 2 + (ceiling / 2) * share));
    advisedWaitMs = 0;
    listener.state({ kind: 'offline', retryAtMs: clock.now() + wait, waiting: 0 });
    timer('retry', wait, connect);
  }

  function receive(bytes: Uint8Array): void {
    let frame: ServerFrame;
    try {
      frame = fromBinary(ServerFrameSchema, bytes);
    } catch {
      drop();
      return;
    }
    timers.get('pong')?.();
    timers.delete('pong');
    switch (frame.body.case) {
      case 'hello':
        onHello(frame.body.value);
        return;
      case 'goodbye':
        onGoodbye(frame.body.value.reason, Number(frame.body.value.retryAfterMs));
        return;
      case 'pong':
        return;
      default:
        if (isReady) listener.frame(frame);
    }
  }

  function onHello(hello: Hello): void {
    isReady = true;
    attempt = 0;
    connectingSince = 0;
    timers.get('hello')?.();
    const interval = hello.pingIntervalMs > 0 ? hello.pingIntervalMs : PING_DEFAULT_MS;
    ping(Math.max(1000, Math.round(interval * 0.8)));
    listener.state({ kind: 'online' });
    listener.hello(hello);
  }

  function ping(interval: number): void {
    timer('ping', interval, () => {
      write({ case: 'ping', value: {} });
      timer('pong', PONG_WITHIN_MS, drop);
      ping(interval);
    });
  }

  function onGoodbye(reason: Goodbye_Reason, retryAfterMs: number): void {
    advisedWaitMs = Math.min(retryAfterMs, BACKOFF_MAX_MS);
    if (reason === Goodbye_Reason.SIGNED_OUT) {
      stop();
      listener.signedOut();
      return;
    }
    drop();
  }

  function write(body: MessageInitShape<typeof ClientFrameSchema>['body']): boolean {
    if (handle === undefined || !isReady || body === undefined) return false;
    const frame: ClientFrame = create(ClientFrameSchema, { body });
    handle.send(new Uint8Array(toBinary(ClientFrameSchema, frame)));
    return true;
  }

  function stop(): void {
    isStopped = true;
    stopTimers();
    const old = handle;
    handle = undefined;
    isReady = false;
    old?.close();
  }

  return {
    start: () => {
      if (!isStopped) return;
      isStopped = false;
      attempt = 0;
      connect();
    },
    wake: () => {
      if (isStopped) return;
      attempt = 0;
      if (handle === undefined) {
        timers.get('retry')?.();
        connect();
      }
    },
    send: write,
    stop,
  };
}
