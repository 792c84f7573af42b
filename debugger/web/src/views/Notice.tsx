/// An error message; the page still works.
export function Notice({ text, close }: { text: string; close: () => void }) {
  return (
    <div class="notice" role="alert">
      <span class="sign" aria-hidden="true">
        !
      </span>
      <p>{text}</p>
      <button type="button" class="quiet" onClick={close}>
        Dismiss
      </button>
    </div>
  );
}

/// A message that stays until the next one.
export function Message({ text }: { text: string }) {
  return (
    <p class="message" role="status">
      {text}
    </p>
  );
}
