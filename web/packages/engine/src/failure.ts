/** Accidents as one type with a code; everything else thrown is a defect of ours. */
import { NewerVersionError, StorageError } from '@crypho/vault';
import type { Failure, FailureCode } from './api.ts';

export class EngineFailure extends Error {
  readonly failure: Failure;
  constructor(failure: Failure, cause?: unknown) {
    super(`engine: ${failure.code}`, { cause });
    this.name = 'EngineFailure';
    this.failure = failure;
  }
}

export function fail(code: FailureCode, cause?: unknown): EngineFailure {
  return new EngineFailure({ code }, cause);
}

export function toFailure(error: unknown): Failure {
  if (error instanceof EngineFailure) return error.failure;
  if (error instanceof StorageError || error instanceof NewerVersionError)
    return { code: 'storage' };
  return { code: 'internal' };
}

/** Whether trying again later can help without anyone doing anything. */
export function isPassing(failure: Failure): boolean {
  switch (failure.code) {
    case 'offline':
    case 'rate-limited':
    case 'unavailable':
      return true;
    default:
      return false;
  }
}
