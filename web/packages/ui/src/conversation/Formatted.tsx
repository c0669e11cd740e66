import { parseBlocks, type Block, type Inline } from '@crypho/model';
import type { ComponentChild, VNode } from 'preact';
import { memo } from '../memo.ts';
import './Formatted.css';

interface FormattedProps {
  text: string;
  /** Names that may be mentioned, one a line: a text, so that it can be compared. */
  mentions: string;
}

/** Light formatting as elements; nothing in a message is ever read as markup. */
export const Formatted = memo(({ text, mentions }: FormattedProps): VNode => {
  const names = mentions === '' ? [] : mentions.split('\n');
  return <div class="formatted">{parseBlocks(text, names).map(block)}</div>;
});

function block(each: Block, at: number): VNode {
  switch (each.kind) {
    case 'paragraph':
      return <p key={at}>{lines(each.lines)}</p>;
    case 'quote':
      return <blockquote key={at}>{lines(each.lines)}</blockquote>;
    case 'code':
      return (
        <pre key={at} tabIndex={0}>
          <code>{each.text}</code>
        </pre>
      );
    case 'list': {
      const items = each.items.map((item, index) => <li key={index}>{item.map(inline)}</li>);
      return each.isOrdered ? (
        <ol key={at} start={each.start}>
          {items}
        </ol>
      ) : (
        <ul key={at}>{items}</ul>
      );
    }
  }
}

function lines(all: readonly (readonly Inline[])[]): ComponentChild[] {
  return all.flatMap((line, at) =>
    at === 0 ? line.map(inline) : [<br key={`b${at}`} />, ...line.map(inline)],
  );
}

function inline(each: Inline): ComponentChild {
  switch (each.kind) {
    case 'text':
      return each.text;
    case 'bold':
      return <strong>{each.children.map(inline)}</strong>;
    case 'italic':
      return <em>{each.children.map(inline)}</em>;
    case 'strike':
      return <s>{each.children.map(inline)}</s>;
    case 'code':
      return <code>{each.text}</code>;
    case 'mention':
      return <span class="mention">@{each.name}</span>;
    case 'link':
      return (
        <a href={each.href} target="_blank" rel="noopener noreferrer">
          {each.text}
        </a>
      );
  }
}
