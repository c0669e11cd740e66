import type { Tag } from '@crypho/i18n';

/** Words drawn evenly from a list: 6 of 1,296 or more words are 62 bits or more. */
export const WORDS = 6;

export interface Generated {
  readonly passphrase: string;
  readonly words: number;
  readonly listSize: number;
  /** Rounded down: words × log2(list). */
  readonly bits: number;
}

export function generatePassphrase(
  list: readonly string[],
  random: (max: number) => number,
  words = WORDS,
): Generated {
  const drawn = Array.from({ length: words }, () => list[random(list.length)] ?? '');
  return {
    passphrase: drawn.join(' '),
    words,
    listSize: list.length,
    bits: Math.floor(words * Math.log2(list.length)),
  };
}

/** The list of a language; fetched only when a passphrase is made. */
export async function loadWords(tag: Tag): Promise<readonly string[]> {
  const { WORDS_TEXT } =
    tag === 'nb' ? await import('./words/nb.ts') : await import('./words/en.ts');
  return WORDS_TEXT.split(' ');
}
