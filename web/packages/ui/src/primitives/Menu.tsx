import type { ComponentChildren, VNode } from 'preact';
import { Ellipsis } from '../icons.ts';
import { Icon, type IconNode } from './Icon.tsx';
import { Popover, PopoverButton, type PopoverProps } from './Popover.tsx';
import './Menu.css';

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconNode;
  readonly isDanger?: boolean;
  readonly onPick: () => void;
}

interface MenuButtonProps {
  label: string;
  items: readonly MenuItem[];
  icon?: IconNode;
  size?: number;
  tabIndex?: number;
}

/** A button that opens a menu (ARIA menu button). */
export function MenuButton({ items, icon = Ellipsis, ...shown }: MenuButtonProps): VNode {
  return (
    <PopoverButton {...shown} icon={icon}>
      {(anchor, close) => (
        <Menu label={shown.label} items={items} anchor={anchor} onClose={close} />
      )}
    </PopoverButton>
  );
}

interface MenuProps extends Pick<PopoverProps, 'label' | 'anchor' | 'onClose'> {
  items: readonly MenuItem[];
  /** Entries above the list that are not words. */
  header?: ComponentChildren;
}

/** The open menu; its first word has the focus. */
export function Menu({ items, header, ...popover }: MenuProps): VNode {
  return (
    <Popover {...popover} role="menu" class="menu">
      {header}
      {items.map((item, at) => (
        <button
          key={item.label}
          type="button"
          role="menuitem"
          tabIndex={-1}
          autofocus={at === 0}
          class={`menu-item${item.isDanger === true ? ' menu-item-danger' : ''}`}
          onClick={() => {
            popover.onClose();
            item.onPick();
          }}
        >
          {item.icon !== undefined && <Icon of={item.icon} size={18} />}
          <span>{item.label}</span>
        </button>
      ))}
    </Popover>
  );
}
