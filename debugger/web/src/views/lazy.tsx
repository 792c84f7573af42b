import type { ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { errorText, failure } from "../state/store";

/// A view that is loaded when it is first shown: the page is smaller without it.
export function lazy<Props extends object = object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  let loaded: { View: ComponentType<Props> } | undefined;
  return function Lazy(props: Props) {
    const [shown, show] = useState(loaded);
    useEffect(() => {
      if (loaded) return;
      // A failure that is shown stays: it is of something else.
      void load().then(
        (View) => show((loaded = { View })),
        (error: unknown) => (failure.value = errorText(error)),
      );
    }, []);
    return shown ? <shown.View {...props} /> : null;
  };
}

/// A dialog that is loaded when it first opens.
export function lazyDialog<Props extends { open: boolean }>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const View = lazy(load);
  return function LazyDialog(props: Props) {
    const asked = useRef(false);
    asked.current ||= props.open;
    return asked.current ? <View {...props} /> : null;
  };
}
