import type { ConversationDetails, MemberItem } from '@crypho/engine/api';
import { GROUP_NAME_MAX, memberChoices } from '@crypho/model';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useModel, useSurroundings } from '../context.ts';
import { KeyRound, LogOut, Pencil, Trash2, UserPlus, X } from '../icons.ts';
import { Avatar } from '../primitives/Avatar.tsx';
import { Button, IconButton } from '../primitives/Button.tsx';
import { Confirm, Dialog } from '../primitives/Dialog.tsx';
import { Check, Field } from '../primitives/Field.tsx';
import { Form, useSending } from '../primitives/Form.tsx';
import { Icon } from '../primitives/Icon.tsx';
import { MenuButton } from '../primitives/Menu.tsx';
import { PersonPicker } from '../primitives/PersonPicker.tsx';
import { useShell } from '../shell/context.ts';
import './Members.css';

type Asked =
  | { kind: 'remove' | 'handover'; member: MemberItem }
  | { kind: 'leave' | 'delete' | 'rename' | 'add' };

interface DetailsProps {
  details: ConversationDetails;
  onClose: () => void;
}

interface PanelProps extends DetailsProps {
  /** Nothing else is to be seen: its heading is the page's. */
  isAlone: boolean;
}

/** Who is in the conversation and what one may change about it. */
export function Details({ details, isAlone, onClose }: PanelProps): VNode {
  const { text } = useSurroundings();
  const { t } = text;
  const { groups } = useShell();
  const [asked, setAsked] = useState<Asked | undefined>(undefined);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const isGroup = details.kind === 'group';
  const Frame = isAlone ? 'main' : 'aside';
  const Title = isAlone ? 'h1' : 'h2';
  const mayManage = isGroup && details.isCurrent && details.role !== 'member';
  return (
    <Frame class="details" aria-label={t('details.title')}>
      <header class="details-header">
        <Title class="details-title" tabIndex={-1} ref={heading}>
          {t('details.title')}
        </Title>
        <IconButton icon={X} label={t('details.close')} onClick={onClose} />
      </header>
      <div class="details-inside">
        {isGroup && (
          <div class="details-name">
            <p>
              <bdi>{details.name}</bdi>
            </p>
            {mayManage && (
              <Button kind="quiet" icon={Pencil} onClick={() => setAsked({ kind: 'rename' })}>
                {t('details.rename')}
              </Button>
            )}
          </div>
        )}
        <Part
          isTop={isAlone}
          title={t('details.members')}
          note={isGroup ? text.number(details.members.length) : ''}
        >
          {mayManage && (
            <Button icon={UserPlus} isWide onClick={() => setAsked({ kind: 'add' })}>
              {t('details.add')}
            </Button>
          )}
          <ul class="members" aria-label={t('details.members')}>
            {details.members.map((member) => (
              <Member key={member.accountId} member={member} details={details} onAsk={setAsked} />
            ))}
          </ul>
        </Part>
        {mayManage && (
          <Check
            label={t('details.history')}
            hint={t('details.history.hint')}
            isSwitch
            isChecked={details.sharesHistory}
            onChange={(sharesHistory) =>
              void groups.setSharesHistory(details.conversationId, sharesHistory)
            }
          />
        )}
        <Part isTop={isAlone} title={t('details.keys')}>
          <p class="field-hint">{t('details.keys.text')}</p>
          <p class="field-hint">{t('details.keys.epoch', { count: details.epoch.epoch })}</p>
          {isGroup && (
            <p class="field-hint">
              {t('details.created', {
                name: details.createdBy.isSelf
                  ? t('event.you.object')
                  : details.createdBy.displayName,
              })}
            </p>
          )}
        </Part>
        {isGroup && details.isCurrent && <Endings details={details} onAsk={setAsked} />}
      </div>
      {asked !== undefined && (
        <Asking asked={asked} details={details} onClose={() => setAsked(undefined)} />
      )}
    </Frame>
  );
}

function Part(props: {
  title: string;
  note?: string;
  isTop: boolean;
  children: ComponentChildren;
}): VNode {
  const Title = props.isTop ? 'h2' : 'h3';
  return (
    <section class="details-part">
      <Title class="details-part-title">
        {props.title}
        {props.note !== undefined && <span class="details-note">{props.note}</span>}
      </Title>
      {props.children}
    </section>
  );
}

function Endings({
  details,
  onAsk,
}: {
  details: ConversationDetails;
  onAsk: (asked: Asked) => void;
}): VNode {
  const { t } = useSurroundings().text;
  const isOwner = details.role === 'owner';
  return (
    <div class="details-endings">
      {isOwner && <p class="field-hint">{t('details.leave.owner')}</p>}
      {!isOwner && (
        <Button kind="quiet-danger" icon={LogOut} onClick={() => onAsk({ kind: 'leave' })}>
          {t('details.leave')}
        </Button>
      )}
      {isOwner && (
        <Button kind="quiet-danger" icon={Trash2} onClick={() => onAsk({ kind: 'delete' })}>
          {t('details.delete')}
        </Button>
      )}
    </div>
  );
}

interface MemberProps {
  member: MemberItem;
  details: ConversationDetails;
  onAsk: (asked: Asked) => void;
}

