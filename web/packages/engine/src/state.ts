/** What the engine keeps about conversations, as stored: plain JSON, checked when read. */
import type { Role, UnreadableReason } from './api.ts';

export interface MemberState {
  readonly account: string;
  readonly role: Role;
  readonly isCurrent: boolean;
}

/** [low, high], both held. Ascending, disjoint, not touching. */
export type Range = readonly [number, number];

export interface EpochName {
  readonly generation: number;
  readonly epoch: number;
}

export interface MlsPlace extends EpochName {
  /** Commits in the log are processed up to here. */
  readonly seq: number;
  /** The server's time when this device entered the epoch. */
  readonly sinceMs: number;
}

export interface GroupSettingsState {
  readonly name: string;
  readonly sharesHistory: boolean;
  readonly seq: number;
}

/** Something this device found out by itself: in no log, shown after the entry `afterSeq`. */
export interface Note {
  readonly afterSeq: number;
  readonly timeMs: number;
  /** Whose keys are no longer those first seen. */
  readonly account: string;
}

export interface ConversationState {
  readonly id: string;
  readonly kind: 'direct' | 'group';
  readonly creator: string;
  readonly head: EpochName & {
    readonly lastSeq: number;
    readonly firstSeq: number;
    readonly isDeposited: boolean;
    readonly hasPendingRemovals: boolean;
    readonly hasWelcome: boolean;
    readonly isCurrent: boolean;
    readonly role: Role;
    readonly lastTimeMs: number;
  };
  readonly members: readonly MemberState[];
  readonly ranges: readonly Range[];
  readonly mls: MlsPlace | null;
  /** All settings messages held, ascending: the newest counts, and each differs from the one before. */
  readonly settings: readonly GroupSettingsState[];
  readonly readSeq: number;
  /** Messages of others after `readSeq` that are held. */
  readonly unread: readonly number[];
  readonly mentions: readonly number[];
  /** The newest row worth a preview. */
  readonly previewSeq: number;
  /** How far each other account has read, as far as it says. */
  readonly markers: Readonly<Record<string, number>>;
  /** Epochs whose key is missing for rows that are held: `generation/epoch`. */
  readonly missingKeys: readonly string[];
  readonly notes?: readonly Note[];
  /** The epoch whose deposit to this account was compared with the derived key. */
  readonly checkedDeposit?: EpochName;
}

export interface Row {
  readonly seq: number;
  readonly timeMs: number;
  readonly account: string;
  readonly device: string;
  /** Hex; empty where the entry has none. */
  readonly clientId: string;
  readonly generation: number;
  readonly epoch: number;
  readonly body: RowBody;
}

export type RowBody =
  /** Content, base64 of its protobuf. */
  | { readonly kind: 'content'; readonly content: string }
  /** Not shown yet: the message as it came, base64. */
  | { readonly kind: 'sealed'; readonly message: string; readonly reason: UnreadableReason }
  | { readonly kind: 'erased' }
  | {
      readonly kind: 'commit';
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly sharesHistory: boolean;
    }
  | { readonly kind: 'role'; readonly account: string; readonly role: Role }
  | { readonly kind: 'left' }
  | { readonly kind: 'reset' };

/** What later messages did to one: whatever the order in which they came to be known. */
export interface Overlay {
  readonly edit?: { readonly seq: number; readonly account: string; readonly content: string };
  readonly deletedSeq?: number;
  /** emoji → account → the newest word on it. */
  readonly reactions: Readonly<
    Record<string, Readonly<Record<string, { readonly seq: number; readonly isOn: boolean }>>>
  >;
}

export function settingsOf(state: ConversationState): GroupSettingsState | undefined {
  return state.settings.at(-1);
}

export const NO_OVERLAY: Overlay = { reactions: {} };

export function messageKey(account: string, clientIdHex: string): string {
  return `${account}/${clientIdHex}`;
}

export function parseMessageKey(key: string): { account: string; clientId: string } | undefined {
  const [, account, clientId] = /^([0-9a-f-]{36})\/([0-9a-f]{32})$/.exec(key) ?? [];
  if (account === undefined || clientId === undefined) return undefined;
  return { account, clientId };
}

export function epochName(epoch: EpochName): string {
  return `${epoch.generation}/${epoch.epoch}`;
}

export function sameEpoch(a: EpochName, b: EpochName): boolean {
  return a.generation === b.generation && a.epoch === b.epoch;
}

// ---- ranges

/** Adds [low, high] and joins what then touches. */
export function addRange(ranges: readonly Range[], low: number, high: number): readonly Range[] {
  if (high < low) return ranges;
  const kept: Range[] = [];
  let from = low;
  let to = high;
  for (const range of ranges) {
    if (range[1] < from - 1 || range[0] > to + 1) kept.push(range);
    else {
      from = Math.min(from, range[0]);
      to = Math.max(to, range[1]);
    }
  }
  kept.push([from, to]);
  return kept.toSorted((a, b) => a[0] - b[0]);
}

export function holds(ranges: readonly Range[], seq: number): boolean {
  return ranges.some(([low, high]) => low <= seq && seq <= high);
}

/** The newest hole between `first` and `last`, or undefined where all is held. */
export function newestGap(
  ranges: readonly Range[],
  first: number,
  last: number,
): Range | undefined {
  let high = last;
  for (const [low, top] of ranges.toReversed()) {
    if (top < high) return [Math.max(first, top + 1), high];
    if (low <= high) high = low - 1;
    if (high < first) return undefined;
  }
  return high < first ? undefined : [first, high];
}
