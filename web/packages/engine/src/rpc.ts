/** Calls of the contract: binary protobuf over POST, Connect errors, bounded retries. */
import { create, fromBinary, toBinary } from '@crypho/wire';
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@crypho/wire';
import type { Failure, FailureCode } from './api.ts';
import { EngineFailure, fail, isPassing } from './failure.ts';
import type { Clock, HttpAnswer, Transport } from './platform.ts';
import type { Random } from '@crypho/vault';

const TIMEOUT_MS = 20_000;
const RETRIES_MAX = 3;
const BACKOFF_MS = 400;
const RETRY_AFTER_MAX_MS = 10_000;

export interface CallOptions {
  readonly timeoutMs?: number;
  /** Safe to send again: the server does it once, or doing it twice is the same. */
  readonly isIdempotent?: boolean;
}

export interface Rpc {
  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    input: MessageInitShape<I>,
    options?: CallOptions,
  ): Promise<MessageShape<O>>;
}

export interface RpcHooks {
  /** The session has ended, says the server. */
  unauthenticated(): void;
  /** The server's clock, from the header of an answer. */
  dated(ms: number): void;
}

export function makeRpc(transport: Transport, clock: Clock, random: Random, hooks: RpcHooks): Rpc {
  async function once<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    body: Uint8Array,
    timeoutMs: number,
  ): Promise<MessageShape<O>> {
    const path = `/api/${method.parent.typeName}/${method.name}`;
    let answer: HttpAnswer;
    try {
      answer = await transport.post(path, new Uint8Array(body), timeoutMs);
    } catch (cause) {
      throw fail('offline', cause);
    }
    if (answer.dateMs !== undefined) hooks.dated(answer.dateMs);
    if (answer.status === 200) {
      try {
        return fromBinary(method.output, answer.body);
      } catch (cause) {
        throw fail('untrusted-server', cause);
      }
    }
    const failure = readFailure(answer);
    if (failure.code === 'unauthenticated') hooks.unauthenticated();
    throw new EngineFailure(failure);
  }

  return {
    call: async (method, input, options = {}) => {
      const body = toBinary(method.input, create(method.input, input));
      for (let attempt = 0; ; attempt++) {
        try {
          return await once(method, body, options.timeoutMs ?? TIMEOUT_MS);
        } catch (error) {
          const isLast = options.isIdempotent !== true || attempt >= RETRIES_MAX;
          if (isLast || !(error instanceof EngineFailure) || !isPassing(error.failure)) throw error;
          const wait = retryDelay(error.failure, attempt, random);
          if (wait > RETRY_AFTER_MAX_MS) throw error;
          await sleep(clock, wait);
        }
      }
    },
  };
}

export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}

/** Exponential with full jitter; the server's advice is a lower bound. */
export function retryDelay(failure: Failure | undefined, attempt: number, random: Random): number {
  const ceiling = BACKOFF_MS * 2 ** Math.min(attempt, 8);
  const share = (random(1)[0] ?? 0) / 256;
  return Math.max(failure?.retryAfterMs ?? 0, 50) + Math.round(ceiling * share);
}

const BY_STATUS: Readonly<Record<number, FailureCode>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  408: 'unavailable',
  413: 'too-large',
  429: 'rate-limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

export function readFailure(answer: HttpAnswer): Failure {
  const code = BY_STATUS[answer.status] ?? 'internal';
  const info = readInfo(answer.body);
  const retryAfterMs = info.retryAfterMs ?? answer.retryAfterMs;
  return {
    code,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(info.field === undefined ? {} : { field: info.field }),
  };
}

interface Info {
  readonly field?: string;
  readonly retryAfterMs?: number;
}

/** `details: [ErrorInfo]` of the error body; nothing in it is needed, so nothing wrong with it matters. */
function readInfo(body: Uint8Array): Info {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(body));
    const details = member(parsed, 'details');
    const first: unknown = Array.isArray(details) ? details[0] : undefined;
    const info = member(first, 'debug') ?? first;
    const field = member(info, 'field');
    const retry = Number(member(info, 'retryAfterMs') ?? member(info, 'retry_after_ms') ?? 0);
    return {
      ...(typeof field === 'string' && field !== '' ? { field } : {}),
      ...(Number.isFinite(retry) && retry > 0 ? { retryAfterMs: retry } : {}),
    };
  } catch {
    return {};
  }
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Reflect.get(value, name);
}
