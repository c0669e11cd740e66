import { createAccount, NAME_MAX } from '@crypho/model';
import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useModel, useSurroundings } from '../context.ts';
import { Avatar } from '../primitives/Avatar.tsx';
import { Button } from '../primitives/Button.tsx';
import { Check, Choice, Field } from '../primitives/Field.tsx';
import { Form, useSending } from '../primitives/Form.tsx';
import { Link } from '../primitives/Link.tsx';
import { Skeleton } from '../primitives/Waiting.tsx';
import { useShell } from '../shell/context.ts';

export function ProfileSection(): VNode {
  const { text, services } = useSurroundings();
  const { t } = text;
  const { profile } = useModel(useShell().session);
  const account = useMemo(() => createAccount(services), [services]);
  const [name, setName] = useState(profile?.displayName ?? '');
  const { isBusy, refused, submit } = useSending(() => account.rename(name));
  useEffect(() => setName(profile?.displayName ?? ''), [profile?.displayName]);
  if (profile === undefined) return <Skeleton rows={2} hasPicture />;
  return (
    <>
      <div class="settings-self">
        <Avatar id={profile.accountId} name={profile.displayName} size={72} />
        <div>
          <p>
            <bdi>
              <strong>{profile.displayName}</strong>
            </bdi>
          </p>
          <p class="field-hint">{t('profile.picture')}</p>
        </div>
      </div>
      <Form refused={refused} onSubmit={submit}>
        <Field
          label={t('profile.name')}
          name="name"
          hint={t('profile.name.hint')}
          autoComplete="name"
          maxLength={NAME_MAX}
          value={name}
          onInput={setName}
        />
        <div class="form-actions">
          <Button kind="primary" type="submit" isBusy={isBusy}>
            {t('common.save')}
          </Button>
        </div>
      </Form>
      <dl class="settings-facts">
        <dt>{t('profile.email')}</dt>
        <dd>{profile.email}</dd>
        <dd>
          <Link to={{ kind: 'settings', section: 'security' }}>{t('profile.email.change')}</Link>
        </dd>
      </dl>
      <p class="field-hint">{t('profile.since', { date: text.date(profile.createdAtMs) })}</p>
    </>
  );
}

export function PrivacySection(): VNode {
  const { t } = useSurroundings().text;
  const { session } = useShell();
  const { settings } = useModel(session);
  if (settings === undefined) return <Skeleton rows={2} />;
  return (
    <div class="settings-part">
      <p class="settings-lead">{t('privacy.lead')}</p>
      <Check
        label={t('privacy.read')}
        hint={t('privacy.read.hint')}
        isSwitch
        isChecked={settings.sendsReadMarks}
        onChange={(sendsReadMarks) => session.actions.changeSettings({ sendsReadMarks })}
      />
      <Check
        label={t('privacy.typing')}
        hint={t('privacy.typing.hint')}
        isSwitch
        isChecked={settings.sendsTyping}
        onChange={(sendsTyping) => session.actions.changeSettings({ sendsTyping })}
      />
    </div>
  );
}

const THEMES = ['system', 'light', 'dark', 'high-contrast'] as const;
const LANGUAGES = ['nb', 'en'] as const;

export function AppearanceSection(): VNode {
  const { text, services, setLanguage } = useSurroundings();
  const { t } = text;
  const { session } = useShell();
  const { settings } = useModel(session);
  if (settings === undefined) return <Skeleton rows={2} />;
  return (
    <>
      <Choice
        legend={t('appearance.theme')}
        value={settings.theme}
        options={THEMES.map((value) => ({ value, label: t(`appearance.theme.${value}`) }))}
        onChange={(theme) => session.actions.changeSettings({ theme })}
      />
      <Choice
        legend={t('language.label')}
        value={text.tag}
        options={LANGUAGES.map((value) => ({ value, label: t(`language.${value}`) }))}
        onChange={(language) => {
          setLanguage(language);
          void createAccount(services).setLanguage(language);
        }}
      />
    </>
  );
}

export function AboutSection(): VNode {
  const { text, platform } = useSurroundings();
  const { t } = text;
  const { open } = useShell();
  return (
    <div class="settings-part">
      <p>{t('about.text')}</p>
      <p class="settings-lead">{t('about.licence')}</p>
      <p class="settings-lead">{t('about.version', { version: platform.version })}</p>
      <div class="form-actions">
        <Button onClick={() => open('shortcuts')}>{t('about.shortcuts')}</Button>
      </div>
    </div>
  );
}
