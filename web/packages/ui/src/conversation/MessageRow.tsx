import type { Delivery, MessageItem } from '@crypho/engine/api';
import type { Text } from '@crypho/i18n';
import { failed, nameOf, plainExcerpt, type ConversationActions, type Row } from '@crypho/model';
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useSurroundings, useText } from '../context.ts';
import {
  CheckCheck,
  CheckMark,
  CircleAlert,
  ClockIcon,
  Copy,
  Pencil,
  Reply,
  RotateCcw,
  Trash2,
  X,
} from '../icons.ts';
import { Avatar } from '../primitives/Avatar.tsx';
import { Button, IconButton } from '../primitives/Button.tsx';
import { Icon } from '../primitives/Icon.tsx';
import { Menu, MenuButton, type MenuItem } from '../primitives/Menu.tsx';
import { memo } from '../memo.ts';
import { Formatted } from './Formatted.tsx';
import { QuickReactions, ReactionPicker, Reactions } from './Reactions.tsx';
import './MessageRow.css';

type MessageRowData = Extract<Row, { kind: 'message' }>;

interface MessageRowProps {
  item: MessageItem;
  isFirst: boolean;
  isLast: boolean;
  isGroup: boolean;
  canWrite: boolean;
  /** Whoever runs a group may take away what others wrote. */
  mayDeleteAll: boolean;
  isFocusStop: boolean;
  text: Text;
  actions: ConversationActions;
  onDelete: (item: MessageItem) => void;
  onShow: (key: string) => void;
}

export const messageProps = (
  row: MessageRowData,
): Pick<MessageRowProps, 'item' | 'isFirst' | 'isLast'> => ({
  item: row.item,
  isFirst: row.isFirst,
  isLast: row.isLast,
});

const LONG_PRESS_MS = 450;

/** One message. Its actions show on hover, on focus and on a long press. */
export const MessageRow = memo((props: MessageRowProps): VNode => {
  const { item, isFirst, isLast, isGroup, text } = props;
  const { sender, body } = item;
  const { t } = text;
  const [menuAt, setMenuAt] = useState<{ x: number; y: number } | undefined>(undefined);
  const article = useRef<HTMLElement>(null);
  const press = useLongPress((x, y) => setMenuAt({ x, y }));
  const closeMenu = (): void => {
    setMenuAt(undefined);
    article.current?.focus({ preventScroll: true });
  };
  const items = useMenu(props);
  const isOwn = sender.isSelf;
  const time = text.time(item.timeMs);
  return (
    <article
      class={`message${isOwn ? ' is-own' : ''}${isFirst ? ' is-first' : ''}${isLast ? ' is-last' : ''}${item.mentionsSelf ? ' is-mention' : ''}`}
      aria-label={t('message.by', { name: nameOf(sender, text), time })}
      tabIndex={props.isFocusStop ? 0 : -1}
      data-message={item.key}
      ref={article}
      {...press}
    >
      {isGroup && !isOwn && (
        <span class="message-picture">
          {isFirst && <Avatar id={sender.accountId} name={sender.displayName} size={32} />}
        </span>
      )}
      <div class="message-column">
        {isFirst && isGroup && !isOwn && (
          <span class="message-sender">
            <bdi>{sender.displayName}</bdi>
          </span>
        )}
        <div class="message-line">
          <div class={`bubble bubble-${body.kind}`}>
            <Quoted {...props} />
            <Body item={item} />
            <Meta item={item} isTimeShown={isLast} />
          </div>
          {body.kind === 'text' && item.delivery.kind !== 'failed' && props.canWrite && (
            <div class="message-tools">
              <ReactionPicker
                tabIndex={props.isFocusStop ? 0 : -1}
                onPick={(emoji) => void props.actions.react(item, emoji)}
              />
              <IconButton
                icon={Reply}
                size={18}
                label={t('message.reply')}
                tabIndex={props.isFocusStop ? 0 : -1}
                onClick={() => props.actions.reply(item)}
              />
              <MenuButton
                label={t('message.actions')}
                items={items}
                size={18}
                tabIndex={props.isFocusStop ? 0 : -1}
              />
            </div>
          )}
        </div>
        {item.reactions.length > 0 && (
          <Reactions item={item} onToggle={(emoji) => void props.actions.react(item, emoji)} />
        )}
        {item.delivery.kind === 'failed' && <Failed item={item} actions={props.actions} />}
      </div>
      {menuAt !== undefined && items.length > 0 && (
        <Menu
          label={t('message.actions')}
          items={items}
          header={
            body.kind === 'text' && item.seq > 0 && props.canWrite ? (
              <QuickReactions
                onPick={(emoji) => {
                  closeMenu();
                  void props.actions.react(item, emoji);
                }}
              />
            ) : undefined
          }
          anchor={() => ({ left: menuAt.x, right: menuAt.x, top: menuAt.y, bottom: menuAt.y })}
          onClose={closeMenu}
        />
      )}
    </article>
  );
});

function useMenu(props: MessageRowProps): readonly MenuItem[] {
  const { item, actions, onDelete, canWrite } = props;
  const { platform, text } = useSurroundings();
  const { t } = text;
  const { body } = item;
  if (body.kind !== 'text') return [];
  const copy: MenuItem = {
    label: t('message.copy'),
    icon: Copy,
    onPick: () => void platform.copy(body.text),
  };
  if (!canWrite) return [copy];
  const items: MenuItem[] = [
    { label: t('message.reply'), icon: Reply, onPick: () => actions.reply(item) },
    copy,
  ];
  if (item.seq > 0 && item.sender.isSelf) {
    items.push({ label: t('message.edit'), icon: Pencil, onPick: () => actions.edit(item) });
  }
  if (item.seq > 0 && (item.sender.isSelf || props.mayDeleteAll)) {
    items.push({
      label: t('message.delete'),
      icon: Trash2,
      isDanger: true,
      onPick: () => onDelete(item),
    });
  }
  return items;
}

