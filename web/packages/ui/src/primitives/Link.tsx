import { formatRoute, type Route } from '@crypho/model';
import type { ComponentChildren, Ref, TargetedKeyboardEvent, VNode } from 'preact';
import { useSurroundings } from '../context.ts';

interface LinkProps {
  to: Route;
  children: ComponentChildren;
  class?: string;
  label?: string;
  tip?: string;
  isCurrent?: boolean;
  tabIndex?: number;
  refTo?: Ref<HTMLAnchorElement>;
  onKeyDown?: (event: TargetedKeyboardEvent<HTMLAnchorElement>) => void;
  onFocus?: () => void;
}

/** A real link that stays within the page. */
export function Link(props: LinkProps): VNode {
  const { navigate } = useSurroundings();
  return (
    <a
      href={formatRoute(props.to)}
      class={props.class}
      aria-label={props.label}
      aria-current={props.isCurrent === true ? 'page' : undefined}
      data-tip={props.tip}
      tabIndex={props.tabIndex}
      ref={props.refTo ?? null}
      onKeyDown={props.onKeyDown}
      onFocus={props.onFocus}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        navigate(props.to);
      }}
    >
      {props.children}
    </a>
  );
}
