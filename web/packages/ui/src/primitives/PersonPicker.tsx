import type { Person } from '@crypho/engine/api';
import { nameMatches } from '@crypho/model';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useText } from '../context.ts';
import { Avatar } from './Avatar.tsx';
import { Field } from './Field.tsx';
import './PersonPicker.css';

interface PickerProps {
  label: string;
  people: readonly Person[];
  chosen: ReadonlySet<string>;
  onChange: (chosen: ReadonlySet<string>) => void;
}

const SEARCH_FROM = 8;

/** People to tick, with a search where they are many. */
export function PersonPicker({ label, people, chosen, onChange }: PickerProps): VNode {
  const { t } = useText();
  const [query, setQuery] = useState('');
  const shown = people.filter((person) => nameMatches(person.displayName, query));
  return (
    <fieldset class="picker">
      <legend class="field-label">{label}</legend>
      {people.length >= SEARCH_FROM && (
        <Field label={t('contacts.search')} type="search" value={query} onInput={setQuery} />
      )}
      <div class="picker-people">
        {shown.map((person) => (
          <label key={person.accountId} class="picker-person">
            <input
              type="checkbox"
              class="check-box"
              checked={chosen.has(person.accountId)}
              onChange={(event) => {
                const next = new Set(chosen);
                if (event.currentTarget.checked) next.add(person.accountId);
                else next.delete(person.accountId);
                onChange(next);
              }}
            />
            <Avatar id={person.accountId} name={person.displayName} size={32} />
            <bdi>{person.displayName}</bdi>
          </label>
        ))}
      </div>
      <p class="field-hint" role="status">
        {chosen.size === 0 ? '' : t('group.chosen', { count: chosen.size })}
      </p>
    </fieldset>
  );
}
