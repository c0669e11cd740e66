import type { MessageItem } from '@crypho/engine/api';
import { nameOf } from '@crypho/model';
import type { VNode } from 'preact';
import { useText } from '../context.ts';
import { SmilePlus } from '../icons.ts';
import { Popover, PopoverButton } from '../primitives/Popover.tsx';
import './Reactions.css';

/** The reactions under a message; pressing one joins in or takes one's own back. */
export function Reactions(props: { item: MessageItem; onToggle: (emoji: string) => void }): VNode {
  const text = useText();
  return (
    <div class="reactions">
      {props.item.reactions.map(({ emoji, by, isMine }) => (
        <button
          key={emoji}
          type="button"
          class="reaction"
          aria-pressed={isMine}
          aria-label={text.t('message.reaction', {
            emoji,
            count: by.length,
            names: text.list(by.map((person) => nameOf(person, text))),
          })}
          data-tip={text.list(by.map((person) => nameOf(person, text)))}
          onClick={() => props.onToggle(emoji)}
        >
          <span class="reaction-emoji">{emoji}</span>
          <span class="tabular">{text.number(by.length)}</span>
        </button>
      ))}
    </div>
  );
}

const EMOJI = (
  '👍 ❤️ 😄 😮 😢 🙏 🎉 👀 ✅ ❌ 🔥 💯 ' +
  '👏 🙌 🤝 💪 👌 🤔 😅 😂 🙂 😉 😍 🥳 ' +
  '😴 😕 😬 😱 🤷 🤦 ☕ 🍰 🌲 ☀️ 🌧️ ⏰'
).split(' ');
const COLUMNS = 6;

/** The most used ones in a row, for the menu that a long press opens. */
export function QuickReactions({ onPick }: { onPick: (emoji: string) => void }): VNode {
  return (
    <div class="reaction-quick" role="none">
      {EMOJI.slice(0, COLUMNS).map((emoji) => (
        <Choice key={emoji} emoji={emoji} role="menuitem" onPick={() => onPick(emoji)} />
      ))}
    </div>
  );
}

/** A button that opens a small grid of pictures. */
export function ReactionPicker(props: {
  tabIndex: number;
  onPick: (emoji: string) => void;
}): VNode {
  const { t } = useText();
  const label = t('message.react');
  return (
    <PopoverButton icon={SmilePlus} size={18} label={label} tabIndex={props.tabIndex}>
      {(anchor, close) => (
        <Popover
          role="group"
          class="reaction-grid"
          label={label}
          anchor={anchor}
          columns={COLUMNS}
          onClose={close}
        >
          {EMOJI.map((emoji, at) => (
            <Choice
              key={emoji}
              emoji={emoji}
              isFirst={at === 0}
              onPick={() => {
                close();
                props.onPick(emoji);
              }}
            />
          ))}
        </Popover>
      )}
    </PopoverButton>
  );
}

interface ChoiceProps {
  emoji: string;
  role?: 'menuitem';
  isFirst?: boolean;
  onPick: () => void;
}

function Choice({ emoji, role, isFirst = false, onPick }: ChoiceProps): VNode {
  const { t } = useText();
  return (
    <button
      type="button"
      role={role}
      class="reaction-choice"
      tabIndex={-1}
      autofocus={isFirst}
      aria-label={t('message.react.with', { emoji })}
      onClick={onPick}
    >
      {emoji}
    </button>
  );
}
