import * as dialog from "@zag-js/dialog";
import { normalizeProps, useMachine } from "@zag-js/preact";
import type { ComponentChildren } from "preact";
import { createPortal } from "preact/compat";
import { useId, useLayoutEffect } from "preact/hooks";

interface Props {
  title: string;
  open: boolean;
  close: () => void;
  children: ComponentChildren;
}

/// A question or a text in front of the page, which has the keyboard until it is closed.
export function Dialog({ title, open, close, children }: Props) {
  const service = useMachine(dialog.machine, { id: useId(), open, restoreFocus: false, onOpenChange: (details: { open: boolean }) => !details.open && close() });
  useReturn(open);
  const api = dialog.connect(service, normalizeProps);
  if (!api.open) return null;
  return createPortal(
    <>
      <div {...api.getBackdropProps()} class="backdrop" />
      <div {...api.getPositionerProps()} class="positioner">
        <div {...api.getContentProps()} class="dialog">
          <div class="dialog-head">
            <h2 {...api.getTitleProps()}>{title}</h2>
            <button {...api.getCloseTriggerProps()} type="button" class="quiet" aria-label="Close">
              {"\u00d7"}
            </button>
          </div>
          {children}
        </div>
      </div>
    </>,
    document.body,
  );
}

/// The keyboard goes back to where it was. The machine would do it too, but only while the dialog's elements are there, and
/// they go with it.
function useReturn(open: boolean) {
  useLayoutEffect(() => {
    if (!open) return undefined;
    const before = document.activeElement;
    return () => {
      requestAnimationFrame(() => before instanceof HTMLElement && before.isConnected && before.focus());
    };
  }, [open]);
}
