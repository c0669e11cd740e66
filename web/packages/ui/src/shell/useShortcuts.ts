import { useEffect } from 'preact/hooks';
import { useSurroundings } from '../context.ts';
import type { ShellParts } from './context.ts';

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Keys that work everywhere in the shell; the "?" overlay lists them. */
export function useShortcuts({ conversations, open }: ShellParts): void {
  const { route, navigate } = useSurroundings();
  useEffect(() => {
    const step = (by: number): void => {
      const { shown } = conversations.getSnapshot();
      const current = route.kind === 'conversation' ? route.conversationId : undefined;
      const at = shown.findIndex((each) => each.conversationId === current);
      const next = shown[at < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, at + by))];
      if (next !== undefined) {
        navigate({ kind: 'conversation', conversationId: next.conversationId });
      }
    };
    const onKey = (event: KeyboardEvent): void => {
      const isCommand = event.ctrlKey || event.metaKey;
      const isDialogOpen = document.querySelector('dialog[open]') !== null;
      if (isCommand && event.key.toLowerCase() === 'k') open('palette');
      else if (isDialogOpen) return;
      else if (event.altKey && event.key === 'ArrowDown') step(1);
      else if (event.altKey && event.key === 'ArrowUp') step(-1);
      else if (isWriting(event.target) || isCommand || event.altKey) return;
      else if (event.key === '?') open('shortcuts');
      else if (event.key === '/') document.getElementById('conversation-search')?.focus();
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [route, conversations]);
}
