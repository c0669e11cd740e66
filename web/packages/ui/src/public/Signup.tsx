import { NAME_MAX, type SignupModel, type SignupSnapshot } from '@crypho/model';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useModel, useText } from '../context.ts';
import { Button } from '../primitives/Button.tsx';
import { Field } from '../primitives/Field.tsx';
import { Form, FormError } from '../primitives/Form.tsx';
import { Link } from '../primitives/Link.tsx';
import { Waiting } from '../primitives/Waiting.tsx';
import { PublicFrame, Question } from './PublicFrame.tsx';
import { PassphraseStep } from './PassphraseStep.tsx';
import { TotpStep } from './TotpStep.tsx';

export interface StepProps {
  readonly model: SignupModel;
  readonly snapshot: SignupSnapshot;
}

const NUMBERED = ['name', 'passphrase', 'totp'] as const;

/** New account, one question a screen. */
export function Signup({ model }: { model: SignupModel }): VNode {
  const { t } = useText();
  const snapshot = useModel(model);
  const step = NUMBERED.findIndex((each) => each === snapshot.step) + 1;
  return (
    <PublicFrame>
      {step > 0 && (
        <p class="question-progress">{t('signup.progress', { step, total: NUMBERED.length })}</p>
      )}
      <Step model={model} snapshot={snapshot} />
    </PublicFrame>
  );
}

function Step(props: StepProps): VNode {
  switch (props.snapshot.step) {
    case 'email':
      return <EmailStep {...props} />;
    case 'sent':
      return <SentStep {...props} />;
    case 'opening':
      return <OpeningStep {...props} />;
    case 'expired':
      return <ExpiredStep {...props} />;
    case 'name':
      return <NameStep {...props} />;
    case 'passphrase':
      return <PassphraseStep {...props} />;
    case 'totp':
      return <TotpStep {...props} />;
  }
}

function EmailStep({ model, snapshot }: StepProps): VNode {
  const { t } = useText();
  const { error, isWorking } = snapshot;
  const [email, setEmail] = useState(snapshot.email);
  return (
    <Question title={t('signup.email.title')} lead={t('signup.email.lead')}>
      <Form refused={error} onSubmit={() => void model.actions.submitEmail(email)}>
        <Field
          label={t('signup.email')}
          name="email"
          type="email"
          autoComplete="email"
          value={email}
          onInput={setEmail}
          autoFocus
        />
        <div class="question-actions">
          <Button kind="primary" type="submit" isBusy={isWorking}>
            {t('signup.email.submit')}
          </Button>
        </div>
      </Form>
      <p class="question-aside">
        {t('signup.email.has')} <Link to={{ kind: 'login' }}>{t('landing.login')}</Link>
      </p>
    </Question>
  );
}

function SentStep({ model, snapshot }: StepProps): VNode {
  const text = useText();
  const { t } = text;
  const { error, isWorking, email } = snapshot;
  return (
    <Question title={t('signup.sent.title')} lead={t('signup.sent.lead', { email })} focuses>
      {error?.field === 'form' && <FormError>{error.said.say(text)}</FormError>}
      <p>{t('signup.sent.hint')}</p>
      <div class="question-actions">
        <Button isBusy={isWorking} onClick={() => void model.actions.sendAgain()}>
          {t('signup.sent.again')}
        </Button>
        <Button kind="quiet" onClick={model.actions.otherAddress}>
          {t('signup.sent.other')}
        </Button>
      </div>
    </Question>
  );
}

function OpeningStep({ snapshot }: StepProps): VNode {
  const text = useText();
  const { error } = snapshot;
  return (
    <Question title={text.t('signup.opening')} focuses>
      {error === undefined ? <Waiting /> : <FormError>{error.said.say(text)}</FormError>}
    </Question>
  );
}

function ExpiredStep({ model }: StepProps): VNode {
  const { t } = useText();
  return (
    <Question title={t('signup.expired.title')} lead={t('signup.expired.lead')} focuses>
      <div class="question-actions">
        <Button kind="primary" onClick={model.actions.otherAddress}>
          {t('signup.expired.again')}
        </Button>
      </div>
    </Question>
  );
}

function NameStep({ model, snapshot }: StepProps): VNode {
  const { t } = useText();
  const [name, setName] = useState(snapshot.displayName);
  return (
    <Question title={t('signup.name.title')} lead={t('signup.name.lead')}>
      <Form refused={snapshot.error} onSubmit={() => model.actions.submitName(name)}>
        <Field
          label={t('signup.name')}
          name="name"
          autoComplete="name"
          maxLength={NAME_MAX}
          value={name}
          onInput={setName}
          autoFocus
        />
        <div class="question-actions">
          <Button kind="primary" type="submit">
            {t('common.continue')}
          </Button>
        </div>
      </Form>
    </Question>
  );
}
