import type { Catalogue, Key, Plural, Rest } from './catalogue.ts';

export type Tag = 'nb' | 'en';

/** The text of a key, with its placeholders filled. */
export type Translate = <K extends Key>(key: K, ...rest: Rest<K>) => string;

/** One language: its texts and its ways of writing numbers, times and lists. */
export interface Text {
  readonly tag: Tag;
  readonly t: Translate;
  number(value: number): string;
  list(items: readonly string[]): string;
  /** 14:05 */
  time(ms: number): string;
  /** Monday 3 March, with the year when it is another than now's. */
  day(ms: number, nowMs: number): string;
  /** 3 Mar 2026 */
  date(ms: number): string;
  /** 3 March 2026, 14:05 */
  dateTime(ms: number): string;
  /** For lists: the time today, the weekday this week, otherwise the date. */
  short(ms: number, nowMs: number): string;
  /** 5 minutes ago; in 3 days. */
  relative(ms: number, nowMs: number): string;
}

const LOCALES: Readonly<Record<Tag, string>> = { nb: 'nb-NO', en: 'en-GB' };
const DAY_MS = 86_400_000;

export function createText(
  tag: Tag,
  catalogue: Catalogue,
  timeZone?: string,
  decorate: (text: string) => string = (text) => text,
): Text {
  const locale = LOCALES[tag];
  const zone = timeZone === undefined ? {} : { timeZone };
  const plurals = new Intl.PluralRules(locale);
  const numbers = new Intl.NumberFormat(locale);
  const lists = new Intl.ListFormat(locale, { style: 'long', type: 'conjunction' });
  const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(locale, { ...options, ...zone });
  const times = format({ hour: '2-digit', minute: '2-digit', hour12: false });
  const days = format({ weekday: 'long', day: 'numeric', month: 'long' });
  const daysWithYear = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
  const dates = format({ day: 'numeric', month: 'short', year: 'numeric' });
  const shortDates = format({ day: 'numeric', month: 'short' });
  const shortDatesWithYear = format({ day: 'numeric', month: 'short', year: '2-digit' });
  const weekdays = format({ weekday: 'short' });
  const dateTimes = format({
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  });
  const relatives = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const dayNumbers = format({ year: 'numeric', month: '2-digit', day: '2-digit' });
  const sameDay = (a: number, b: number): boolean => dayNumbers.format(a) === dayNumbers.format(b);
  const sameYear = (a: number, b: number): boolean =>
    new Date(a).getFullYear() === new Date(b).getFullYear();

  const t: Translate = (key, ...rest) => {
    const entry: string | Plural = catalogue[key];
    const params: Readonly<Record<string, string | number>> = rest[0] ?? {};
    return decorate(fill(choose(entry, params['count'], plurals), params, numbers));
  };

  return {
    tag,
    t,
    number: (value) => numbers.format(value),
    list: (items) => lists.format(items),
    time: (ms) => times.format(ms),
    date: (ms) => dates.format(ms),
    dateTime: (ms) => dateTimes.format(ms),
    day(ms, nowMs) {
      if (sameDay(ms, nowMs)) return t('time.today');
      if (sameDay(ms, nowMs - DAY_MS)) return t('time.yesterday');
      return capitalise((sameYear(ms, nowMs) ? days : daysWithYear).format(ms), locale);
    },
    short(ms, nowMs) {
      if (sameDay(ms, nowMs)) return times.format(ms);
      if (sameDay(ms, nowMs - DAY_MS)) return t('time.yesterday');
      if (nowMs - ms < 6 * DAY_MS && ms < nowMs) return capitalise(weekdays.format(ms), locale);
      return (sameYear(ms, nowMs) ? shortDates : shortDatesWithYear).format(ms);
    },
    relative: (ms, nowMs) => relative(ms - nowMs, relatives, t),
  };
}

function choose(
  entry: string | Plural,
  count: string | number | undefined,
  plurals: Intl.PluralRules,
): string {
  if (typeof entry === 'string') return entry;
  const isOne = typeof count === 'number' && plurals.select(count) === 'one';
  return isOne && entry.one !== undefined ? entry.one : entry.other;
}

function fill(
  text: string,
  params: Readonly<Record<string, string | number>>,
  numbers: Intl.NumberFormat,
): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? numbers.format(value) : value;
  });
}

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 365 * DAY_MS],
  ['month', 30 * DAY_MS],
  ['week', 7 * DAY_MS],
  ['day', DAY_MS],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

function relative(deltaMs: number, relatives: Intl.RelativeTimeFormat, t: Translate): string {
  for (const [unit, ms] of UNITS) {
    if (Math.abs(deltaMs) >= ms) return relatives.format(Math.round(deltaMs / ms), unit);
  }
  return t('time.now');
}

function capitalise(text: string, locale: string): string {
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
}
