import { GROUP_NAME_MAX } from '@crypho/model';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useModel, useSurroundings } from '../context.ts';
import { Button } from '../primitives/Button.tsx';
import { Dialog } from '../primitives/Dialog.tsx';
import { Check, Field } from '../primitives/Field.tsx';
import { Form, useSending } from '../primitives/Form.tsx';
import { PersonPicker } from '../primitives/PersonPicker.tsx';
import { useShell } from '../shell/context.ts';

/** Makes a group: its name, its people, and whether those who come later see what came before. */
export function NewGroupDialog({ onClose }: { onClose: () => void }): VNode {
  const { text, navigate } = useSurroundings();
  const { t } = text;
  const { contacts, groups } = useShell();
  const { people } = useModel(contacts);
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [sharesHistory, setSharesHistory] = useState(false);
  const { isBusy, refused, submit } = useSending(
    () => groups.create(name, [...chosen], sharesHistory),
    ({ conversationId }) => {
      onClose();
      navigate({ kind: 'conversation', conversationId });
    },
  );
  return (
    <Dialog title={t('group.new.title')} onClose={onClose}>
      <Form refused={refused} onSubmit={submit}>
        <Field
          label={t('group.new.name')}
          name="name"
          maxLength={GROUP_NAME_MAX}
          value={name}
          onInput={setName}
          autoFocus
        />
        {people.length === 0 ? (
          <p class="form-lead">{t('group.new.none')}</p>
        ) : (
          <PersonPicker
            label={t('group.new.people')}
            people={people.map(({ person }) => person)}
            chosen={chosen}
            onChange={setChosen}
          />
        )}
        <Check
          label={t('group.new.history')}
          hint={t('group.new.history.hint')}
          isChecked={sharesHistory}
          onChange={setSharesHistory}
        />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" type="submit" isBusy={isBusy}>
            {t('group.new.submit')}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
