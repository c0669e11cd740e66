import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useModel, useSurroundings } from '../context.ts';
import { CloudOff } from '../icons.ts';
import { Icon } from '../primitives/Icon.tsx';
import { useShell } from './context.ts';
import './ConnectionBanner.css';

const PATIENCE_MS = 2_500;

/** Says when there is no connection; a short one is not worth a word. */
export function ConnectionBanner(): VNode {
  const { text, services } = useSurroundings();
  const { connection } = useModel(useShell().session);
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    setLong(false);
    if (connection.kind !== 'connecting') return undefined;
    return services.clock.after(PATIENCE_MS, () => setLong(true));
  }, [connection.kind]);
  const { t } = text;
  let words = '';
  if (connection.kind === 'offline') {
    words =
      connection.waiting > 0
        ? t('connection.offline.waiting', { count: connection.waiting })
        : t('connection.offline');
  } else if (connection.kind === 'connecting' && isLong) {
    words = t('connection.connecting');
  }
  return (
    <div class="connection" role="status" data-shown={words !== ''}>
      {words !== '' && (
        <p class="connection-line">
          <Icon of={CloudOff} size={16} />
          {words}
        </p>
      )}
    </div>
  );
}
