import type { MessageItem } from '@crypho/engine/api';
import { nameOf } from '@crypho/model';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useText } from '../context.ts';
import { SmilePlus } from '../icons.ts';
import { IconButton } from '../primitives/Button.tsx';
import { place } from '../primitives/Menu.tsx';
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

const EMOJI =
  '👍 ❤️ 😄 😮 😢 🙏 🎉 👀 ✅ ❌ 🔥 💯 ' +
  '👏 🙌 🤝 💪 👌 🤔 😅 😂 🙂 😉 😍 🥳 ' +
  '😴 😕 😬 😱 🤷 🤦 ☕ 🍰 🌲 ☀️ 🌧️ ⏰';
const COLUMNS = 6;
const QUICK = EMOJI.split(' ').slice(0, COLUMNS);

/** The most used ones in a row, for the menu that a long press opens. */
export function QuickReactions({ onPick }: { onPick: (emoji: string) => void }): VNode {
  const { t } = useText();
  return (
    <div class="reaction-quick" role="none">
      {QUICK.map((emoji) => (
        <button
          key={emoji}
          type="button"
          role="menuitem"
          tabIndex={-1}
          class="reaction-choice"
          aria-label={t('message.react.with', { emoji })}
          onClick={() => onPick(emoji)}
        >
          {emoji}
        </button>
      ))}
    </div>
  );
}

/** A button that opens a small grid of pictures; the arrows move in it. */
export function ReactionPicker({ onPick }: { onPick: (emoji: string) => void }): VNode {
  const { t } = useText();
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <>
      <IconButton
        icon={SmilePlus}
        size={18}
        label={t('message.react')}
        isExpanded={isOpen}
        tabIndex={-1}
        refTo={button}
        onClick={() => setOpen(!isOpen)}
      />
      {isOpen && (
        <Grid
          anchor={() => button.current?.getBoundingClientRect()}
          onClose={close}
          onPick={(emoji) => {
            close();
            onPick(emoji);
          }}
        />
      )}
    </>
  );
}

interface GridProps {
  anchor: () => DOMRect | undefined;
  onClose: () => void;
  onPick: (emoji: string) => void;
}

function Grid({ anchor, onClose, onPick }: GridProps): VNode {
  const { t } = useText();
  const grid = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = grid.current;
    if (element === null) return undefined;
    element.showPopover();
    place(element, anchor());
    element.querySelector('button')?.focus();
    const away = (event: PointerEvent): void => {
      if (event.target instanceof Node && !element.contains(event.target)) onClose();
    };
    document.addEventListener('pointerdown', away, true);
    return () => document.removeEventListener('pointerdown', away, true);
  }, []);
  const move = (event: KeyboardEvent): void => {
    const all = [...(grid.current?.querySelectorAll('button') ?? [])];
    const at = all.findIndex((each) => each === document.activeElement);
    const to = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: at + COLUMNS,
      ArrowUp: at - COLUMNS,
    }[event.key];
    if (to !== undefined) all[to]?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      class="reaction-grid"
      role="group"
      popover="manual"
      aria-label={t('message.react')}
      ref={grid}
      onKeyDown={move}
    >
      {EMOJI.split(' ').map((emoji, at) => (
        <button
          key={emoji}
          type="button"
          class="reaction-choice"
          tabIndex={at === 0 ? 0 : -1}
          aria-label={t('message.react.with', { emoji })}
          onClick={() => onPick(emoji)}
        >
          {emoji}
        </button>
      ))}
    </div>
  );
}
