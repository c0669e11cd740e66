import { useEffect, useState } from 'preact/hooks';

/** One thing at a time is shown; the width is the same in the styles. */
export const PHONE = '(max-width: 700px)';
/** Details lie over the conversation instead of beside it; the width is the same in the styles. */
export const NARROW = '(max-width: 1180px)';

/** Whether the window is as the query says, now and when it changes. */
export function useMedia(media: string): boolean {
  const [isSo, setSo] = useState(() => matchMedia(media).matches);
  useEffect(() => {
    const query = matchMedia(media);
    const read = (): void => setSo(query.matches);
    read();
    query.addEventListener('change', read);
    return () => query.removeEventListener('change', read);
  }, [media]);
  return isSo;
}
