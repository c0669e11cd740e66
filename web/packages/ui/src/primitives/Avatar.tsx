import { initials, tintOf } from '@crypho/model';
import type { VNode } from 'preact';
import { Users } from '../icons.ts';
import { Icon } from './Icon.tsx';
import './Avatar.css';

/** A picture's place: initials on a tint that stays with the account. Decoration beside a name. */
export function Avatar(props: {
  id: string;
  name: string;
  size?: number;
  isGroup?: boolean;
}): VNode {
  const { id, name, size = 40, isGroup = false } = props;
  const letters = initials(name);
  return (
    <span
      class={`avatar tint-${tintOf(id)}${isGroup ? ' avatar-group' : ''}`}
      style={{ width: `${size}px`, height: `${size}px`, fontSize: `${Math.round(size * 0.38)}px` }}
      aria-hidden="true"
    >
      {letters === '' ? <Icon of={Users} size={Math.round(size / 2)} /> : letters}
    </span>
  );
}
