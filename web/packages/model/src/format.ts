/**
 * Light formatting of messages, as text becomes a tree that views render as elements: never markup
 * in a string. `**bold**`, `*italic*` or `_italic_`, `~~struck~~`, `` `code` ``, fences of three
 * backticks, `> quote`, `- ` and `1. ` lists, addresses beginning with http:// or https://.
 * What does not close stays as it was written.
 */
export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'bold' | 'italic' | 'strike'; children: readonly Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'link'; href: string; text: string }
  | { kind: 'mention'; name: string };

export type Block =
  | { kind: 'paragraph'; lines: readonly (readonly Inline[])[] }
  | { kind: 'code'; text: string }
  | { kind: 'quote'; lines: readonly (readonly Inline[])[] }
  | { kind: 'list'; isOrdered: boolean; start: number; items: readonly (readonly Inline[])[] };

const DEPTH_MAX = 4;

export function parseBlocks(text: string, mentions: readonly string[] = []): readonly Block[] {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const blocks: Block[] = [];
  const inline = (line: string): readonly Inline[] => parseInline(line, mentions);
  let at = 0;
  const take = (pattern: RegExp): readonly string[] => {
    const taken: string[] = [];
    for (let line = lines[at]; line !== undefined; line = lines[++at]) {
      const match = pattern.exec(line);
      if (match === null) break;
      taken.push(match[1] ?? '');
    }
    return taken;
  };
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const fence = line.startsWith('```') ? findFence(lines, at + 1) : -1;
    const ordered = /^(\d{1,4})[.)] /.exec(line);
    if (fence > at) {
      blocks.push({ kind: 'code', text: lines.slice(at + 1, fence).join('\n') });
      at = fence + 1;
    } else if (/^> ?/.test(line)) {
      blocks.push({ kind: 'quote', lines: take(/^> ?(.*)$/).map(inline) });
    } else if (/^[-*•] \S/.test(line)) {
      const items = take(/^[-*•] (.*)$/).map(inline);
      blocks.push({ kind: 'list', isOrdered: false, start: 1, items });
    } else if (ordered !== null) {
      const items = take(/^\d{1,4}[.)] (.*)$/).map(inline);
      blocks.push({ kind: 'list', isOrdered: true, start: Number(ordered[1]), items });
    } else if (line.trim() === '') {
      at += 1;
    } else {
      blocks.push({ kind: 'paragraph', lines: takeParagraph().map(inline) });
    }
  }
  return blocks;

  function takeParagraph(): readonly string[] {
    const taken: string[] = [lines[at] ?? ''];
    at += 1;
    for (let line = lines[at]; line !== undefined; line = lines[++at]) {
      if (line.trim() === '' || /^(> ?|[-*•] \S|\d{1,4}[.)] |```)/.test(line)) break;
      taken.push(line);
    }
    return taken;
  }
}

function findFence(lines: readonly string[], from: number): number {
  for (let at = from; at < lines.length; at++) if (lines[at]?.trim() === '```') return at;
  return -1;
}

const TOKEN =
  /`([^`\n]+)`|\*\*(?=\S)([^\n]*?\S)\*\*|~~(?=\S)([^\n]*?\S)~~|\*(?=[^\s*])([^*\n]*?[^\s*])\*|(?<![\p{L}\p{N}_])_(?=\S)([^_\n]*?\S)_(?![\p{L}\p{N}_])|(https?:\/\/[^\s<>"]+)/gu;

export function parseInline(
  line: string,
  mentions: readonly string[] = [],
  depth = 0,
): readonly Inline[] {
  const out: Inline[] = [];
  let last = 0;
  if (depth < DEPTH_MAX) {
    for (const match of line.matchAll(TOKEN)) {
      const [whole, code, bold, strike, star, underscore, address] = match;
      const italic = star ?? underscore;
      pushText(out, line.slice(last, match.index), mentions);
      last = match.index + whole.length;
      const inner = (text: string): readonly Inline[] => parseInline(text, mentions, depth + 1);
      if (code !== undefined) out.push({ kind: 'code', text: code });
      else if (bold !== undefined) out.push({ kind: 'bold', children: inner(bold) });
      else if (strike !== undefined) out.push({ kind: 'strike', children: inner(strike) });
      else if (italic !== undefined) out.push({ kind: 'italic', children: inner(italic) });
      else if (address !== undefined) last -= pushLink(out, address);
    }
  }
  pushText(out, line.slice(last), mentions);
  return out;
}

/** Pushes an address without the punctuation that follows it; answers how many letters that was. */
function pushLink(out: Inline[], address: string): number {
  let end = address.length;
  while (end > 0 && /[.,;:!?'"»”…]/.test(address.charAt(end - 1))) end -= 1;
  if (address.charAt(end - 1) === ')' && !address.slice(0, end).includes('(')) end -= 1;
  const href = address.slice(0, end);
  if (URL.canParse(href)) out.push({ kind: 'link', href, text: href });
  else out.push({ kind: 'text', text: href });
  return address.length - end;
}

function pushText(out: Inline[], text: string, mentions: readonly string[]): void {
  let rest = text;
  while (rest !== '') {
    const found = firstMention(rest, mentions);
    if (found === undefined) break;
    if (found.at > 0) out.push({ kind: 'text', text: rest.slice(0, found.at) });
    out.push({ kind: 'mention', name: found.name });
    rest = rest.slice(found.at + found.name.length + 1);
  }
  if (rest !== '') out.push({ kind: 'text', text: rest });
}

function firstMention(
  text: string,
  mentions: readonly string[],
): { at: number; name: string } | undefined {
  let best: { at: number; name: string } | undefined;
  for (const name of mentions) {
    const at = text.indexOf(`@${name}`);
    const isBetter =
      best === undefined || at < best.at || (at === best.at && name.length > best.name.length);
    if (at >= 0 && isBetter) best = { at, name };
  }
  return best;
}

/** A message on one line, without marks, for lists and quotes. */
export function plainExcerpt(text: string, max = 200): string {
  const flat = text
    .slice(0, max * 4)
    .replace(/```/g, '')
    .replace(/(\*\*|~~|`)/g, '')
    .replace(/^> ?/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
  return flat.length > max ? `${flat.slice(0, max - 1)}…` : flat;
}
