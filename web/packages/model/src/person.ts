import type { Person } from '@crypho/engine/api';
import type { Text } from '@crypho/i18n';

/** One or two letters to stand in a picture's place: 'Kari Nordmann' → 'KN'. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s-]+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  const first = firstLetter(words[0] ?? '');
  const last = words.length > 1 ? firstLetter(words[words.length - 1] ?? '') : '';
  return (first + last).toLocaleUpperCase();
}

function firstLetter(word: string): string {
  return /[\p{L}\p{N}]\p{M}*/u.exec(word)?.[0] ?? '';
}

export const TINTS = 8;

/** A tint that stays with the account, so that a person is known again at a glance. */
export function tintOf(id: string): number {
  let hash = 2166136261;
  for (const letter of id) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16777619);
  return (hash >>> 0) % TINTS;
}

export const nameOf = (person: Person, text: Text): string =>
  person.isSelf ? text.t('common.you') : person.displayName;

export const firstNameOf = (person: Person): string =>
  person.displayName.trim().split(/\s+/)[0] ?? person.displayName;

/** Compares names as the language does, ignoring case and accents. */
export function nameMatches(name: string, query: string): boolean {
  const fold = (text: string): string =>
    text.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase();
  const wanted = fold(query).split(/\s+/).filter(Boolean);
  const words = fold(name);
  return wanted.every((word) => words.includes(word));
}
