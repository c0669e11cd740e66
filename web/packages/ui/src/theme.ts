/** What one may choose; 'system' follows the device, in light and dark and in contrast. */
export type Theme = 'system' | 'light' | 'dark' | 'high-contrast';

/** Puts the chosen theme on the page, and follows the device as it changes. Gives what chooses another. */
export function startTheme(first: Theme): (next: Theme) => void {
  const wantsContrast = matchMedia('(prefers-contrast: more)');
  let theme = first;
  const show = (): void => {
    document.documentElement.dataset['theme'] =
      theme === 'system' && wantsContrast.matches ? 'high-contrast' : theme;
  };
  wantsContrast.addEventListener('change', show);
  show();
  return (next) => {
    theme = next;
    show();
  };
}
