import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import './Page.css';

interface PageProps {
  title: string;
  action?: ComponentChildren;
  before?: ComponentChildren;
  children: ComponentChildren;
}

/** A page in the shell: a heading that takes the focus when it is opened, and what belongs under it. */
export function Page({ title, action, before, children }: PageProps): VNode {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [title]);
  return (
    <main class="page" id="main" tabIndex={-1}>
      <div class="page-inside">
        <header class="page-header">
          {before}
          <h1 class="page-title" tabIndex={-1} ref={heading}>
            {title}
          </h1>
          {action}
        </header>
        {children}
      </div>
    </main>
  );
}
