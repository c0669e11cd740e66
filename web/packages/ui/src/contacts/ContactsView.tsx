import type { Contact, Received, Sent } from '@crypho/model';
import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useModel, useSurroundings } from '../context.ts';
import { Mail, MessageCircle, Trash2, UserPlus } from '../icons.ts';
import { Avatar } from '../primitives/Avatar.tsx';
import { Button, IconButton } from '../primitives/Button.tsx';
import { Confirm } from '../primitives/Dialog.tsx';
import { Field } from '../primitives/Field.tsx';
import { Icon } from '../primitives/Icon.tsx';
import { MenuButton } from '../primitives/Menu.tsx';
import { Page } from '../primitives/Page.tsx';
import { Skeleton } from '../primitives/Waiting.tsx';
import { useShell } from '../shell/context.ts';
import './ContactsView.css';

const SEARCH_FROM = 8;

/** Invitations both ways, and the people one may talk with. */
export function ContactsView(): VNode {
  const { text } = useSurroundings();
  const { t } = text;
  const { contacts, open } = useShell();
  const { isLoaded, people, shown, sent, received, query } = useModel(contacts);
  const [removing, setRemoving] = useState<Contact | undefined>(undefined);
  const isEmpty = isLoaded && people.length + sent.length + received.length === 0;
  return (
    <Page
      title={t('contacts.title')}
      action={
        <Button kind="primary" icon={UserPlus} onClick={() => open('invite')}>
          {t('contacts.invite')}
        </Button>
      }
    >
      {!isLoaded && <Skeleton rows={5} hasPicture />}
      {isEmpty && (
        <div class="contacts-empty">
          <h2>{t('contacts.empty.title')}</h2>
          <p>{t('contacts.empty.text')}</p>
        </div>
      )}
      {received.length > 0 && (
        <Part title={t('contacts.received')}>
          {received.map((item) => (
            <ReceivedRow key={item.invitationId} item={item} />
          ))}
        </Part>
      )}
      {people.length > 0 && (
        <Part title={t('contacts.people')}>
          {people.length >= SEARCH_FROM && (
            <li class="contacts-search">
              <Field
                label={t('contacts.search')}
                type="search"
                value={query}
                onInput={contacts.actions.search}
              />
            </li>
          )}
          {shown.map((contact) => (
            <ContactRow
              key={contact.person.accountId}
              contact={contact}
              onRemove={() => setRemoving(contact)}
            />
          ))}
        </Part>
      )}
      {sent.length > 0 && (
        <Part title={t('contacts.sent')}>
          {sent.map((item) => (
            <SentRow key={item.invitationId} item={item} />
          ))}
        </Part>
      )}
      {removing !== undefined && (
        <Confirm
          title={t('contacts.remove.title', { name: removing.person.displayName })}
          text={t('contacts.remove.text')}
          confirm={t('contacts.remove.confirm')}
          onConfirm={() => void contacts.actions.remove(removing)}
          onClose={() => setRemoving(undefined)}
        />
      )}
    </Page>
  );
}

function Part({ title, children }: { title: string; children: ComponentChildren }): VNode {
  return (
    <section class="contacts-part" aria-label={title}>
      <h2 class="contacts-part-title">{title}</h2>
      <ul class="contacts-rows">{children}</ul>
    </section>
  );
}

function ReceivedRow({ item }: { item: Received }): VNode {
  const { text } = useSurroundings();
  const { t } = text;
  const { contacts } = useShell();
  const { busy } = useModel(contacts);
  const name = item.person.displayName;
  const isBusy = busy.has(item.invitationId);
  return (
    <li class="contact contact-received">
      <Avatar id={item.person.accountId} name={name} />
      <div class="contact-texts">
        <bdi class="contact-name">{name}</bdi>
        <p class="contact-detail">{item.email}</p>
        {item.note !== '' && <p class="contact-note">{item.note}</p>}
        <p class="contact-detail">{t('contacts.received.hint', { name })}</p>
      </div>
      <div class="contact-actions">
        <Button
          label={t('contacts.accept.who', { name })}
          isBusy={isBusy}
          onClick={() => void contacts.actions.accept(item)}
        >
          {t('contacts.accept')}
        </Button>
        <Button
          label={t('contacts.reject.who', { name })}
          isBusy={isBusy}
          onClick={() => void contacts.actions.reject(item)}
        >
          {t('contacts.reject')}
        </Button>
      </div>
    </li>
  );
}

function SentRow({ item }: { item: Sent }): VNode {
  const { text, services } = useSurroundings();
  const { t } = text;
  const { contacts } = useShell();
  const { busy } = useModel(contacts);
  const now = services.clock.now();
  return (
    <li class="contact contact-sent">
      <span class="contact-icon">
        <Icon of={Mail} />
      </span>
      <div class="contact-texts">
        <span class="contact-name">{item.email}</span>
        <p class="contact-detail">
          {t('contacts.sent.state', {
            when: text.relative(item.sentAtMs, now),
            until: text.relative(item.expiresAtMs, now),
          })}
        </p>
      </div>
      <Button
        label={t('contacts.withdraw.who', { email: item.email })}
        isBusy={busy.has(item.invitationId)}
        onClick={() => void contacts.actions.withdraw(item)}
      >
        {t('contacts.withdraw')}
      </Button>
    </li>
  );
}

function ContactRow({ contact, onRemove }: { contact: Contact; onRemove: () => void }): VNode {
  const { text, navigate } = useSurroundings();
  const { t } = text;
  const { contacts } = useShell();
  const { person } = contact;
  const name = person.displayName;
  const write = async (): Promise<void> => {
    const conversationId = await contacts.actions.openDirect(person.accountId);
    if (conversationId !== undefined) navigate({ kind: 'conversation', conversationId });
  };
  return (
    <li class="contact">
      <Avatar id={person.accountId} name={name} />
      <div class="contact-texts">
        <bdi class="contact-name">{name}</bdi>
        <p class="contact-detail">{t('contacts.since', { date: text.date(contact.sinceMs) })}</p>
      </div>
      <IconButton
        icon={MessageCircle}
        label={t('contacts.message', { name })}
        onClick={() => void write()}
      />
      <MenuButton
        label={t('contacts.more', { name })}
        items={[{ label: t('contacts.remove'), icon: Trash2, isDanger: true, onPick: onRemove }]}
      />
    </li>
  );
}
