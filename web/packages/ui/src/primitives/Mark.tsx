import type { VNode } from 'preact';
import './Mark.css';

/** Crypho's mark: two who lean together, and what is between them. */
export function Mark({ size = 28 }: { size?: number }): VNode {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect class="mark-ground" width="32" height="32" rx="9" />
      <path class="mark-stroke" d="M20.8 9.6a8 8 0 1 0 0 12.8" />
      <circle class="mark-dot" cx="22.4" cy="16" r="2.6" />
    </svg>
  );
}
