export type Strength = 0 | 1 | 2 | 3 | 4;

/** From how good a passphrase is taken. */
export const STRENGTH_MIN: Strength = 3;

export type Measure = (passphrase: string, known: readonly string[]) => Strength;

const MEASURED_MAX = 100;

/**
 * Loads the meter and its dictionaries, which are large: leaked passwords and common words. Names and
 * encyclopaedia words of the package are left out, twice the size for little more.
 */
export async function loadMeter(): Promise<Measure> {
  const [{ ZxcvbnFactory }, common, english, norwegian] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en/dist/commonWords.json.mjs'),
    import('./words/nb.ts'),
  ]);
  const meter = new ZxcvbnFactory({
    dictionary: {
      ...common.dictionary,
      'words-en': english.default,
      'words-nb': norwegian.WORDS_TEXT.split(' '),
    },
    graphs: common.adjacencyGraphs,
  });
  return (passphrase, known) => meter.check(passphrase.slice(0, MEASURED_MAX), [...known]).score;
}
