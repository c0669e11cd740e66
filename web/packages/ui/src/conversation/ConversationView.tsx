import type { ConversationDetails, MessageItem } from '@crypho/engine/api';
import {
  createConversation,
  firstNameOf,
  type ConversationActions,
  type ConversationSnapshot,
  type Row,
} from '@crypho/model';
import type { ComponentChild, Ref, VNode } from 'preact';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { useModel, useOwnModel, useSurroundings } from '../context.ts';
import { NARROW, useMedia } from '../media.ts';
import { Details } from '../group/Details.tsx';
import { ArrowLeft, PanelRight } from '../icons.ts';
import { Avatar } from '../primitives/Avatar.tsx';
import { IconButton } from '../primitives/Button.tsx';
import { Confirm } from '../primitives/Dialog.tsx';
import { Link } from '../primitives/Link.tsx';
import { Skeleton } from '../primitives/Waiting.tsx';
import { useShell } from '../shell/context.ts';
import { ComposerBox } from './ComposerBox.tsx';
import { eventText } from './eventText.ts';
import { MessageRow, messageProps } from './MessageRow.tsx';
import { Timeline } from './Timeline.tsx';
import './ConversationView.css';

/** One conversation: its people on top, its messages, where one writes, and its details beside it. */
export function ConversationView({ conversationId }: { conversationId: string }): VNode {
  const { services, text } = useSurroundings();
  const { conversations } = useShell();
  const [listed] = useState(() =>
    conversations.getSnapshot().all.find((each) => each.conversationId === conversationId),
  );
  const model = useOwnModel(() =>
    createConversation(services, conversationId, listed?.unread ?? 0, listed?.firstUnreadSeq),
  );
  const snapshot = useModel(model);
  const [areDetailsOpen, setDetailsOpen] = useState(false);
  const isNarrow = useMedia(NARROW);
  const toggle = useRef<HTMLButtonElement>(null);
  const closeDetails = (): void => {
    setDetailsOpen(false);
    // What was inert a moment ago can take the focus only when it has been drawn again.
    requestAnimationFrame(() => toggle.current?.focus());
  };
  const { details } = snapshot;
  const { t } = text;
  if (details === null) {
    return (
      <main class="missing" id="main" tabIndex={-1}>
        <h1>{t('conversation.missing.title')}</h1>
        <p>{t('conversation.missing.text')}</p>
        <Link to={{ kind: 'conversations' }} class="button button-plain">
          {t('nav.conversations')}
        </Link>
      </main>
    );
  }
  // The list knows who it is with before the details have come, so that the head stands still.
  const known = details ?? listed;
  const peer = details?.members.find((member) => !member.isSelf) ?? listed?.peer;
  const head: Head = {
    name: known?.name === undefined || known.name === '' ? t('list.unnamed') : known.name,
    isGroup: known?.kind === 'group',
    pictureId: known?.kind === 'direct' ? (peer?.accountId ?? '') : conversationId,
  };
  const { name } = head;
  return (
    <div
      class="conversation"
      data-details={areDetailsOpen}
      onKeyDown={(event) => {
        // What has its own use for Escape, a menu or a reply begun, has taken it before.
        const isInDialog =
          event.target instanceof Element && event.target.closest('dialog') !== null;
        if (event.key !== 'Escape' || event.defaultPrevented || isInDialog) return;
        if (areDetailsOpen) closeDetails();
      }}
    >
      <main
        class="conversation-main"
        id="main"
        tabIndex={-1}
        aria-label={t('conversation.label', { name })}
        inert={areDetailsOpen && isNarrow}
      >
        <Header
          details={details}
          head={head}
          isOpen={areDetailsOpen}
          toggleRef={toggle}
          onToggle={() => setDetailsOpen(!areDetailsOpen)}
        />
        <Messages snapshot={snapshot} actions={model.actions} details={details} head={head} />
        <Foot snapshot={snapshot} actions={model.actions} details={details} head={head} />
      </main>
      {areDetailsOpen && details !== undefined && (
        <Details details={details} isAlone={isNarrow} onClose={closeDetails} />
      )}
    </div>
  );
}

/** What a conversation is known by. */
interface Head {
  readonly name: string;
  readonly isGroup: boolean;
  readonly pictureId: string;
}

interface HeaderProps {
  details: ConversationDetails | undefined;
  head: Head;
  isOpen: boolean;
  toggleRef: Ref<HTMLButtonElement>;
  onToggle: () => void;
}

function Header({ details, head, isOpen, toggleRef, onToggle }: HeaderProps): VNode {
  const { text, navigate } = useSurroundings();
  const { t } = text;
  const { name, isGroup } = head;
  return (
    <header class="conversation-header">
      <span class="conversation-back">
        <IconButton
          icon={ArrowLeft}
          label={t('common.back')}
          onClick={() => navigate({ kind: 'conversations' })}
        />
      </span>
      <Avatar id={head.pictureId} name={name} size={36} isGroup={isGroup} />
      <div class="conversation-names">
        <h1 class="conversation-name">
          <bdi>{name}</bdi>
        </h1>
        {isGroup && (
          <p class="conversation-people">
            {details !== undefined && t('conversation.members', { count: details.members.length })}
          </p>
        )}
      </div>
      {details !== undefined && (
        <IconButton
          icon={PanelRight}
          label={t(isOpen ? 'conversation.details.hide' : 'conversation.details')}
          isExpanded={isOpen}
          refTo={toggleRef}
          onClick={onToggle}
        />
      )}
    </header>
  );
}

