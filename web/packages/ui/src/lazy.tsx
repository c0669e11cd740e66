import { h, type ComponentChild, type ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { FailedView } from './public/FailedView.tsx';
import { WaitingPage } from './primitives/Waiting.tsx';

/** A view that is fetched when it is first shown. */
export function lazy<P extends object>(
  load: () => Promise<ComponentType<P>>,
): (props: P) => ComponentChild {
  let loaded: ComponentType<P> | undefined;
  return function Lazy(props) {
    const [state, setState] = useState<'waiting' | 'failed' | 'there'>(
      loaded === undefined ? 'waiting' : 'there',
    );
    useEffect(() => {
      if (state !== 'waiting') return;
      load().then(
        (view) => {
          loaded = view;
          setState('there');
        },
        () => setState('failed'),
      );
    }, [state]);
    if (state === 'failed') return <FailedView onRetry={() => setState('waiting')} />;
    return loaded === undefined ? <WaitingPage /> : h(loaded, props);
  };
}
