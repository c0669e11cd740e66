import {
  createContacts,
  createConversations,
  createGroups,
  type Route,
  type SessionModel,
} from '@crypho/model';
import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useModel, useOwnModel, useSurroundings } from '../context.ts';
import { ContactsView } from '../contacts/ContactsView.tsx';
import { InviteDialog } from '../contacts/InviteDialog.tsx';
import { ConversationView } from '../conversation/ConversationView.tsx';
import { DirectDialog } from '../group/DirectDialog.tsx';
import { NewGroupDialog } from '../group/NewGroupDialog.tsx';
import { lazy } from '../lazy.tsx';
import { PHONE, useMedia } from '../media.ts';
import { WaitingPage } from '../primitives/Waiting.tsx';
import { Palette } from '../palette/Palette.tsx';
import { Shortcuts } from '../palette/Shortcuts.tsx';
import { ConnectionBanner } from './ConnectionBanner.tsx';
import { ConversationList } from './ConversationList.tsx';
import { ShellContext, type ShellDialog, type ShellParts } from './context.ts';
import { Rail } from './Rail.tsx';
import { useShortcuts } from './useShortcuts.ts';
import { Welcome } from './Welcome.tsx';
import './Shell.css';

const SettingsView = lazy(async () => (await import('../settings/SettingsView.tsx')).SettingsView);

interface ShellProps {
  sessionModel: SessionModel;
  onTitle: (title: string) => void;
}

/** The app once one is in: rail, list, and what is open. On a phone one of them at a time. */
export function Shell({ sessionModel, onTitle }: ShellProps): VNode {
  const { services, route, text } = useSurroundings();
  const [dialog, setDialog] = useState<ShellDialog | undefined>(undefined);
  const conversations = useOwnModel(() => createConversations(services));
  const contacts = useOwnModel(() => createContacts(services));
  const parts: ShellParts = useMemo(
    () => ({
      session: sessionModel,
      conversations,
      contacts,
      groups: createGroups(services),
      open: setDialog,
    }),
    [sessionModel, conversations, contacts],
  );
  useShortcuts(parts);
  const { unread, all, isLoaded } = useModel(conversations);
  const page = usePageName(route, all);
  const isListAlone = useMedia(PHONE) && sideOf(route) === 'list';
  useEffect(() => {
    const { t } = text;
    onTitle(unread > 0 ? t('app.title.unread', { count: unread, page }) : t('app.title', { page }));
  }, [unread, page, text]);
  return (
    <ShellContext.Provider value={parts}>
      <a href="#main" class="skip">
        {text.t('app.skip')}
      </a>
      <div class="shell" data-front={sideOf(route)}>
        <ConnectionBanner />
        <Rail />
        <div
          class="shell-list"
          {...(isListAlone ? { role: 'main', id: 'main', tabIndex: -1 } : {})}
        >
          <ConversationList />
        </div>
        <div class="shell-main">{!isListAlone && <Content route={route} isReady={isLoaded} />}</div>
      </div>
      <p class="hidden-text" id="conversation-announcer" aria-live="polite" />
      <Dialogs dialog={dialog} onClose={() => setDialog(undefined)} />
    </ShellContext.Provider>
  );
}

/** On a phone: whether the list or the content is in front. */
const sideOf = (route: Route): 'list' | 'content' | 'page' => {
  if (route.kind === 'conversations') return 'list';
  return route.kind === 'conversation' ? 'content' : 'page';
};

function usePageName(
  route: Route,
  all: readonly { conversationId: string; name: string }[],
): string {
  const { t } = useSurroundings().text;
  switch (route.kind) {
    case 'contacts':
      return t('contacts.title');
    case 'settings':
      return t('settings.title');
    case 'conversation': {
      const found = all.find((each) => each.conversationId === route.conversationId);
      return found === undefined || found.name === '' ? t('nav.conversations') : found.name;
    }
    default:
      return t('nav.conversations');
  }
}

/** A conversation opens once the list tells where its unread messages begin. */
function Content({ route, isReady }: { route: Route; isReady: boolean }): VNode {
  switch (route.kind) {
    case 'conversation':
      if (!isReady) return <WaitingPage />;
      return <ConversationView key={route.conversationId} conversationId={route.conversationId} />;
    case 'contacts':
      return <ContactsView />;
    case 'settings':
      return <SettingsView {...(route.section === undefined ? {} : { section: route.section })} />;
    default:
      return <Welcome />;
  }
}

function Dialogs(props: { dialog: ShellDialog | undefined; onClose: () => void }): VNode | null {
  const { onClose } = props;
  switch (props.dialog) {
    case 'invite':
      return <InviteDialog onClose={onClose} />;
    case 'direct':
      return <DirectDialog onClose={onClose} />;
    case 'group':
      return <NewGroupDialog onClose={onClose} />;
    case 'palette':
      return <Palette onClose={onClose} />;
    case 'shortcuts':
      return <Shortcuts onClose={onClose} />;
    case undefined:
      return null;
  }
}
