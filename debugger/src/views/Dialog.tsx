import * as dialog from "@zag-js/dialog";
import { normalizeProps, useMachine } from "@zag-js/preact";
import type { ComponentChildren } from "preact";
import { createPortal } from "preact/compat";
import { useEffect, useId, useRef } from "preact/hooks";

interface Props {
  title: string;
  open: boolean;
  close: () => void;
  children: ComponentChildren;
}

/// A question or a text in front of the page, which has the keyboard until it is closed.
export function Dialog({ title, open, close, children }: Props) {
  useReturn(open);
  const service = useMachine(dialog.machine, { id: useId(), open, restoreFocus: false, onOpenChange: (details: { open: boolean }) => !details.open && close() });
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
/// they go with it. Where it was is seen while the dialog is drawn: once it is there, it has the keyboard.
function useReturn(open: boolean) {
  const before = useRef<Element | null>(null);
  if (open) before.current ??= document.activeElement;
  useEffect(() => {
    const back = before.current;
    if (open || !back) return undefined;
    before.current = null;
    const frame = requestAnimationFrame(() => back instanceof HTMLElement && back.isConnected && back.focus());
    return () => cancelAnimationFrame(frame);
  }, [open]);
}
