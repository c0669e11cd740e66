import { createAccount, generatePassphrase, loadWords, type AccountAnswer } from '@crypho/model';
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { useModel, useSurroundings } from '../context.ts';
import { LogOut, RefreshCw } from '../icons.ts';
import { Button } from '../primitives/Button.tsx';
import { Confirm } from '../primitives/Dialog.tsx';
import { Field, FormError } from '../primitives/Field.tsx';
import { useShell } from '../shell/context.ts';
import { submitting } from '../submitting.ts';
import '../primitives/Form.css';

export function SecuritySection(): VNode {
  return (
    <>
      <PassphrasePart />
      <EmailPart />
      <LogOutPart />
    </>
  );
}

function PassphrasePart(): VNode {
  const { text, services } = useSurroundings();
  const { t } = text;
  const account = useMemo(() => createAccount(services), [services]);
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [suggested, setSuggested] = useState<string | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<AccountAnswer<'current' | 'next'> | undefined>(undefined);
  const errorOf = (field: string): string | undefined =>
    answer?.kind === 'refused' && answer.field === field ? answer.said.say(text) : undefined;
  const suggest = async (): Promise<void> => {
    const { passphrase } = generatePassphrase(await loadWords(text.tag), services.random);
    setSuggested(passphrase);
    setNext(passphrase);
  };
  const change = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    const answered = await account.changePassphrase(current, next);
    setBusy(false);
    setAnswer(answered);
    if (answered.kind !== 'done') return;
    setCurrent('');
    setNext('');
    setSuggested(undefined);
  };
  return (
    <section class="settings-part">
      <h2 class="settings-part-title">{t('security.passphrase')}</h2>
      <p class="settings-lead">{t('security.passphrase.lead')}</p>
      <form class="form" noValidate onSubmit={submitting(() => void change())}>
        {errorOf('form') !== undefined && <FormError>{errorOf('form')}</FormError>}
        <Field
          label={t('security.passphrase.current')}
          kind="passphrase"
          autoComplete="current-password"
          value={current}
          onInput={setCurrent}
          error={errorOf('current')}
        />
        <Field
          label={t('security.passphrase.next')}
          kind="passphrase"
          autoComplete="new-password"
          value={next}
          onInput={setNext}
          error={errorOf('next')}
        />
        {suggested !== undefined && suggested === next && (
          <output class="settings-suggested" aria-label={t('signup.passphrase.generated')}>
            {suggested}
          </output>
        )}
        <div class="form-actions">
          <Button kind="primary" type="submit" isBusy={isBusy}>
            {t('security.passphrase.submit')}
          </Button>
          <Button kind="quiet" icon={RefreshCw} onClick={() => void suggest()}>
            {t('security.passphrase.suggest')}
          </Button>
        </div>
      </form>
    </section>
  );
}

function EmailPart(): VNode {
  const { text, services } = useSurroundings();
  const { t } = text;
  const { profile } = useModel(useShell().session);
  const account = useMemo(() => createAccount(services), [services]);
  const [email, setEmail] = useState('');
  const [passphrase, setPassphrase] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<AccountAnswer<'email' | 'passphrase'> | undefined>(
    undefined,
  );
  const errorOf = (field: string): string | undefined =>
    answer?.kind === 'refused' && answer.field === field ? answer.said.say(text) : undefined;
  const send = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    const answered = await account.changeEmail(passphrase, email);
    setBusy(false);
    setAnswer(answered);
    if (answered.kind === 'done') setPassphrase('');
  };
  return (
    <section class="settings-part">
      <h2 class="settings-part-title">{t('security.email')}</h2>
      <p class="settings-lead">{t('security.email.lead', { email: profile?.email ?? '' })}</p>
      <form class="form" noValidate onSubmit={submitting(() => void send())}>
        {errorOf('form') !== undefined && <FormError>{errorOf('form')}</FormError>}
        <Field
          label={t('security.email.new')}
          type="email"
          value={email}
          onInput={setEmail}
          error={errorOf('email')}
        />
        <Field
          label={t('security.email.passphrase')}
          kind="passphrase"
          autoComplete="current-password"
          value={passphrase}
          onInput={setPassphrase}
          error={errorOf('passphrase')}
        />
        <div class="form-actions">
          <Button type="submit" isBusy={isBusy}>
            {t('security.email.submit')}
          </Button>
        </div>
      </form>
    </section>
  );
}

function LogOutPart(): VNode {
  const { t } = useSurroundings().text;
  const { session } = useShell();
  const { connection } = useModel(session);
  const [isAsking, setAsking] = useState(false);
  const waiting = connection.kind === 'offline' ? connection.waiting : 0;
  return (
    <section class="settings-part">
      <h2 class="settings-part-title">{t('security.logout')}</h2>
      <p class="settings-lead">{t('security.logout.lead')}</p>
      <div class="form-actions">
        <Button icon={LogOut} onClick={() => setAsking(true)}>
          {t('security.logout')}
        </Button>
      </div>
      {isAsking && (
        <Confirm
          title={t('security.logout.title')}
          text={t('security.logout.text')}
          confirm={t('security.logout.confirm')}
          onConfirm={() => void session.actions.logOut()}
          onClose={() => setAsking(false)}
        >
          {waiting > 0 && <FormError>{t('security.logout.waiting', { count: waiting })}</FormError>}
        </Confirm>
      )}
    </section>
  );
}
