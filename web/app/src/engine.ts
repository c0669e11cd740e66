import type { EngineClient } from '@crypho/engine/api';

/** Until the engine's own entry is wired in: signed out, and every command answers "unavailable". */
export function startEngine(): EngineClient {
  return {
    command: () => Promise.resolve({ ok: false, failure: { code: 'unavailable' } }),
    watch(name, _args, onValue) {
      const show: (value: unknown) => void = (value) => onValue(JSON.parse(JSON.stringify(value)));
      if (name === 'session') queueMicrotask(() => show({ kind: 'signed-out' }));
      return () => undefined;
    },
    list: () => ({ extend: () => undefined, dispose: () => undefined }),
  };
}