function Body({ item }: { item: MessageItem }): VNode {
  const { t } = useText();
  const { body } = item;
  switch (body.kind) {
    case 'text':
      return (
        <Formatted
          text={body.text}
          mentions={body.mentions.map((person) => person.displayName).join('\n')}
        />
      );
    case 'deleted':
      return <p class="bubble-note">{t('message.deleted')}</p>;
    case 'newer-version':
      return <p class="bubble-note">{t('message.newer')}</p>;
    case 'unreadable':
      return (
        <div class="bubble-note">
          <p>{t(`unreadable.${body.reason}`)}</p>
          <p>{t(body.isBeingRepaired ? 'unreadable.repairing' : 'unreadable.not-repairing')}</p>
        </div>
      );
  }
}

function Quoted({ item, onShow }: MessageRowProps): VNode | null {
  const text = useText();
  const { replyTo } = item;
  if (replyTo === undefined || item.body.kind !== 'text') return null;
  const name = nameOf(replyTo.sender, text);
  return (
    <button type="button" class="quoted" tabIndex={-1} onClick={() => onShow(replyTo.key)}>
      <span class="hidden-text">{text.t('message.reply.show', { name })}</span>
      <bdi class="quoted-name" aria-hidden="true">
        {name}
      </bdi>
      <span class="quoted-text">
        {replyTo.isDeleted ? text.t('message.reply.deleted') : plainExcerpt(replyTo.excerpt)}
      </span>
    </button>
  );
}

function Meta({ item, isTimeShown }: { item: MessageItem; isTimeShown: boolean }): VNode | null {
  const text = useText();
  const { delivery, isEdited } = item;
  const isNews = delivery.kind === 'sending' || delivery.kind === 'waiting';
  const isShown = isTimeShown || isEdited || isNews;
  if (!isShown || delivery.kind === 'failed') return null;
  return (
    <span class="meta">
      {item.mentionsSelf && <span class="hidden-text">{text.t('message.mentions-you')}</span>}
      {isEdited && item.body.kind === 'text' && <span>{text.t('message.edited')}</span>}
      <time class="tabular" dateTime={new Date(item.timeMs).toISOString()}>
        {text.time(item.timeMs)}
      </time>
      <State delivery={delivery} />
    </span>
  );
}

function State({ delivery }: { delivery: Delivery }): VNode | null {
  const { t } = useText();
  const shown = ((): readonly [typeof CheckMark, string] | undefined => {
    switch (delivery.kind) {
      case 'sending':
        return [ClockIcon, t('message.state.sending')];
      case 'waiting':
        return [ClockIcon, t('message.state.waiting')];
      case 'sent':
        return [CheckMark, t('message.state.sent')];
      case 'read':
        return [
          CheckCheck,
          delivery.of > 1
            ? t('message.state.read.some', { by: delivery.by, of: delivery.of })
            : t('message.state.read'),
        ];
      default:
        return undefined;
    }
  })();
  if (shown === undefined) return null;
  return (
    <span class={`state state-${delivery.kind}`} data-tip={shown[1]}>
      <Icon of={shown[0]} size={14} />
      <span class="hidden-text">{shown[1]}</span>
    </span>
  );
}

function Failed({
  item,
  actions,
}: {
  item: MessageItem;
  actions: ConversationActions;
}): VNode | null {
  const text = useText();
  const { t } = text;
  if (item.delivery.kind !== 'failed') return null;
  const reason = failed({ code: item.delivery.code }).say(text);
  return (
    <div class="message-failed">
      <p role="alert">
        <Icon of={CircleAlert} size={16} />
        <span>{t('message.state.failed', { reason })}</span>
      </p>
      <div class="message-failed-actions">
        <Button kind="quiet" icon={RotateCcw} onClick={() => void actions.retry(item.key)}>
          {t('message.retry')}
        </Button>
        <Button kind="quiet" icon={X} onClick={() => void actions.discard(item.key)}>
          {t('message.discard')}
        </Button>
      </div>
    </div>
  );
}

interface Press {
  onPointerDown: (event: PointerEvent) => void;
  onPointerUp: () => void;
  onPointerCancel: () => void;
  onPointerMove: (event: PointerEvent) => void;
  onContextMenu: (event: MouseEvent) => void;
}

function useLongPress(act: (x: number, y: number) => void): Press {
  const { services } = useSurroundings();
  const cancel = useRef<(() => void) | undefined>(undefined);
  const stop = (): void => {
    cancel.current?.();
    cancel.current = undefined;
  };
  return {
    onPointerDown(event) {
      if (event.pointerType === 'mouse') return;
      const { clientX, clientY } = event;
      cancel.current = services.clock.after(LONG_PRESS_MS, () => act(clientX, clientY));
    },
    onPointerUp: stop,
    onPointerCancel: stop,
    onPointerMove(event) {
      if (Math.abs(event.movementY) + Math.abs(event.movementX) > 4) stop();
    },
    onContextMenu(event) {
      const selected = document.getSelection()?.toString() ?? '';
      const isOnLink = event.target instanceof Element && event.target.closest('a') !== null;
      if (selected !== '' || isOnLink) return;
      event.preventDefault();
      act(event.clientX, event.clientY);
    },
  };
}
