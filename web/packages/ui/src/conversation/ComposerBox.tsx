import type { MemberItem } from '@crypho/engine/api';
import {
  MESSAGE_MAX,
  mentionCandidates,
  mentionQuery,
  plainExcerpt,
  type ConversationActions,
  type ConversationSnapshot,
} from '@crypho/model';
import type { VNode } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useText } from '../context.ts';
import { CheckMark, Send, X } from '../icons.ts';
import { Avatar } from '../primitives/Avatar.tsx';
import { IconButton } from '../primitives/Button.tsx';
import './ComposerBox.css';

interface ComposerProps {
  snapshot: ConversationSnapshot;
  actions: ConversationActions;
  name: string;
  members: readonly MemberItem[];
}

const HEIGHT_MAX = 220;

/** Where one writes. Enter sends, Shift and Enter breaks the line, Up in an empty field changes the last. */
export function ComposerBox({ snapshot, actions, name, members }: ComposerProps): VNode {
  const text = useText();
  const { t } = text;
  const { composer, composerRevision } = snapshot;
  const field = useRef<HTMLTextAreaElement>(null);
  const mention = useMention(field, members, composer.text, actions);
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = 'auto';
    element.style.height = `${Math.min(element.scrollHeight, HEIGHT_MAX)}px`;
  }, [composer.text]);
  useEffect(() => {
    if (composerRevision > 0 && (composer.replyTo ?? composer.edits) !== undefined) {
      field.current?.focus();
    }
  }, [composerRevision]);
  const isEmpty = composer.text.trim() === '';
  const onKey = (event: KeyboardEvent): void => {
    if (mention.onKey(event)) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      void actions.send();
    } else if (event.key === 'Escape' && (composer.replyTo ?? composer.edits) !== undefined) {
      event.preventDefault();
      actions.cancelContext();
    } else if (event.key === 'ArrowUp' && composer.text === '') {
      event.preventDefault();
      actions.editLatest();
    }
  };
  const isEditing = composer.edits !== undefined;
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void actions.send();
      }}
    >
      <Context snapshot={snapshot} actions={actions} />
      {mention.popup}
      <div class="composer-box">
        <textarea
          class="composer-field"
          ref={field}
          rows={1}
          aria-label={t('composer.label')}
          aria-description={t('composer.hint')}
          placeholder={t('composer.to', { name })}
          value={composer.text}
          dir="auto"
          {...mention.attributes}
          onInput={(event) => actions.write(event.currentTarget.value)}
          onKeyDown={onKey}
          onBlur={mention.close}
        />
        <IconButton
          icon={isEditing ? CheckMark : Send}
          kind="primary"
          type="submit"
          label={t(isEditing ? 'composer.save' : 'composer.send')}
          isDisabled={isEmpty || composer.isTooLong}
        />
      </div>
      {composer.isTooLong && (
        <p class="field-error" role="alert">
          {t('composer.long', { count: composer.text.length, max: MESSAGE_MAX })}
        </p>
      )}
    </form>
  );
}

function Context(props: Pick<ComposerProps, 'snapshot' | 'actions'>): VNode | null {
  const { t } = useText();
  const { replyTo, edits } = props.snapshot.composer;
  const item = replyTo ?? edits;
  if (item === undefined) return null;
  const title =
    edits === undefined
      ? item.sender.isSelf
        ? t('composer.reply.self')
        : t('composer.reply', { name: item.sender.displayName })
      : t('composer.edit');
  return (
    <div class="composer-context">
      <div class="composer-context-texts">
        <p class="quoted-name">{title}</p>
        {item.body.kind === 'text' && <p class="quoted-text">{plainExcerpt(item.body.text)}</p>}
      </div>
      <IconButton
        icon={X}
        size={18}
        label={t(edits === undefined ? 'composer.reply.cancel' : 'composer.edit.cancel')}
        onClick={props.actions.cancelContext}
      />
    </div>
  );
}

interface Mention {
  readonly popup: VNode | null;
  readonly attributes: Record<string, string | boolean | undefined>;
  onKey(event: KeyboardEvent): boolean;
  close(): void;
}

/**
 * Names after an '@': Up and Down choose, Enter or Tab takes, Escape closes. A field of several lines must
 * keep its own role (ARIA in HTML), and points to the chosen name all the same.
 */
function useMention(
  field: { current: HTMLTextAreaElement | null },
  members: readonly MemberItem[],
  written: string,
  actions: ConversationActions,
): Mention {
  const { t } = useText();
  const id = useId();
  const [caret, setCaret] = useState<number | undefined>(undefined);
  const [at, setAt] = useState(0);
  // A field's own select event tells of marked text only, not of where the caret is.
  useEffect(() => {
    const read = (): void => {
      const element = field.current;
      if (element === null || element !== document.activeElement) return;
      const { selectionStart, selectionEnd } = element;
      setCaret(selectionStart === selectionEnd ? selectionStart : undefined);
      setAt(0);
    };
    document.addEventListener('selectionchange', read);
    return () => document.removeEventListener('selectionchange', read);
  }, []);
  const query = caret === undefined ? undefined : mentionQuery(written, caret);
  const found = query === undefined ? [] : mentionCandidates(members, query.query);
  const isOpen = members.length > 2 && found.length > 0;
  const chosen = Math.min(at, found.length - 1);
  const take = (member: MemberItem | undefined): void => {
    const element = field.current;
    if (member === undefined || query === undefined || caret === undefined || element === null)
      return;
    const before = `${written.slice(0, query.at)}@${member.displayName} `;
    actions.write(before + written.slice(caret));
    setCaret(undefined);
    requestAnimationFrame(() => element.setSelectionRange(before.length, before.length));
  };
  return {
    close: () => setCaret(undefined),
    onKey(event) {
      if (!isOpen) return false;
      if (event.key === 'ArrowDown') setAt((chosen + 1) % found.length);
      else if (event.key === 'ArrowUp') setAt((chosen + found.length - 1) % found.length);
      else if (event.key === 'Enter' || event.key === 'Tab') take(found[chosen]);
      else if (event.key === 'Escape') setCaret(undefined);
      else return false;
      event.preventDefault();
      return true;
    },
    attributes: isOpen
      ? {
          'aria-haspopup': 'listbox',
          'aria-controls': `${id}l`,
          'aria-autocomplete': 'list',
          'aria-activedescendant': `${id}${chosen}`,
        }
      : {},
    popup: isOpen ? (
      <ul class="mentions" role="listbox" id={`${id}l`} aria-label={t('composer.mentions')}>
        {found.map((member, index) => (
          <li
            key={member.accountId}
            id={`${id}${index}`}
            role="option"
            class="mentions-entry"
            aria-selected={index === chosen}
            onPointerDown={(event) => {
              event.preventDefault();
              take(member);
            }}
          >
            <Avatar id={member.accountId} name={member.displayName} size={28} />
            <bdi>{member.displayName}</bdi>
          </li>
        ))}
      </ul>
    ) : null,
  };
}
