import type { Said } from '@crypho/i18n';
import { createContext, type ComponentChildren, type VNode } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { useText } from '../context.ts';
import './Form.css';

/** What was wrong with what was sent: at a field of that name, or, as 'form', with all of it. */
export interface Refusal {
  readonly field: string;
  readonly said: Said;
}

const RefusalContext = createContext<Refusal | undefined>(undefined);

interface FormProps {
  refused?: Refusal | undefined;
  onSubmit: () => void;
  children: ComponentChildren;
}

/** What is filled in and sent together. What was refused stands at its field, and has the focus. */
export function Form({ refused, onSubmit, children }: FormProps): VNode {
  const text = useText();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (refused === undefined) return;
    form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [refused]);
  return (
    <RefusalContext.Provider value={refused}>
      <form
        class="form"
        noValidate
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        {refused?.field === 'form' && <FormError>{refused.said.say(text)}</FormError>}
        {children}
      </form>
    </RefusalContext.Provider>
  );
}

/** What the form around says about the field of that name. */
export function useRefusal(field: string | undefined): string | undefined {
  const text = useText();
  const refused = useContext(RefusalContext);
  return refused !== undefined && refused.field === field ? refused.said.say(text) : undefined;
}

/** What went wrong with a whole form. */
export function FormError({ children }: { children: ComponentChildren }): VNode {
  return (
    <p class="form-error" role="alert">
      {children}
    </p>
  );
}

interface Sending {
  readonly isBusy: boolean;
  readonly refused: Refusal | undefined;
  submit(): void;
}

type Answer = { readonly kind: 'done' } | (Refusal & { readonly kind: 'refused' });
type Done<A extends Answer> = Extract<A, { readonly kind: 'done' }>;

const isDone = <A extends Answer>(answer: A): answer is Done<A> => answer.kind === 'done';

/** Sends a form once at a time, and keeps what was refused of it until the next time. */
export function useSending<A extends Answer>(
  send: () => Promise<A>,
  onDone?: (done: Done<A>) => void,
): Sending {
  const [isBusy, setBusy] = useState(false);
  const [refused, setRefused] = useState<Refusal | undefined>(undefined);
  const run = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    const answer: A = await send();
    setBusy(false);
    setRefused(answer.kind === 'refused' ? answer : undefined);
    if (isDone(answer)) onDone?.(answer);
  };
  return { isBusy, refused, submit: () => void run() };
}
