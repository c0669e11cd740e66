import type { VNode } from 'preact';
import { useModel, useSurroundings } from '../context.ts';
import { UserPlus } from '../icons.ts';
import { Avatar } from '../primitives/Avatar.tsx';
import { Button } from '../primitives/Button.tsx';
import { Dialog } from '../primitives/Dialog.tsx';
import { useShell } from '../shell/context.ts';
import './Members.css';

/** Chooses whom to write to. */
export function DirectDialog({ onClose }: { onClose: () => void }): VNode {
  const { text, navigate } = useSurroundings();
  const { contacts, open } = useShell();
  const { people } = useModel(contacts);
  const { t } = text;
  const pick = async (accountId: string): Promise<void> => {
    const conversationId = await contacts.actions.openDirect(accountId);
    if (conversationId === undefined) return;
    onClose();
    navigate({ kind: 'conversation', conversationId });
  };
  return (
    <Dialog title={t('direct.title')} onClose={onClose}>
      {people.length === 0 ? (
        <>
          <p>{t('direct.empty')}</p>
          <div class="dialog-actions">
            <Button kind="primary" icon={UserPlus} onClick={() => open('invite')}>
              {t('contacts.invite')}
            </Button>
          </div>
        </>
      ) : (
        <>
          <p class="form-lead">{t('direct.lead')}</p>
          <ul class="choices">
            {people.map(({ person }) => (
              <li key={person.accountId}>
                <button
                  type="button"
                  class="choices-person"
                  onClick={() => void pick(person.accountId)}
                >
                  <Avatar id={person.accountId} name={person.displayName} size={36} />
                  <bdi>{person.displayName}</bdi>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </Dialog>
  );
}
