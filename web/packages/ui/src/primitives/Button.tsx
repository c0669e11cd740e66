import type { ComponentChildren, Ref, TargetedMouseEvent, VNode } from 'preact';
import { Icon, type IconNode } from './Icon.tsx';
import './Button.css';

interface ButtonProps {
  children: ComponentChildren;
  kind?: 'primary' | 'plain' | 'quiet' | 'danger' | 'quiet-danger';
  type?: 'button' | 'submit';
  icon?: IconNode;
  isBusy?: boolean;
  isWide?: boolean;
  label?: string;
  isDisabled?: boolean;
  autoFocus?: boolean;
  onClick?: (event: TargetedMouseEvent<HTMLButtonElement>) => void;
  refTo?: Ref<HTMLButtonElement>;
}

/** While busy it keeps its size and its focus, and does nothing. */
export function Button(props: ButtonProps): VNode {
  const { kind = 'plain', isBusy = false, isDisabled = false, onClick } = props;
  return (
    <button
      type={props.type ?? 'button'}
      class={`button button-${kind}${props.isWide === true ? ' button-wide' : ''}`}
      aria-busy={isBusy}
      aria-disabled={isBusy || isDisabled}
      aria-label={props.label}
      autofocus={props.autoFocus}
      ref={props.refTo ?? null}
      onClick={(event) => {
        if (isBusy || isDisabled) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {props.icon !== undefined && <Icon of={props.icon} />}
      <span class="button-text">{props.children}</span>
    </button>
  );
}

interface IconButtonProps {
  icon: IconNode;
  label: string;
  size?: number;
  isPressed?: boolean;
  isExpanded?: boolean;
  kind?: 'quiet' | 'primary';
  isDisabled?: boolean;
  type?: 'button' | 'submit';
  tabIndex?: number;
  onClick?: (event: TargetedMouseEvent<HTMLButtonElement>) => void;
  refTo?: Ref<HTMLButtonElement>;
}

/** A button of one icon: its label is read aloud and shown as a tip. */
export function IconButton(props: IconButtonProps): VNode {
  return (
    <button
      type={props.type ?? 'button'}
      class={`icon-button icon-button-${props.kind ?? 'quiet'}`}
      aria-label={props.label}
      aria-pressed={props.isPressed}
      aria-expanded={props.isExpanded}
      aria-disabled={props.isDisabled === true}
      data-tip={props.label}
      tabIndex={props.tabIndex}
      ref={props.refTo ?? null}
      onClick={(event) => {
        if (props.isDisabled === true) event.preventDefault();
        else props.onClick?.(event);
      }}
    >
      <Icon of={props.icon} size={props.size ?? 20} />
    </button>
  );
}
