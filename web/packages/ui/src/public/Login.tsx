import type { SessionState } from '@crypho/engine/api';
import type { LoginModel } from '@crypho/model';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useModel, useText } from '../context.ts';
import { Button } from '../primitives/Button.tsx';
import { Check, Field } from '../primitives/Field.tsx';
import { Form } from '../primitives/Form.tsx';
import { Link } from '../primitives/Link.tsx';
import { CodeForm } from './CodeForm.tsx';
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
  const { t } = useText();
  const { isWorking, email: known, isSharedComputer, error } = useModel(model);
  const [email, setEmail] = useState(known);
  const [passphrase, setPassphrase] = useState('');
  return (
    <Question
      title={t('login.title')}
      lead={reason === undefined ? undefined : t(`login.reason.${reason}`)}
    >
      <Form
        refused={error}
        onSubmit={() => void model.actions.submitCredentials(email, passphrase)}
      >
        <Field
          label={t('login.email')}
          name="email"
          type="email"
          autoComplete="username"
          value={email}
          onInput={setEmail}
          autoFocus
        />
        <Field
          label={t('login.passphrase')}
          name="passphrase"
          kind="passphrase"
          autoComplete="current-password"
          value={passphrase}
          onInput={setPassphrase}
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
      </Form>
      <p class="question-aside">
        {t('login.none')} <Link to={{ kind: 'signup' }}>{t('landing.signup')}</Link>
      </p>
    </Question>
  );
}

function Code({ model }: { model: LoginModel }): VNode {
  const { t } = useText();
  const { isWorking, error } = useModel(model);
  return (
    <Question title={t('login.code.title')} lead={t('login.code.lead')}>
      <CodeForm
        submit={t(isWorking ? 'common.working' : 'login.finish')}
        back={t('login.restart')}
        isWorking={isWorking}
        refused={error}
        onSubmit={(code) => void model.actions.submitCode(code)}
        onBack={model.actions.restart}
        autoFocus
      />
    </Question>
  );
}
