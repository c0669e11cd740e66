import type { SessionModel } from '@crypho/model';
import type { VNode } from 'preact';

export function Shell(_: { sessionModel: SessionModel; onTitle: (title: string) => void }): VNode {
  return <main id="main" />;
}
