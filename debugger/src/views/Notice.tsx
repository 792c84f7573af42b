/// Something went wrong that the reader should know of; the page goes on.
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

/// Something that is good to know, until something else is.
export function News({ text }: { text: string }) {
  return (
    <p class="news" role="status">
      {text}
    </p>
  );
}
