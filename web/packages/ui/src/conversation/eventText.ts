import type { Person, TimelineEvent } from '@crypho/engine/api';
import type { Text } from '@crypho/i18n';

/** What happened in a conversation, as a sentence. */
export function eventText(event: TimelineEvent, text: Text): string {
  const { t } = text;
  const named = (person: Person): string => person.displayName;
  const objects = (people: readonly Person[]): string =>
    text.list(people.map((each) => (each.isSelf ? t('event.you.object') : named(each))));
  const subject = (person: Person): string => (person.isSelf ? t('common.you') : named(person));
  switch (event.kind) {
    case 'created':
      return event.by.isSelf
        ? t('event.created.you')
        : t('event.created', { name: named(event.by) });
    case 'added':
      return event.by.isSelf
        ? t('event.added.you', { people: objects(event.people) })
        : t('event.added', { name: named(event.by), people: objects(event.people) });
    case 'removed':
      return event.by.isSelf
        ? t('event.removed.you', { people: objects(event.people) })
        : t('event.removed', { name: named(event.by), people: objects(event.people) });
    case 'left':
      return event.person.isSelf
        ? t('event.left.you')
        : t('event.left', { name: named(event.person) });
    case 'role':
      return t(`event.role.${event.role}`, {
        name: subject(event.by),
        person: objects([event.person]),
      });
    case 'renamed':
      return t('event.renamed', { name: subject(event.by), title: event.name });
    case 'history-policy':
      return t(event.sharesHistory ? 'event.history.on' : 'event.history.off', {
        name: subject(event.by),
      });
    case 'keys-reset':
      return t('event.keys-reset');
    case 'identity-changed':
      return t('event.identity-changed', { name: named(event.person) });
  }
}
