import type { ContactsModel, ConversationsModel, GroupActions, SessionModel } from '@crypho/model';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

export type ShellDialog = 'invite' | 'direct' | 'group' | 'palette' | 'shortcuts';

/** What the parts of the shell share. */
export interface ShellParts {
  readonly session: SessionModel;
  readonly conversations: ConversationsModel;
  readonly contacts: ContactsModel;
  readonly groups: GroupActions;
  open(dialog: ShellDialog): void;
}

export const ShellContext = createContext<ShellParts | undefined>(undefined);

export function useShell(): ShellParts {
  const found = useContext(ShellContext);
  if (found === undefined) throw new Error('A part outside the shell');
  return found;
}
