import { NOTE_MAX, type InviteAnswer } from '@crypho/model';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useText } from '../context.ts';
import { Button } from '../primitives/Button.tsx';
import { Dialog } from '../primitives/Dialog.tsx';
import { Field, FormError } from '../primitives/Field.tsx';
import { useShell } from '../shell/context.ts';
import { submitting } from '../submitting.ts';
import '../primitives/Form.css';

type Refused = Extract<InviteAnswer, { kind: 'refused' }>;

/** Invites someone by e-mail address, with a note. */
export function InviteDialog({ onClose }: { onClose: () => void }): VNode {
  const text = useText();
  const { t } = text;
  const { contacts } = useShell();
  const [email, setEmail] = useState('');
  const [note, setNote] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [refused, setRefused] = useState<Refused | undefined>(undefined);
  const send = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    const answer = await contacts.actions.invite(email, note);
    setBusy(false);
    if (answer.kind === 'invited') onClose();
    else setRefused(answer);
  };
  return (
    <Dialog title={t('invite.title')} onClose={onClose}>
      <form class="form" noValidate onSubmit={submitting(() => void send())}>
        <p class="form-lead">{t('invite.lead')}</p>
        {refused?.field === 'form' && <FormError>{refused.said.say(text)}</FormError>}
        <Field
          label={t('invite.email')}
          type="email"
          value={email}
          onInput={setEmail}
          error={refused?.field === 'email' ? refused.said.say(text) : undefined}
          autoFocus
        />
        <Field
          label={t('invite.note')}
          hint={t('invite.note.hint')}
          kind="area"
          maxLength={NOTE_MAX}
          value={note}
          onInput={setNote}
          isOptional
        />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" type="submit" isBusy={isBusy}>
            {t('invite.submit')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
