import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { tryTo } from "./App";
import type { DialogProps } from "./DialogElements";

let loaded: { View: ComponentType<DialogProps> } | undefined;

/// A question or a text in front of the page. Its code is loaded when the first dialog opens: the page is smaller without
/// it.
export function Dialog(props: DialogProps) {
  const [shown, show] = useState(loaded);
  useEffect(() => {
    if (!props.open || shown) return;
    void tryTo(async () => {
      loaded ??= { View: (await import("./DialogElements")).DialogElements };
      show(loaded);
    });
  }, [props.open]);
  return shown ? <shown.View {...props} /> : null;
}