function Member({ member, details, onAsk }: MemberProps): VNode {
  const { t } = useSurroundings().text;
  const { groups } = useShell();
  const name = member.displayName;
  const choices =
    details.kind === 'group' && details.isCurrent ? memberChoices(details.role, member) : [];
  const { conversationId } = details;
  return (
    <li class="member">
      <Avatar id={member.accountId} name={name} size={36} />
      <div class="member-texts">
        <p class="member-name">
          <bdi>{member.isSelf ? t('common.and.you', { name }) : name}</bdi>
        </p>
        <p class="member-detail">
          {details.kind === 'group' && `${t(`details.role.${member.role}`)} · `}
          {t('details.devices', { count: member.devices })}
        </p>
        {!member.isIdentityKnown && (
          <p class="member-warning" data-tip={t('details.member.new-keys.hint')}>
            <Icon of={KeyRound} size={14} />
            {t('details.member.new-keys')}
            <span class="hidden-text">{t('details.member.new-keys.hint')}</span>
          </p>
        )}
      </div>
      {choices.length > 0 && (
        <MenuButton
          label={t('details.member.more', { name })}
          items={choices.map((choice) => ({
            label: t(`details.member.${choice}`),
            isDanger: choice === 'remove',
            onPick: () => {
              if (choice === 'remove') onAsk({ kind: 'remove', member });
              else if (choice === 'owner') onAsk({ kind: 'handover', member });
              else void groups.setRole(conversationId, member, choice);
            },
          }))}
        />
      )}
    </li>
  );
}

interface AskingProps {
  asked: Asked;
  details: ConversationDetails;
  onClose: () => void;
}

function Asking({ asked, details, onClose }: AskingProps): VNode {
  const { text, navigate } = useSurroundings();
  const { t } = text;
  const { groups } = useShell();
  const { conversationId, name: group } = details;
  switch (asked.kind) {
    case 'remove': {
      const name = asked.member.displayName;
      return (
        <Confirm
          title={t('details.remove.title', { name })}
          text={t('details.remove.text', { name })}
          confirm={t('details.remove.confirm')}
          onConfirm={() => void groups.remove(conversationId, asked.member)}
          onClose={onClose}
        />
      );
    }
    case 'handover': {
      const name = asked.member.displayName;
      return (
        <Confirm
          title={t('details.handover.title', { name })}
          text={t('details.handover.text', { name })}
          confirm={t('details.handover.confirm')}
          kind="primary"
          onConfirm={() => void groups.setRole(conversationId, asked.member, 'owner')}
          onClose={onClose}
        />
      );
    }
    case 'leave':
      return (
        <Confirm
          title={t('details.leave.title', { group })}
          text={t('details.leave.text')}
          confirm={t('details.leave.confirm')}
          onConfirm={() => void groups.leave(details)}
          onClose={onClose}
        />
      );
    case 'delete':
      return (
        <Confirm
          title={t('details.delete.title', { group })}
          text={t('details.delete.text')}
          confirm={t('details.delete.confirm')}
          onConfirm={() =>
            void groups.deleteGroup(details).then((isDone) => {
              if (isDone) navigate({ kind: 'conversations' }, { replace: true });
            })
          }
          onClose={onClose}
        />
      );
    case 'rename':
      return <Rename details={details} onClose={onClose} />;
    case 'add':
      return <AddPeople details={details} onClose={onClose} />;
  }
}

function Rename({ details, onClose }: DetailsProps): VNode {
  const { t } = useSurroundings().text;
  const { groups } = useShell();
  const [name, setName] = useState(details.name);
  const { isBusy, refused, submit } = useSending(
    () => groups.rename(details.conversationId, name),
    onClose,
  );
  return (
    <Dialog title={t('details.rename')} onClose={onClose}>
      <Form refused={refused} onSubmit={submit}>
        <Field
          label={t('details.name')}
          name="name"
          maxLength={GROUP_NAME_MAX}
          value={name}
          onInput={setName}
          autoFocus
        />
        <div class="dialog-actions">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" type="submit" isBusy={isBusy}>
            {t('common.save')}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

function AddPeople({ details, onClose }: DetailsProps): VNode {
  const { t } = useSurroundings().text;
  const { contacts, groups } = useShell();
  const { people } = useModel(contacts);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const present = new Set(details.members.map((member) => member.accountId));
  const others = people.map(({ person }) => person).filter((each) => !present.has(each.accountId));
  const { isBusy, refused, submit } = useSending(
    () => groups.add(details.conversationId, [...chosen]),
    onClose,
  );
  return (
    <Dialog title={t('details.add.title')} onClose={onClose}>
      <Form refused={refused} onSubmit={submit}>
        {others.length === 0 ? (
          <p>{t('details.add.none')}</p>
        ) : (
          <PersonPicker
            label={t('contacts.title')}
            people={others}
            chosen={chosen}
            onChange={setChosen}
          />
        )}
        <div class="dialog-actions">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          {others.length > 0 && (
            <Button kind="primary" type="submit" isBusy={isBusy} isDisabled={chosen.size === 0}>
              {t('details.add.submit')}
            </Button>
          )}
        </div>
      </Form>
    </Dialog>
  );
}
