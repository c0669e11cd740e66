import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useText } from '../context.ts';
import { Button } from '../primitives/Button.tsx';
import { Field } from '../primitives/Field.tsx';
import { Form, type Refusal } from '../primitives/Form.tsx';

interface CodeFormProps {
  submit: string;
  back: string;
  /** What is said while it takes a second or two. */
  hint?: string;
  isWorking: boolean;
  refused: Refusal | undefined;
  autoFocus?: boolean;
  onSubmit: (code: string) => void;
  onBack: () => void;
}

/** Asks for the six digits that an authenticator app shows. */
export function CodeForm(props: CodeFormProps): VNode {
  const { t } = useText();
  const { isWorking } = props;
  const [code, setCode] = useState('');
  return (
    <Form refused={props.refused} onSubmit={() => props.onSubmit(code)}>
      <Field
        label={t('login.code')}
        name="code"
        kind="code"
        value={code}
        onInput={setCode}
        autoFocus={props.autoFocus === true}
      />
      <div class="question-actions">
        <Button kind="primary" type="submit" isBusy={isWorking}>
          {props.submit}
        </Button>
        <Button kind="quiet" isDisabled={isWorking} onClick={props.onBack}>
          {props.back}
        </Button>
      </div>
      {props.hint !== undefined && (
        <p class="field-hint" role="status">
          {isWorking ? props.hint : ''}
        </p>
      )}
    </Form>
  );
}
