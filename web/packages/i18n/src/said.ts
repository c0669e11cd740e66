import type { Key, Rest } from './catalogue.ts';
import type { Text } from './text.ts';

/** A text to be shown later, by its key: view models say things without knowing the language. */
export interface Said {
  readonly say: (text: Text) => string;
}

export function say<K extends Key>(key: K, ...rest: Rest<K>): Said {
  return { say: (text) => text.t(key, ...rest) };
}
