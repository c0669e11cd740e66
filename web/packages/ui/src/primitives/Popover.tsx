import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { IconButton } from './Button.tsx';
import type { IconNode } from './Icon.tsx';
import './Popover.css';

/** Where a popover belongs: beside an element, or at the point of a press. */
type Edges = Readonly<Record<'left' | 'right' | 'top' | 'bottom', number>>;

export interface PopoverProps {
  role: 'menu' | 'group';
  label: string;
  class: string;
  anchor: () => Edges | undefined;
  /** How many buttons stand in a row. */
  columns?: number;
  onClose: () => void;
  children: ComponentChildren;
}

/**
 * Buttons in the browser's top layer, one of which has the focus. The one with `autofocus` has it first.
 *
 * | key | does |
 * | --- | --- |
 * | the arrows, Home, End | moves the focus, round the ends |
 * | Enter, Space | presses |
 * | Escape, Tab, a press elsewhere | closes |
 */
export function Popover(props: PopoverProps): VNode {
  const { columns = 1, onClose } = props;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    element.showPopover();
    const stand = (): void => place(element, props.anchor());
    stand();
    const away = (event: PointerEvent): void => {
      if (event.target instanceof Node && !element.contains(event.target)) onClose();
    };
    document.addEventListener('pointerdown', away, true);
    // A window that turns or grows takes its anchor elsewhere.
    window.addEventListener('resize', stand);
    return () => {
      document.removeEventListener('pointerdown', away, true);
      window.removeEventListener('resize', stand);
    };
  }, []);
  const onKey = (event: KeyboardEvent): void => {
    const all = [...(box.current?.querySelectorAll('button') ?? [])];
    const at = all.findIndex((each) => each === document.activeElement);
    const to = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: at + columns,
      ArrowUp: at - columns,
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
    <div
      class={`popover ${props.class}`}
      role={props.role}
      popover="manual"
      aria-label={props.label}
      ref={box}
      onKeyDown={onKey}
    >
      {props.children}
    </div>
  );
}

interface PopoverButtonProps {
  icon: IconNode;
  label: string;
  kind?: 'quiet' | 'primary';
  size?: number;
  tabIndex?: number;
  /** What it opens, given where it stands and what closes it. */
  children: (anchor: () => Edges | undefined, close: () => void) => VNode;
}

/** A button that opens a popover beside it, and has the focus again when that closes. */
export function PopoverButton({ children, ...shown }: PopoverButtonProps): VNode {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <>
      <IconButton {...shown} isExpanded={isOpen} refTo={button} onClick={() => setOpen(!isOpen)} />
      {isOpen && children(() => button.current?.getBoundingClientRect(), close)}
    </>
  );
}

const GAP = 4;
const MARGIN = 8;

/** Puts an element below its anchor, or above where there is no room, within the window. */
function place(element: HTMLElement, anchor: Edges | undefined): void {
  if (anchor === undefined) return;
  const { width, height } = element.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const within = (at: number, max: number): number => Math.max(MARGIN, Math.min(at, max - MARGIN));
  const isRightward = anchor.left + width + MARGIN < clientWidth;
  const left = isRightward ? anchor.left : anchor.right - width;
  const isBelow = anchor.bottom + GAP + height < clientHeight;
  const top = isBelow ? anchor.bottom + GAP : anchor.top - GAP - height;
  element.style.left = `${within(left, clientWidth - width)}px`;
  element.style.top = `${within(top, clientHeight - height)}px`;
}
