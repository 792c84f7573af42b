import { useState } from "preact/hooks";
import { changes, closeDocument, opened, undo, view, type View } from "../state/store";
import { lazyDialog } from "./lazy";

const Share = lazyDialog(async () => (await import("./Share")).Share);

const VIEWS: { id: View; name: string; text: string }[] = [
  { id: "step", name: "Step", text: "One exchange after another" },
  { id: "compare", name: "Compare", text: "Policies side by side" },
  { id: "explore", name: "Explore", text: "All possible results from here" },
];

export function Header({ help }: { help: () => void }) {
  const [sharing, setSharing] = useState(false);
  const document = opened.value;
  return (
    <header class="header">
      <a class="skip" href="#main" onClick={toContent}>
        Skip to the content
      </a>
      <h1 class="brand">
        <Mark />
        <span>Swaparoo</span> <span class="faint">debugger</span>
      </h1>
      {document && (
        <>
          <div class="title">
            <strong title={document.title}>{document.title}</strong>
            <span class="faint">{document.origin}</span>
          </div>
          <nav class="views" aria-label="Views">
            {VIEWS.map(({ id, name, text }) => (
              <button key={id} type="button" title={text} aria-pressed={view.value === id} onClick={() => (view.value = id)}>
                {name}
              </button>
            ))}
          </nav>
        </>
      )}
      <div class="actions">
        {changes.last.value !== undefined && (
          <button type="button" title={`Take back: ${changes.last.value} (Ctrl-Z)`} onClick={undo}>
            Undo
          </button>
        )}
        {document && (
          <>
            <button type="button" onClick={() => setSharing(true)}>
              Share
            </button>
            <button type="button" onClick={closeDocument}>
              Back to all tasks
            </button>
          </>
        )}
        <button type="button" class="quiet" aria-label="Help" title="Help (?)" onClick={help}>
          ?
        </button>
      </div>
      {document && <Share open={sharing} close={() => setSharing(false)} document={document} />}
    </header>
  );
}

/// The address stays: it is of what is open.
function toContent(event: Event) {
  event.preventDefault();
  globalThis.document.getElementById("main")?.focus();
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
      <path d="M4 8h13l-4-4M20 16H7l4 4" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}
