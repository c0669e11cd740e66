import type { Tag, Text } from '@crypho/i18n';
import type { Model, Route, Services } from '@crypho/model';
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';

/** What every view may ask for: texts, where one is, and the services for its view model. */
export interface Surroundings {
  readonly text: Text;
  readonly services: Services;
  readonly route: Route;
  navigate(route: Route, options?: { replace?: boolean }): void;
  setLanguage(tag: Tag): void;
  /** Runs an act when the focus has gone where it belongs; for printing and copying. */
  readonly platform: Platform;
}

/** What only a browser can do. */
export interface Platform {
  copy(text: string): Promise<boolean>;
  print(): void;
  reload(): void;
  readonly isMac: boolean;
  readonly version: string;
}

export const SurroundingsContext = createContext<Surroundings | undefined>(undefined);

export function useSurroundings(): Surroundings {
  const found = useContext(SurroundingsContext);
  if (found === undefined) throw new Error('A view outside the app');
  return found;
}

export const useText = (): Text => useSurroundings().text;

/** The snapshot of a view model, again at each change. */
export function useModel<S>(model: Model<S, unknown>): S {
  const [held, setHeld] = useState(() => ({ model, snapshot: model.getSnapshot() }));
  useEffect(() => {
    const read = (): void => setHeld({ model, snapshot: model.getSnapshot() });
    read();
    return model.subscribe(read);
  }, [model]);
  return held.model === model ? held.snapshot : model.getSnapshot();
}

/** A view model that lives as long as the view, or as what it depends on. */
export function useOwnModel<M extends Model<unknown, unknown>>(
  make: () => M,
  dependencies: readonly unknown[] = [],
): M {
  const [held] = useState<{ model?: M; dependencies?: readonly unknown[] }>({});
  const isStale =
    held.dependencies === undefined ||
    held.dependencies.some((each, at) => !Object.is(each, dependencies[at]));
  if (held.model === undefined || isStale) {
    held.model?.dispose();
    held.model = make();
    held.dependencies = dependencies;
  }
  const model = held.model;
  useEffect(() => () => held.model?.dispose(), []);
  return model;
}
