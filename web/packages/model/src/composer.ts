import type { MemberItem, MessageItem, Person } from '@crypho/engine/api';
import { nameMatches } from './person.ts';

/** The plaintext's limit; the engine refuses more. */
export const MESSAGE_MAX = 16_000;

export interface Composer {
  readonly text: string;
  readonly replyTo?: MessageItem;
  readonly edits?: MessageItem;
  readonly isTooLong: boolean;
}

export const EMPTY_COMPOSER: Composer = { text: '', isTooLong: false };

export function compose(
  text: string,
  context: { replyTo?: MessageItem; edits?: MessageItem } = {},
): Composer {
  return { text, ...context, isTooLong: text.length > MESSAGE_MAX };
}

export interface MentionQuery {
  /** Where the '@' stands. */
  readonly at: number;
  readonly query: string;
}

/** What is being mentioned at the caret: '@' at the start of a word, and what follows it. */
export function mentionQuery(text: string, caret: number): MentionQuery | undefined {
  const match = /(?:^|[\s(])@([\p{L}\p{N}.'’-]{0,40})$/u.exec(text.slice(0, caret));
  if (match === null) return undefined;
  const query = match[1] ?? '';
  return { at: caret - query.length - 1, query };
}

const CANDIDATES_MAX = 8;

export function mentionCandidates(
  members: readonly MemberItem[],
  query: string,
): readonly MemberItem[] {
  return members
    .filter((member) => !member.isSelf && nameMatches(member.displayName, query))
    .slice(0, CANDIDATES_MAX);
}

/** Those of the conversation whose names stand in the text behind an '@'. */
export function mentioned(text: string, members: readonly Person[]): readonly Person[] {
  if (!text.includes('@')) return [];
  return members.filter((member) => text.includes(`@${member.displayName}`));
}
