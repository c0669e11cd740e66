import type { DeviceItem } from '@crypho/engine/api';
import { say } from '@crypho/i18n';
import { applyPatch, emptyList, type PatchedList } from './list.ts';
import type { Services } from './services.ts';
import { createModel, createStore, type Model } from './store.ts';

export interface DevicesSnapshot {
  readonly isLoaded: boolean;
  readonly devices: readonly DeviceItem[];
}

export interface DevicesActions {
  unlink(device: DeviceItem): Promise<void>;
}

export type DevicesModel = Model<DevicesSnapshot, DevicesActions>;

export function createDevices({ engine, notices }: Services): DevicesModel {
  const store = createStore<DevicesSnapshot>({ isLoaded: false, devices: [] });
  let list: PatchedList<DeviceItem> = emptyList();
  const handle = engine.list('devices', {}, (patch) => {
    list = applyPatch(list, patch);
    store.set({
      isLoaded: list.isLoaded,
      devices: [
        ...list.items.filter((device) => device.isThis),
        ...list.items.filter((device) => !device.isThis),
      ],
    });
  });
  return createModel(
    store,
    {
      async unlink(device) {
        const answer = await engine.command('device.unlink', { deviceId: device.deviceId });
        if (!answer.ok) notices.actions.fail(answer.failure);
        else notices.actions.show(say('devices.unlinked', { name: device.name }));
      },
    },
    [() => handle.dispose()],
  );
}
