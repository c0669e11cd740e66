import { render, type ComponentChild, type VNode } from 'preact';
import { h } from 'preact';
import { useEffect, useState } from 'preact/hooks';

function Portal({ children }: { children: ComponentChild }): null {
  const [host] = useState<{ element?: HTMLElement }>({});
  useEffect(() => {
    host.element ??= document.body.appendChild(document.createElement('div'));
    // The class of the child decides what is printed; the host itself takes no room.
    host.element.className = 'sheet-host';
    render(children, host.element);
  });
  useEffect(
    () => () => {
      if (host.element === undefined) return;
      render(null, host.element);
      host.element.remove();
    },
    [],
  );
  return null;
}

/** Puts something at the end of the page rather than where it is written. */
export const createPortal = (children: ComponentChild): VNode<{ children: ComponentChild }> =>
  h(Portal, { children });
