export type { Catalogue, Key, KeyWithout, Params, Plural, Rest } from './catalogue.ts';
export { pseudo } from './pseudo.ts';
export { createText } from './text.ts';
export type { Tag, Text, Translate } from './text.ts';
export { say } from './said.ts';
export type { Said } from './said.ts';
