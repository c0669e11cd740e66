import { connect, type EngineClient } from '@crypho/engine';
// Vite builds the worker as a file of its own and gives its address on this origin.
import workerUrl from './engine.worker.ts?worker&url';

/** The engine in its worker. Trusted Types let a worker's address through this one policy only. */
export function startEngine(): EngineClient {
  const address = trusted(workerUrl);
  return connect(() => new Worker(address, { type: 'module', name: 'crypho-engine' }));
}

interface ScriptUrlPolicy {
  createScriptURL(url: string): string;
}

interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): ScriptUrlPolicy;
}

const hasPolicies = (scope: object): scope is { trustedTypes: PolicyFactory } =>
  'trustedTypes' in scope;

/** Only the worker's own address may become a script. */
function trusted(url: string): string {
  const scope: object = globalThis;
  if (!hasPolicies(scope)) return url;
  const policy = scope.trustedTypes.createPolicy('crypho', {
    createScriptURL(wanted) {
      if (wanted !== workerUrl) throw new TypeError('Not an address of ours');
      return wanted;
    },
  });
  return policy.createScriptURL(url);
}
