import type { VNode } from 'preact';
import { useSurroundings } from '../context.ts';
import { Dialog } from '../primitives/Dialog.tsx';
import './Shortcuts.css';

/** All keys, in one place. */
export function Shortcuts({ onClose }: { onClose: () => void }): VNode {
  const { text, platform } = useSurroundings();
  const { t } = text;
  const command = platform.isMac ? '⌘' : 'Ctrl';
  const alt = platform.isMac ? '⌥' : 'Alt';
  const everywhere: readonly (readonly [string, readonly string[]])[] = [
    [t('shortcuts.palette'), [command, 'K']],
    [t('shortcuts.search'), ['/']],
    [t('shortcuts.next'), [alt, '↓']],
    [t('shortcuts.previous'), [alt, '↑']],
    [t('shortcuts.move'), ['↑', '↓']],
    [t('shortcuts.escape'), ['Esc']],
    [t('shortcuts.help'), ['?']],
  ];
  const writing: readonly (readonly [string, readonly string[]])[] = [
    [t('shortcuts.send'), ['Enter']],
    [t('shortcuts.line'), ['Shift', 'Enter']],
    [t('shortcuts.edit'), ['↑']],
  ];
  const rows = (title: string, all: typeof everywhere): VNode => (
    <section class="shortcuts-part">
      <h3 class="shortcuts-title">{title}</h3>
      <dl>
        {all.map(([what, keys]) => (
          <div key={what} class="shortcuts-row">
            <dt>{what}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
  return (
    <Dialog title={t('shortcuts.title')} onClose={onClose}>
      {rows(t('shortcuts.everywhere'), everywhere)}
      {rows(t('shortcuts.writing'), writing)}
    </Dialog>
  );
}
