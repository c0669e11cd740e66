import type { DeviceItem } from '@crypho/engine/api';
import { createDevices } from '@crypho/model';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useModel, useOwnModel, useSurroundings } from '../context.ts';
import { Monitor } from '../icons.ts';
import { Button } from '../primitives/Button.tsx';
import { Confirm } from '../primitives/Dialog.tsx';
import { Icon } from '../primitives/Icon.tsx';
import { Skeleton } from '../primitives/Waiting.tsx';

export function DevicesSection(): VNode {
  const { services, text } = useSurroundings();
  const { t } = text;
  const model = useOwnModel(() => createDevices(services));
  const { isLoaded, devices } = useModel(model);
  const [unlinking, setUnlinking] = useState<DeviceItem | undefined>(undefined);
  const now = services.clock.now();
  return (
    <div class="settings-part">
      <p class="settings-lead">{t('devices.lead')}</p>
      {!isLoaded && <Skeleton rows={2} hasPicture />}
      <ul class="devices" aria-label={t('settings.devices')}>
        {devices.map((device) => (
          <li key={device.key} class="device">
            <span class="device-icon">
              <Icon of={Monitor} />
            </span>
            <div class="device-texts">
              <p>
                <bdi class="device-name">{device.name}</bdi>
                {device.isThis && <span class="device-mark">{t('devices.this')}</span>}
                {device.isSharedComputer && <span class="device-mark">{t('devices.shared')}</span>}
              </p>
              <p class="field-hint">
                {t('devices.linked', { date: text.date(device.linkedAtMs) })}
              </p>
              {!device.isThis && (
                <p class="field-hint">
                  {t('devices.seen', { when: text.relative(device.lastSeenMs, now) })}
                </p>
              )}
            </div>
            {!device.isThis && (
              <Button
                label={t('devices.unlink.who', { name: device.name })}
                onClick={() => setUnlinking(device)}
              >
                {t('devices.unlink')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {isLoaded && devices.length === 1 && <p class="field-hint">{t('devices.only')}</p>}
      {unlinking !== undefined && (
        <Confirm
          title={t('devices.unlink.title', { name: unlinking.name })}
          text={t('devices.unlink.text')}
          confirm={t('devices.unlink.confirm')}
          onConfirm={() => void model.actions.unlink(unlinking)}
          onClose={() => setUnlinking(undefined)}
        />
      )}
    </div>
  );
}
