export const EMAIL_MAX = 254;

/** Whether it looks like an address: the mail itself is the proof. */
export function looksLikeEmail(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.length <= EMAIL_MAX && /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(trimmed);
}
