import type { VNode } from 'preact';
import { useModel, useSurroundings } from '../context.ts';
import { X } from '../icons.ts';
import { IconButton } from './Button.tsx';
import './Notices.css';

/** Short messages that go away by themselves. The one place from which they are read aloud. */
export function Notices(): VNode {
  const { services, text } = useSurroundings();
  const { notices } = useModel(services.notices);
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.map(({ id, said, tone }) => (
        <div key={id} class={`notice notice-${tone}`}>
          <p>{said.say(text)}</p>
          <IconButton
            icon={X}
            size={16}
            label={text.t('common.close')}
            onClick={() => services.notices.actions.dismiss(id)}
          />
        </div>
      ))}
    </div>
  );
}
