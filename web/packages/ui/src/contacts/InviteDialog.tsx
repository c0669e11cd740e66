import { NOTE_MAX } from '@crypho/model';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useText } from '../context.ts';
import { Button } from '../primitives/Button.tsx';
import { Dialog } from '../primitives/Dialog.tsx';
import { Field } from '../primitives/Field.tsx';
import { Form, useSending } from '../primitives/Form.tsx';
import { useShell } from '../shell/context.ts';

/** Invites someone by e-mail address, with a note. */
export function InviteDialog({ onClose }: { onClose: () => void }): VNode {
  const { t } = useText();
  const { contacts } = useShell();
  const [email, setEmail] = useState('');
  const [note, setNote] = useState('');
  const { isBusy, refused, submit } = useSending(
    () => contacts.actions.invite(email, note),
    onClose,
  );
  return (
    <Dialog title={t('invite.title')} onClose={onClose}>
      <Form refused={refused} onSubmit={submit}>
        <p class="form-lead">{t('invite.lead')}</p>
        <Field
          label={t('invite.email')}
          name="email"
          type="email"
          value={email}
          onInput={setEmail}
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
      </Form>
    </Dialog>
  );
}