interface PartProps {
  snapshot: ConversationSnapshot;
  actions: ConversationActions;
  details: ConversationDetails | undefined;
  head: Head;
}

function Messages({ snapshot, actions, details, head }: PartProps): VNode {
  const { text, services } = useSurroundings();
  const { t } = text;
  const [deleting, setDeleting] = useState<MessageItem | undefined>(undefined);
  const [target, setTarget] = useState<{ key: string; count: number } | undefined>(undefined);
  useAnnouncer(snapshot);
  // The same each time: a row is drawn again when anything it is given is another.
  const show = useCallback(
    (key: string): void => setTarget((before) => ({ key, count: (before?.count ?? 0) + 1 })),
    [],
  );
  const canWrite = details?.isCurrent === true && details.hindrance !== 'removed';
  const render = (row: Row, isFocusStop: boolean): ComponentChild => {
    switch (row.kind) {
      case 'start':
        return <Start head={head} />;
      case 'day':
        return (
          <div class="divider" role="separator">
            {text.day(row.timeMs, services.clock.now())}
          </div>
        );
      case 'new':
        return (
          <div class="divider divider-new" role="separator">
            {t('conversation.new')}
          </div>
        );
      case 'event':
        return <p class="event">{eventText(row.item.event, text)}</p>;
      case 'message':
        return (
          <MessageRow
            {...messageProps(row)}
            isGroup={details?.kind === 'group'}
            canWrite={canWrite}
            mayDeleteAll={details?.kind === 'group' && details.role !== 'member'}
            isFocusStop={isFocusStop}
            text={text}
            actions={actions}
            onDelete={setDeleting}
            onShow={show}
          />
        );
    }
  };
  if (!snapshot.isLoaded) {
    return (
      <div class="conversation-loading">
        <Skeleton rows={4} hasPicture />
      </div>
    );
  }
  return (
    <>
      <Timeline
        snapshot={snapshot}
        render={render}
        onOlder={actions.older}
        onNewer={actions.newer}
        onLatest={actions.latest}
        onSeen={(seq) => {
          if (document.visibilityState === 'visible') actions.seen(seq);
        }}
        {...(target === undefined ? {} : { target })}
      />
      {deleting !== undefined && (
        <Confirm
          title={t('message.delete.title')}
          text={t(deleting.sender.isSelf ? 'message.delete.text' : 'message.delete.text.other', {
            name: deleting.sender.displayName,
          })}
          confirm={t('message.delete.confirm')}
          onConfirm={() => void actions.deleteMessage(deleting.key)}
          onClose={() => setDeleting(undefined)}
        />
      )}
    </>
  );
}

function Start({ head }: { head: Head }): VNode {
  const { t } = useSurroundings().text;
  return (
    <div class="start">
      <Avatar id={head.pictureId} name={head.name} size={64} isGroup={head.isGroup} />
      <h2>
        <bdi>{head.name}</bdi>
      </h2>
      <p>{t('conversation.private')}</p>
    </div>
  );
}

function Foot({ snapshot, actions, details, head }: PartProps): VNode {
  const { text } = useSurroundings();
  const { t } = text;
  const { typing } = snapshot;
  const hindrance = details?.isCurrent === false ? 'removed' : details?.hindrance;
  return (
    <footer class="conversation-foot">
      <p class="conversation-typing" role="status">
        {typing.length > 0 &&
          t('conversation.typing', {
            count: typing.length,
            names: text.list(typing.map(firstNameOf)),
          })}
      </p>
      {hindrance !== undefined && (
        <p class="conversation-hindrance" role="status">
          {t(`conversation.hindrance.${hindrance}`)}
        </p>
      )}
      {hindrance !== 'removed' && details !== undefined && (
        <ComposerBox
          snapshot={snapshot}
          actions={actions}
          name={head.isGroup ? head.name : firstWord(head.name)}
          members={details.members}
        />
      )}
    </footer>
  );
}

const firstWord = (name: string): string => name.split(/\s+/)[0] ?? name;

const SPOKEN_MAX = 140;

/** Reads new messages of others aloud, once, while the conversation is open. */
function useAnnouncer(snapshot: ConversationSnapshot): void {
  const [held] = useState<{ seq?: number }>({});
  const latest = snapshot.rows.findLast((row) => row.kind === 'message' || row.kind === 'event');
  useEffect(() => {
    if (latest?.kind !== 'message' || !snapshot.isLoaded || snapshot.hasNewer) return;
    const { item } = latest;
    const isNew = held.seq !== undefined && item.seq > held.seq;
    held.seq = Math.max(held.seq ?? 0, item.seq);
    const region = document.getElementById('conversation-announcer');
    if (!isNew || item.sender.isSelf || item.body.kind !== 'text' || region === null) return;
    region.textContent = `${item.sender.displayName}: ${item.body.text.slice(0, SPOKEN_MAX)}`;
  }, [latest]);
}
