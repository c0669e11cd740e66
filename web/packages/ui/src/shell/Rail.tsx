import type { VNode } from 'preact';
import { useModel, useSurroundings } from '../context.ts';
import { MessageCircle, Search, SettingsIcon, Users } from '../icons.ts';
import { Avatar } from '../primitives/Avatar.tsx';
import { IconButton } from '../primitives/Button.tsx';
import { Icon, type IconNode } from '../primitives/Icon.tsx';
import { Link } from '../primitives/Link.tsx';
import { Mark } from '../primitives/Mark.tsx';
import type { Route } from '@crypho/model';
import { useShell } from './context.ts';
import './Rail.css';

/** The three places, on the side; on a phone along the bottom. */
export function Rail(): VNode {
  const { text, route } = useSurroundings();
  const { session, conversations, contacts, open } = useShell();
  const { profile } = useModel(session);
  const { unread } = useModel(conversations);
  const { received } = useModel(contacts);
  const { t } = text;
  const isTalking = route.kind === 'conversations' || route.kind === 'conversation';
  return (
    <nav class="rail" aria-label={t('nav.label')}>
      <span class="rail-mark">
        <Mark size={32} />
      </span>
      <Place
        to={{ kind: 'conversations' }}
        icon={MessageCircle}
        label={t('nav.conversations')}
        isCurrent={isTalking}
        count={unread}
      />
      <Place
        to={{ kind: 'contacts' }}
        icon={Users}
        label={
          received.length > 0
            ? t('nav.contacts.waiting', { count: received.length })
            : t('nav.contacts')
        }
        name={t('nav.contacts')}
        isCurrent={route.kind === 'contacts'}
        count={received.length}
      />
      <Place
        to={{ kind: 'settings' }}
        icon={SettingsIcon}
        label={t('nav.settings')}
        isCurrent={route.kind === 'settings'}
        count={0}
      />
      <span class="rail-space" />
      <span class="rail-palette">
        <IconButton icon={Search} label={t('nav.palette')} onClick={() => open('palette')} />
      </span>
      {profile !== undefined && (
        <Link
          to={{ kind: 'settings', section: 'profile' }}
          class="rail-self"
          tip={profile.displayName}
        >
          <span class="hidden-text">{profile.displayName}</span>
          <Avatar id={profile.accountId} name={profile.displayName} size={36} />
        </Link>
      )}
    </nav>
  );
}

interface PlaceProps {
  to: Route;
  icon: IconNode;
  label: string;
  name?: string;
  isCurrent: boolean;
  count: number;
}

function Place({ to, icon, label, name, isCurrent, count }: PlaceProps): VNode {
  const { text } = useSurroundings();
  return (
    <Link to={to} class="rail-place" tip={label} isCurrent={isCurrent}>
      <span class="hidden-text">{label}</span>
      <span class="rail-icon" aria-hidden="true">
        <Icon of={icon} size={22} />
        {count > 0 && <span class="rail-count">{count > 99 ? '99+' : text.number(count)}</span>}
      </span>
      <span class="rail-name" aria-hidden="true">
        {name ?? label}
      </span>
    </Link>
  );
}
