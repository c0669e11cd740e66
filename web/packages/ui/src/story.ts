import type { Key } from '@crypho/i18n';
import type { World } from '@crypho/testkit';

/** What the gallery does after a story has opened: press something, or write into it, by its name. */
export type Step =
  | {
      press: Key;
      role?: 'button' | 'link' | 'menuitem' | 'checkbox';
      nth?: number;
      /** What stands in the name's placeholders. */
      with?: Readonly<Record<string, string>>;
    }
  | { write: Key; text: string }
  | { key: string }
  | { hover: string }
  | { hold: string };

/** A named state of a view: a world, an address in it, and what has been done there. */
export interface Story {
  readonly name: string;
  readonly path: string;
  readonly world: (nowMs: number) => World;
  readonly steps?: readonly Step[];
  /** What is done instead where nothing hovers. */
  readonly touch?: readonly Step[];
  /** 2 is a page at 200 %. */
  readonly zoom?: number;
  /** What the steps lead to: a selector of something that must then be in sight. */
  readonly shows?: string;
  /** A part of the program that cannot be fetched. */
  readonly unreachable?: string;
}
