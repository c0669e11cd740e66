import type { SessionState } from '@crypho/engine/api';
import type { LoginModel } from '@crypho/model';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useModel, useText } from '../context.ts';
import { Button } from '../primitives/Button.tsx';
import { Check, Field, FormError } from '../primitives/Field.tsx';
import { Link } from '../primitives/Link.tsx';
import { submitting } from '../submitting.ts';
import { PublicFrame, Question } from './PublicFrame.tsx';

type Reason = Extract<SessionState, { kind: 'signed-out' }>['reason'];

/** Log in: address and passphrase, then a code. */
export function Login({ model, reason }: { model: LoginModel; reason?: Reason }): VNode {
  const { step } = useModel(model);
  return (
    <PublicFrame>
      {step === 'credentials' ? (
        <Credentials model={model} {...(reason === undefined ? {} : { reason })} />
      ) : (
        <Code model={model} />
      )}
    </PublicFrame>
  );
}

function Credentials({ model, reason }: { model: LoginModel; reason?: Reason }): VNode {
  const text = useText();
  const { t } = text;
  const { isWorking, email: known, isSharedComputer, error } = useModel(model);
  const [email, setEmail] = useState(known);
  const [passphrase, setPassphrase] = useState('');
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const errorOf = (field: string): string | undefined =>
    error?.field === field ? error.said.say(text) : undefined;
  return (
    <Question
      title={t('login.title')}
      lead={reason === undefined ? undefined : t(`login.reason.${reason}`)}
    >
      <form
        class="question-form"
        noValidate
        onSubmit={submitting(() => void model.actions.submitCredentials(email, passphrase))}
      >
        {error?.field === 'form' && <FormError>{error.said.say(text)}</FormError>}
        <Field
          label={t('login.email')}
          type="email"
          autoComplete="username"
          value={email}
          onInput={setEmail}
          error={errorOf('email')}
          refTo={first}
        />
        <Field
          label={t('login.passphrase')}
          kind="passphrase"
          autoComplete="current-password"
          value={passphrase}
          onInput={setPassphrase}
          error={errorOf('passphrase')}
        />
        <Check
          label={t('login.shared')}
          hint={t('login.shared.hint')}
          isChecked={isSharedComputer}
          onChange={model.actions.setShared}
        />
        <div class="question-actions">
          <Button kind="primary" type="submit" isBusy={isWorking}>
            {t(isWorking ? 'login.working' : 'login.submit')}
          </Button>
        </div>
        <p class="field-hint" role="status">
          {isWorking ? t('login.working.hint') : ''}
        </p>
      </form>
      <p class="question-aside">
        {t('login.none')} <Link to={{ kind: 'signup' }}>{t('landing.signup')}</Link>
      </p>
    </Question>
  );
}

function Code({ model }: { model: LoginModel }): VNode {
  const text = useText();
  const { t } = text;
  const { isWorking, error } = useModel(model);
  const [code, setCode] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <Question title={t('login.code.title')} lead={t('login.code.lead')}>
      <form
        class="question-form"
        noValidate
        onSubmit={submitting(() => void model.actions.submitCode(code))}
      >
        {error?.field === 'form' && <FormError>{error.said.say(text)}</FormError>}
        <Field
          label={t('login.code')}
          kind="code"
          autoComplete="one-time-code"
          maxLength={7}
          value={code}
          onInput={setCode}
          error={error?.field === 'code' ? error.said.say(text) : undefined}
          refTo={field}
        />
        <div class="question-actions">
          <Button kind="primary" type="submit" isBusy={isWorking}>
            {t(isWorking ? 'common.working' : 'login.finish')}
          </Button>
          <Button kind="quiet" onClick={model.actions.restart}>
            {t('login.restart')}
          </Button>
        </div>
      </form>
    </Question>
  );
}
