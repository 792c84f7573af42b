import * as dialog from "@zag-js/dialog";
import { normalizeProps, useMachine } from "@zag-js/preact";
import type { ComponentChildren } from "preact";
import { createPortal } from "preact/compat";
import { useEffect, useId, useRef } from "preact/hooks";

export interface DialogProps {
  title: string;
  open: boolean;
  close: () => void;
  children: ComponentChildren;
}

/// A question or a text in front of the page. It has the keyboard focus until it is closed.
export function DialogElements({ title, open, close, children }: DialogProps) {
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

/// Returns the keyboard focus to where it was. The dialog library does this only while the dialog's elements exist, and
/// they are removed with it. The previous focus is read while the dialog is rendered; afterwards the dialog has the
/// focus.
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
