import { nameMatches, SETTINGS_SECTIONS, type Route } from '@crypho/model';
import type { VNode } from 'preact';
import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import { useModel, useSurroundings } from '../context.ts';
import {
  ChevronRight,
  MessageCircle,
  Plus,
  Search,
  SettingsIcon,
  UserPlus,
  Users,
} from '../icons.ts';
import { Avatar } from '../primitives/Avatar.tsx';
import { Dialog } from '../primitives/Dialog.tsx';
import { Icon, type IconNode } from '../primitives/Icon.tsx';
import { useShell } from '../shell/context.ts';
import './Palette.css';

interface Entry {
  readonly id: string;
  readonly label: string;
  readonly part: 'conversations' | 'people' | 'actions';
  readonly icon?: IconNode;
  readonly picture?: { id: string; isGroup: boolean };
  readonly pick: () => void;
}

const SHOWN_MAX = 40;

/**
 * Everything by name (ARIA combobox with a listbox): Up and Down choose, Enter goes there, Escape
 * closes. The focus stays in the field.
 */
export function Palette({ onClose }: { onClose: () => void }): VNode {
  const { text } = useSurroundings();
  const { t } = text;
  const id = useId();
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const entries = useEntries();
  const shown = useMemo(
    () => entries.filter((entry) => nameMatches(entry.label, query)).slice(0, SHOWN_MAX),
    [entries, query],
  );
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  const pick = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    onClose();
    entry.pick();
  };
  const onKey = (event: KeyboardEvent): void => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: shown.length - 1 }[event.key];
    if (to !== undefined && shown.length > 0) setAt((to + shown.length) % shown.length);
    else if (event.key === 'Enter') pick(shown[at]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={t('palette.title')} isTitleHidden size="medium" onClose={onClose}>
      <div class="palette">
        <div class="palette-box">
          <Icon of={Search} />
          <input
            class="palette-field"
            ref={field}
            role="combobox"
            type="text"
            aria-label={t('palette.search')}
            placeholder={t('palette.search')}
            aria-expanded={true}
            aria-controls={`${id}l`}
            aria-activedescendant={shown[at] === undefined ? undefined : `${id}${at}`}
            autocomplete="off"
            value={query}
            onInput={(event) => {
              setQuery(event.currentTarget.value);
              setAt(0);
            }}
            onKeyDown={onKey}
          />
        </div>
        <p class="hidden-text" role="status">
          {query === '' ? '' : t('palette.results', { count: shown.length })}
        </p>
        {shown.length === 0 && <p class="palette-none">{t('palette.none')}</p>}
        <ul
          class="palette-list"
          tabIndex={-1}
          role="listbox"
          id={`${id}l`}
          aria-label={t('palette.title')}
          ref={list}
        >
          {shown.map((entry, index) => (
            <li
              key={entry.id}
              id={`${id}${index}`}
              role="option"
              class="palette-entry"
              aria-selected={index === at}
              onPointerMove={() => setAt(index)}
              onClick={() => pick(entry)}
            >
              {entry.picture === undefined ? (
                <span class="palette-icon">
                  <Icon of={entry.icon ?? ChevronRight} />
                </span>
              ) : (
                <Avatar
                  id={entry.picture.id}
                  name={entry.label}
                  size={28}
                  isGroup={entry.picture.isGroup}
                />
              )}
              <span class="palette-label">
                <bdi>{entry.label}</bdi>
              </span>
              <span class="palette-part">{t(`palette.${entry.part}`)}</span>
            </li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

function useEntries(): readonly Entry[] {
  const { text, navigate } = useSurroundings();
  const { conversations, contacts, open, session } = useShell();
  const { all } = useModel(conversations);
  const { people } = useModel(contacts);
  const { settings } = useModel(session);
  const { t } = text;
  return useMemo(() => {
    const go = (route: Route) => () => navigate(route);
    const talks: Entry[] = all.map((each) => ({
      id: each.conversationId,
      label: each.name === '' ? t('list.unnamed') : each.name,
      part: 'conversations',
      picture: { id: each.peer?.accountId ?? each.conversationId, isGroup: each.kind === 'group' },
      pick: go({ kind: 'conversation', conversationId: each.conversationId }),
    }));
    const talking = new Set(all.map((each) => each.peer?.accountId));
    const others: Entry[] = people
      .filter(({ person }) => !talking.has(person.accountId))
      .map(({ person }) => ({
        id: person.accountId,
        label: person.displayName,
        part: 'people',
        picture: { id: person.accountId, isGroup: false },
        pick: () =>
          void contacts.actions.openDirect(person.accountId).then((conversationId) => {
            if (conversationId !== undefined) navigate({ kind: 'conversation', conversationId });
          }),
      }));
    const action = (label: string, icon: IconNode, pick: () => void): Entry => ({
      id: `action:${label}`,
      label,
      part: 'actions',
      icon,
      pick,
    });
    const themes = ['light', 'dark', 'high-contrast', 'system'] as const;
    const nextTheme = themes[(themes.findIndex((each) => each === settings?.theme) + 1) % 4];
    return [
      ...talks,
      ...others,
      action(t('nav.new.direct'), MessageCircle, () => open('direct')),
      action(t('nav.new.group'), Plus, () => open('group')),
      action(t('nav.new.invite'), UserPlus, () => open('invite')),
      action(t('nav.conversations'), MessageCircle, go({ kind: 'conversations' })),
      action(t('nav.contacts'), Users, go({ kind: 'contacts' })),
      ...SETTINGS_SECTIONS.map((section) =>
        action(
          `${t('settings.title')}: ${t(`settings.${section}`)}`,
          SettingsIcon,
          go({ kind: 'settings', section }),
        ),
      ),
      action(t('palette.action.theme'), SettingsIcon, () => {
        if (nextTheme !== undefined) session.actions.changeSettings({ theme: nextTheme });
      }),
      action(t('palette.action.shortcuts'), ChevronRight, () => open('shortcuts')),
    ];
  }, [all, people, text, settings?.theme]);
}
