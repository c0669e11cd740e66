import { Component, h, type ComponentChild, type FunctionComponent } from 'preact';

/** Renders again only when a property is another than before. The properties' names stay the same. */
export function memo<P extends object>(view: FunctionComponent<P>): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const before: Readonly<P> = this.props;
      for (const key in next) if (!Object.is(next[key], before[key])) return true;
      return false;
    }
    override render(): ComponentChild {
      const props: P = this.props;
      return h(view, props);
    }
  }
  return (props: P) => h(Memo, props);
}
