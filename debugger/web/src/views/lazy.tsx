import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { tryTo } from "./App";

/// A view that is loaded when it is first shown: the page is smaller without it.
export function lazy(load: () => Promise<ComponentType>): ComponentType {
  let loaded: { View: ComponentType } | undefined;
  return function Lazy() {
    const [shown, show] = useState(loaded);
    useEffect(() => {
      if (loaded) return;
      void tryTo(async () => {
        loaded = { View: await load() };
        show(loaded);
      });
    }, []);
    return shown ? <shown.View /> : null;
  };
}
