import type { ConversationSummary, Preview } from '@crypho/engine/api';
import type { Text } from '@crypho/i18n';
import { firstNameOf, plainExcerpt } from '@crypho/model';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { useModel, useSurroundings } from '../context.ts';
import { eventText } from '../conversation/eventText.ts';
import { MessageCircle, Plus, Search, UserPlus, Users, X } from '../icons.ts';
import { Avatar } from '../primitives/Avatar.tsx';
import { Button, IconButton } from '../primitives/Button.tsx';
import { Icon } from '../primitives/Icon.tsx';
import { Link } from '../primitives/Link.tsx';
import { MenuButton } from '../primitives/Menu.tsx';
import { FixedList } from '../primitives/FixedList.tsx';
import { Skeleton } from '../primitives/Waiting.tsx';
import { useShell } from './context.ts';
import './ConversationList.css';

const ROW = 68;

/** The conversations, newest first, with a search on top. Up and Down move between them. */
export function ConversationList(): VNode {
  const { text } = useSurroundings();
  const { conversations, open } = useShell();
  const { isLoaded, all, shown, query } = useModel(conversations);
  const { t } = text;
  return (
    <section class="list" aria-label={t('list.label')}>
      <header class="list-header">
        <h1 class="list-title">{t('nav.conversations')}</h1>
        <MenuButton
          label={t('nav.new')}
          icon={Plus}
          items={[
            { label: t('nav.new.direct'), icon: MessageCircle, onPick: () => open('direct') },
            { label: t('nav.new.group'), icon: Users, onPick: () => open('group') },
            { label: t('nav.new.invite'), icon: UserPlus, onPick: () => open('invite') },
          ]}
        />
      </header>
      <div class="list-search" role="search">
        <Icon of={Search} size={16} />
        <input
          type="search"
          class="list-search-field"
          id="conversation-search"
          aria-label={t('list.search')}
          placeholder={t('common.search')}
          value={query}
          onInput={(event) => conversations.actions.search(event.currentTarget.value)}
        />
        {query !== '' && (
          <IconButton
            icon={X}
            size={16}
            label={t('list.search.clear')}
            onClick={() => conversations.actions.search('')}
          />
        )}
      </div>
      {!isLoaded && <Skeleton rows={6} hasPicture />}
      {isLoaded && all.length === 0 && (
        <div class="list-empty">
          <h2>{t('list.empty.title')}</h2>
          <p>{t('list.empty.text')}</p>
          <Button icon={UserPlus} onClick={() => open('invite')}>
            {t('list.empty.action')}
          </Button>
        </div>
      )}
      {all.length > 0 && shown.length === 0 && (
        <p class="list-empty" role="status">
          {t('list.search.none', { query })}
        </p>
      )}
      {shown.length > 0 && <Rows items={shown} />}
    </section>
  );
}

function Rows({ items }: { items: readonly ConversationSummary[] }): VNode {
  const { text, route } = useSurroundings();
  const current = route.kind === 'conversation' ? route.conversationId : undefined;
  const at = Math.max(
    0,
    items.findIndex((each) => each.conversationId === current),
  );
  return (
    <FixedList
      label={text.t('list.label')}
      class="list-scroll"
      rowHeight={ROW}
      count={items.length}
      keyOf={(index) => items[index]?.key ?? ''}
      current={at}
      render={(index, focus) => {
        const item = items[index];
        if (item === undefined) return null;
        return <Row item={item} isCurrent={item.conversationId === current} {...focus} />;
      }}
    />
  );
}

interface RowProps {
  item: ConversationSummary;
  isCurrent: boolean;
  tabIndex: number;
}

function Row({ item, isCurrent, tabIndex }: RowProps): VNode {
  const { text, services } = useSurroundings();
  const { t } = text;
  const anchor = useRef<HTMLAnchorElement>(null);
  const name = item.name === '' ? t('list.unnamed') : item.name;
  const isUnread = item.unread > 0;
  return (
    <Link
      to={{ kind: 'conversation', conversationId: item.conversationId }}
      class={`list-row${isUnread ? ' is-unread' : ''}`}
      isCurrent={isCurrent}
      tabIndex={tabIndex}
      refTo={anchor}
    >
      <Avatar
        id={item.peer?.accountId ?? item.conversationId}
        name={name}
        size={44}
        isGroup={item.kind === 'group'}
      />
      <span class="list-row-texts">
        <span class="list-row-top">
          <span class="list-row-name">
            <bdi>{name}</bdi>
          </span>
          {item.lastTimeMs > 0 && (
            <time class="list-row-time">{text.short(item.lastTimeMs, services.clock.now())}</time>
          )}
        </span>
        <span class="list-row-bottom">
          <span class="list-row-preview">
            <PreviewLine item={item} />
          </span>
          {item.hasMention && (
            <span class="list-row-mention">
              <span aria-hidden="true">@</span>
              <span class="hidden-text">{t('list.mention')}</span>
            </span>
          )}
          {isUnread && (
            <span class="list-row-unread">
              <span aria-hidden="true">{item.unread > 99 ? '99+' : text.number(item.unread)}</span>
              <span class="hidden-text">{t('list.unread', { count: item.unread })}</span>
            </span>
          )}
        </span>
      </span>
    </Link>
  );
}

function PreviewLine({ item }: { item: ConversationSummary }): VNode {
  const { text } = useSurroundings();
  const { t } = text;
  if (item.typing.length > 0) {
    const names = text.list(item.typing.map(firstNameOf));
    const words = item.kind === 'group' ? t('list.typing.who', { names }) : t('list.typing');
    return <span class="list-row-typing">{words}</span>;
  }
  if (item.draft !== undefined && item.draft !== '') {
    return (
      <span class="list-row-draft">{t('list.draft', { text: plainExcerpt(item.draft) })}</span>
    );
  }
  if (!item.isCurrent) return <span>{t('list.left')}</span>;
  return <span>{previewText(item.preview, item.kind, text)}</span>;
}

export function previewText(preview: Preview, kind: 'direct' | 'group', text: Text): string {
  const { t } = text;
  switch (preview.kind) {
    case 'none':
      return t('list.preview.none');
    case 'deleted':
      return t('list.preview.deleted');
    case 'unreadable':
      return t('list.preview.unreadable');
    case 'event':
      return eventText(preview.event, text);
    case 'text': {
      const excerpt = plainExcerpt(preview.text, 120);
      if (preview.sender.isSelf) return t('list.preview.you', { text: excerpt });
      if (kind === 'direct') return excerpt;
      return t('list.preview.who', { name: firstNameOf(preview.sender), text: excerpt });
    }
  }
}
