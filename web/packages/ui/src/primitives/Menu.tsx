import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Ellipsis } from '../icons.ts';
import { IconButton } from './Button.tsx';
import { Icon, type IconNode } from './Icon.tsx';
import './Menu.css';

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconNode;
  readonly isDanger?: boolean;
  readonly onPick: () => void;
}

interface MenuProps {
  label: string;
  items: readonly MenuItem[];
  icon?: IconNode;
  kind?: 'quiet' | 'primary';
  size?: number;
  tabIndex?: number;
}

/**
 * A button that opens a menu (ARIA menu button).
 *
 * | key | does |
 * | --- | --- |
 * | Enter, Space, Down on the button | opens, focus on the first |
 * | the arrows, Home, End | moves the focus |
 * | Enter, Space | picks and closes |
 * | Escape, Tab | closes, focus on the button |
 */
export function MenuButton(props: MenuProps): VNode {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <>
      <IconButton
        icon={props.icon ?? Ellipsis}
        label={props.label}
        kind={props.kind ?? 'quiet'}
        size={props.size ?? 20}
        isExpanded={isOpen}
        {...(props.tabIndex === undefined ? {} : { tabIndex: props.tabIndex })}
        refTo={button}
        onClick={() => setOpen(!isOpen)}
      />
      {isOpen && (
        <Menu
          label={props.label}
          items={props.items}
          anchor={() => button.current?.getBoundingClientRect()}
          onClose={close}
        />
      )}
    </>
  );
}

interface OpenMenuProps {
  label: string;
  items: readonly MenuItem[];
  anchor: () => { left: number; right: number; top: number; bottom: number } | undefined;
  /** Entries above the list that are not words. */
  header?: ComponentChildren;
  onClose: () => void;
}

const GAP = 4;

/** The open menu, in the browser's top layer beside its anchor. */
export function Menu({ label, items, anchor, header, onClose }: OpenMenuProps): VNode {
  const menu = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = menu.current;
    if (element === null) return;
    element.showPopover();
    place(element, anchor());
    element.querySelector<HTMLElement>('.menu-item')?.focus();
    const away = (event: PointerEvent): void => {
      if (event.target instanceof Node && !element.contains(event.target)) onClose();
    };
    document.addEventListener('pointerdown', away, true);
    return () => document.removeEventListener('pointerdown', away, true);
  }, []);
  const move = (event: KeyboardEvent): void => {
    const all = [...(menu.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const at = all.findIndex((each) => each === document.activeElement);
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (to !== undefined) all[(to + all.length) % all.length]?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="menu" role="menu" popover="manual" aria-label={label} ref={menu} onKeyDown={move}>
      {header}
      {items.map((item) => (
        <button
          key={item.label}
          type="button"
          role="menuitem"
          tabIndex={-1}
          class={`menu-item${item.isDanger === true ? ' menu-item-danger' : ''}`}
          onClick={() => {
            onClose();
            item.onPick();
          }}
        >
          {item.icon !== undefined && <Icon of={item.icon} size={18} />}
          <span>{item.label}</span>
        </button>
      ))}
    </div>
  );
}

/** Puts an element below its anchor, or above where there is no room, within the window. */
export function place(
  element: HTMLElement,
  anchor: { left: number; right: number; top: number; bottom: number } | undefined,
): void {
  if (anchor === undefined) return;
  const { width, height } = element.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const isRightward = anchor.left + width + 8 < clientWidth;
  const left = isRightward ? anchor.left : Math.max(8, anchor.right - width);
  const isBelow = anchor.bottom + GAP + height < clientHeight;
  const top = isBelow ? anchor.bottom + GAP : Math.max(8, anchor.top - GAP - height);
  element.style.left = `${left}px`;
  element.style.top = `${top}px`;
}
