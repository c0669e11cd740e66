import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import './Tooltip.css';

const GAP = 6;

/**
 * One tip for the whole page: shows `data-tip` of what is pointed at or focused by keyboard. It repeats
 * a label that is read aloud anyway, so it is hidden from readers.
 */
export function Tooltip(): VNode {
  const tip = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const show = (event: Event): void => {
      const element = tip.current;
      const target = event.target;
      if (element === null || !(target instanceof Element)) return;
      const owner = target.closest<HTMLElement>('[data-tip]');
      const isWanted =
        owner !== null && (event.type !== 'focusin' || owner.matches(':focus-visible'));
      if (!isWanted) return hide();
      element.textContent = owner.dataset['tip'] ?? '';
      element.hidden = false;
      place(element, owner.getBoundingClientRect());
    };
    const hide = (): void => {
      if (tip.current !== null) tip.current.hidden = true;
    };
    const onPointer = (event: PointerEvent): void => {
      if (event.pointerType === 'mouse') show(event);
    };
    document.addEventListener('pointerover', onPointer);
    document.addEventListener('focusin', show);
    document.addEventListener('focusout', hide);
    document.addEventListener('pointerdown', hide);
    document.addEventListener('scroll', hide, true);
    return () => {
      document.removeEventListener('pointerover', onPointer);
      document.removeEventListener('focusin', show);
      document.removeEventListener('focusout', hide);
      document.removeEventListener('pointerdown', hide);
      document.removeEventListener('scroll', hide, true);
    };
  }, []);
  return <div class="tooltip" ref={tip} hidden aria-hidden="true" />;
}

function place(element: HTMLElement, owner: DOMRect): void {
  const { width, height } = element.getBoundingClientRect();
  const left = Math.min(
    Math.max(GAP, owner.left + owner.width / 2 - width / 2),
    document.documentElement.clientWidth - width - GAP,
  );
  const below = owner.bottom + GAP;
  const isBelow = below + height < document.documentElement.clientHeight;
  element.style.left = `${left}px`;
  element.style.top = `${isBelow ? below : owner.top - height - GAP}px`;
}
