import { Component, type ComponentType } from "preact";

/// Draws a view again only if a property is another one. (The one of `preact/compat` would be 4 kB of the first load.)
export function memo<Props extends object>(View: ComponentType<Props>): ComponentType<Props> {
  return class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      const names = Object.keys(next) as (keyof Props)[];
      return names.length !== Object.keys(this.props).length || names.some((name) => next[name] !== this.props[name as keyof typeof this.props]);
    }

    override render(props: Props) {
      return <View {...props} />;
    }
  };
}
