import type { en } from './en.ts';

/** Texts by plural category (CLDR); which one is chosen by the parameter `count`. */
export interface Plural {
  readonly one?: string;
  readonly other: string;
}

export type Key = keyof typeof en;

/** Every language has every text, and a plural where English has one. */
export type Catalogue = {
  readonly [K in Key]: (typeof en)[K] extends string ? string : Plural;
};

/** The names in braces of a text: 'a {b} c {d}' has 'b' | 'd'. */
type Names<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;

type NamesOf<T> = T extends string
  ? Names<T>
  : T extends Plural
    ? Names<T['other']> | 'count'
    : never;

/** What a text needs. `count` is a number; other numbers are written as the language writes them. */
export type Params<K extends Key> = {
  readonly [N in NamesOf<(typeof en)[K]>]: N extends 'count' ? number : string | number;
};

export type KeyWithout = { [K in Key]: NamesOf<(typeof en)[K]> extends never ? K : never }[Key];

/** Arguments after the key: none when the text has no placeholders. */
export type Rest<K extends Key> = [NamesOf<(typeof en)[K]>] extends [never] ? [] : [Params<K>];
