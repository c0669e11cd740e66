import { h, type VNode } from 'preact';
import './Icon.css';

/** Lucide's form: elements and their attributes. */
export type IconNode = readonly (readonly [
  string,
  Readonly<Record<string, string | number | undefined>>,
])[];

/** A picture beside a label; never the only thing that says what something is. */
export function Icon({ of, size = 20 }: { of: IconNode; size?: number }): VNode {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {of.map(([tag, attributes], at) => h(tag, { ...attributes, key: at }))}
    </svg>
  );
}
