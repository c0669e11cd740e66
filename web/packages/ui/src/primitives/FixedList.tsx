import type { ComponentChild, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import './FixedList.css';

interface FixedListProps {
  label: string;
  class: string;
  rowHeight: number;
  count: number;
  keyOf: (index: number) => string;
  /** Which one Tab leads to. */
  current: number;
  render: (index: number, focus: { tabIndex: number }) => ComponentChild;
}

const OVERSCAN = 6;

/**
 * A long list of rows of one height; only those in sight exist. One stop for Tab; Up, Down, Home and
 * End move within it.
 */
export function FixedList(props: FixedListProps): VNode {
  const { rowHeight, count } = props;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 900 });
  const [focused, setFocused] = useState<number | undefined>(undefined);
  const stop = Math.min(focused ?? props.current, count - 1);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const read = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(read);
    observer.observe(element);
    element.addEventListener('scroll', read, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', read);
    };
  }, []);
  const first = Math.max(0, Math.floor(view.top / rowHeight) - OVERSCAN);
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + OVERSCAN);
  const indices = Array.from({ length: Math.max(0, last - first) }, (_, at) => first + at);
  const move = (event: KeyboardEvent): void => {
    const to = { ArrowDown: stop + 1, ArrowUp: stop - 1, Home: 0, End: count - 1 }[event.key];
    if (to === undefined || to < 0 || to >= count) return;
    event.preventDefault();
    setFocused(to);
    const element = box.current;
    if (element === null) return;
    const top = to * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + rowHeight - element.clientHeight;
    }
    requestAnimationFrame(() =>
      element.querySelector<HTMLElement>(`[data-index="${to}"] a`)?.focus(),
    );
  };
  return (
    <div class={`fixed-list ${props.class}`} ref={box} onKeyDown={move}>
      <ul
        class="fixed-list-rows"
        aria-label={props.label}
        style={{ height: `${count * rowHeight}px` }}
      >
        {indices.map((index) => (
          <li
            key={props.keyOf(index)}
            class="fixed-list-row"
            data-index={index}
            aria-setsize={count}
            aria-posinset={index + 1}
            style={{ transform: `translateY(${index * rowHeight}px)`, height: `${rowHeight}px` }}
            onFocusCapture={() => setFocused(index)}
          >
            {props.render(index, { tabIndex: index === stop ? 0 : -1 })}
          </li>
        ))}
      </ul>
    </div>
  );
}
