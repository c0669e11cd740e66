import { createAccount, generatePassphrase, loadWords } from '@crypho/model';
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { useModel, useSurroundings } from '../context.ts';
import { LogOut, RefreshCw } from '../icons.ts';
import { Button } from '../primitives/Button.tsx';
import { Confirm } from '../primitives/Dialog.tsx';
import { Field } from '../primitives/Field.tsx';
import { Form, FormError, useSending } from '../primitives/Form.tsx';
import { useShell } from '../shell/context.ts';

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
  const { isBusy, refused, submit } = useSending(
    () => account.changePassphrase(current, next),
    () => {
      setCurrent('');
      setNext('');
      setSuggested(undefined);
    },
  );
  const suggest = async (): Promise<void> => {
    const { passphrase } = generatePassphrase(await loadWords(text.tag), services.random);
    setSuggested(passphrase);
    setNext(passphrase);
  };
  return (
    <section class="settings-part">
      <h2 class="settings-part-title">{t('security.passphrase')}</h2>
      <p class="settings-lead">{t('security.passphrase.lead')}</p>
      <Form refused={refused} onSubmit={submit}>
        <Field
          label={t('security.passphrase.current')}
          name="current"
          kind="passphrase"
          autoComplete="current-password"
          value={current}
          onInput={setCurrent}
        />
        <Field
          label={t('security.passphrase.next')}
          name="next"
          kind="passphrase"
          autoComplete="new-password"
          value={next}
          onInput={setNext}
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
      </Form>
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
  const { isBusy, refused, submit } = useSending(
    () => account.changeEmail(passphrase, email),
    () => setPassphrase(''),
  );
  return (
    <section class="settings-part">
      <h2 class="settings-part-title">{t('security.email')}</h2>
      <p class="settings-lead">{t('security.email.lead', { email: profile?.email ?? '' })}</p>
      <Form refused={refused} onSubmit={submit}>
        <Field
          label={t('security.email.new')}
          name="email"
          type="email"
          autoComplete="email"
          value={email}
          onInput={setEmail}
        />
        <Field
          label={t('security.email.passphrase')}
          name="passphrase"
          kind="passphrase"
          autoComplete="current-password"
          value={passphrase}
          onInput={setPassphrase}
        />
        <div class="form-actions">
          <Button type="submit" isBusy={isBusy}>
            {t('security.email.submit')}
          </Button>
        </div>
      </Form>
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
