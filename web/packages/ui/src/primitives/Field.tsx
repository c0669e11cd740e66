import type { InputHTMLAttributes, TargetedInputEvent, VNode } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Eye, EyeOff } from '../icons.ts';
import { useText } from '../context.ts';
import { IconButton } from './Button.tsx';
import { useRefusal } from './Form.tsx';
import './Field.css';

interface FieldProps {
  label: string;
  /** What the form around knows the field by. */
  name?: string;
  value: string;
  onInput: (value: string) => void;
  hint?: string | undefined;
  type?: 'text' | 'email' | 'search';
  kind?: 'line' | 'passphrase' | 'code' | 'area';
  autoComplete?: string;
  maxLength?: number;
  autoFocus?: boolean;
  isOptional?: boolean;
}

/** Six digits, and the space that some write in the middle. */
const CODE_LENGTH_MAX = 7;

const describedBy = (id: string, hint?: string, error?: string): string | undefined => {
  const ids = [hint === undefined ? [] : [`${id}h`], error === undefined ? [] : [`${id}e`]].flat();
  return ids.length === 0 ? undefined : ids.join(' ');
};

/** A labelled field; its error is tied to it and says what to do. */
export function Field(props: FieldProps): VNode {
  const text = useText();
  const id = useId();
  const [isShown, setShown] = useState(false);
  const { kind = 'line', hint, name, autoFocus = false } = props;
  const error = useRefusal(name);
  const input = useRef<HTMLInputElement>(null);
  // The attribute is for dialogs, which look for it as they open; pages get the focus here.
  useEffect(() => {
    if (autoFocus) input.current?.focus();
  }, []);
  const common = {
    id,
    name,
    value: props.value,
    'aria-invalid': error !== undefined,
    'aria-describedby': describedBy(id, hint, error),
    maxLength: kind === 'code' ? CODE_LENGTH_MAX : props.maxLength,
    autofocus: autoFocus,
  };
  const line = {
    class: 'field-input',
    ref: input,
    autocomplete: props.autoComplete ?? (kind === 'code' ? 'one-time-code' : 'off'),
    inputMode: kind === 'code' ? ('numeric' as const) : undefined,
    autocapitalize: kind === 'line' && props.type === undefined ? undefined : ('none' as const),
    spellcheck: kind === 'line' && props.type === undefined,
    onInput: (event: TargetedInputEvent<HTMLInputElement>) =>
      props.onInput(event.currentTarget.value),
  };
  return (
    <div class={`field field-${kind}`}>
      <label class="field-label" for={id}>
        {props.label}
        {props.isOptional === true && (
          <span class="field-optional">{text.t('common.optional')}</span>
        )}
      </label>
      {hint !== undefined && (
        <p class="field-hint" id={`${id}h`}>
          {hint}
        </p>
      )}
      <div class="field-box">
        {kind === 'area' ? (
          <textarea
            {...common}
            class="field-input"
            rows={3}
            onInput={(event) => props.onInput(event.currentTarget.value)}
          />
        ) : (
          <Line
            {...common}
            {...line}
            type={kind === 'passphrase' && !isShown ? 'password' : (props.type ?? 'text')}
          />
        )}
        {kind === 'passphrase' && (
          <IconButton
            icon={isShown ? EyeOff : Eye}
            label={text.t(isShown ? 'passphrase.hide' : 'passphrase.show')}
            onClick={() => setShown(!isShown)}
          />
        )}
      </div>
      {error !== undefined && (
        <p class="field-error" id={`${id}e`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

type LineProps = Omit<InputHTMLAttributes<HTMLInputElement>, 'type' | 'role' | 'list'> & {
  type: 'text' | 'email' | 'search' | 'password';
};

function Line({ type, ...rest }: LineProps): VNode {
  switch (type) {
    case 'password':
      return <input {...rest} type="password" />;
    case 'email':
      return <input {...rest} type="email" />;
    case 'search':
      return <input {...rest} type="search" />;
    case 'text':
      return <input {...rest} type="text" />;
  }
}

interface CheckProps {
  label: string;
  name?: string;
  hint?: string;
  isChecked: boolean;
  isSwitch?: boolean;
  onChange: (isChecked: boolean) => void;
}

/** A box to tick, or a switch that takes effect at once. */
export function Check(props: CheckProps): VNode {
  const id = useId();
  const error = useRefusal(props.name);
  return (
    <div class={`check${props.isSwitch === true ? ' check-switch' : ''}`}>
      <input
        id={id}
        type="checkbox"
        role={props.isSwitch === true ? 'switch' : undefined}
        class="check-box"
        checked={props.isChecked}
        aria-invalid={error !== undefined}
        aria-describedby={describedBy(id, props.hint, error)}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <div class="check-texts">
        <label for={id} class="check-label">
          {props.label}
        </label>
        {props.hint !== undefined && (
          <p class="field-hint" id={`${id}h`}>
            {props.hint}
          </p>
        )}
        {error !== undefined && (
          <p class="field-error" id={`${id}e`} role="alert">
            {error}
          </p>
        )}
      </div>
    </div>
  );
}

interface ChoiceProps<T extends string> {
  legend: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
}

export function Choice<T extends string>(props: ChoiceProps<T>): VNode {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend class="field-label">{props.legend}</legend>
      <div class="choice-options">
        {props.options.map(({ value, label }) => (
          <label class="choice-option" key={value}>
            <input
              type="radio"
              name={name}
              class="choice-radio"
              checked={value === props.value}
              onChange={() => props.onChange(value)}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
