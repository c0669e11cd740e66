const ACCENTS: Readonly<Record<string, string>> = {
  a: 'á',
  e: 'é',
  i: 'î',
  o: 'ö',
  u: 'ü',
  y: 'ý',
  A: 'Å',
  E: 'Ë',
  O: 'Ø',
  c: 'ç',
  n: 'ñ',
};

/** Accents and lengthens a text, so that what is not translated or does not fit is seen at once. */
export function pseudo(text: string): string {
  const accented = text.replace(/[aeiouyAEOcn]/g, (letter) => ACCENTS[letter] ?? letter);
  return `⟦${accented}${'~'.repeat(Math.ceil(text.length * 0.3))}⟧`;
}
