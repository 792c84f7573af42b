import { useEffect, useRef, useState } from "preact/hooks";
import { scenarios } from "../rules/module";
import { ofScenario } from "../state/document";
import { openDocument } from "../state/store";
import { isServed } from "../service";
import { openFile, tryTo } from "./App";
import { lazy } from "./lazy";

const OfService = lazy(async () => (await import("./OfService")).OfService);
const Paste = lazy(async () => (await import("./Paste")).Paste);
const Policies = lazy(async () => (await import("./Policies")).Policies);

/// Shown while nothing is open: the tasks of the service first, then what else can be opened.
export function Welcome() {
  const [served, setServed] = useState<boolean>();
  useEffect(() => void isServed().then(setServed), []);
  return (
    <div class="welcome">
      {served && <OfService />}
      <div class="sources">
        <OpenFile served={served === true} />
        {served === false && (
          <section class="panel">
            <h3>Tasks of a service</h3>
            <p class="faint">This page was not served by `swaparoo serve`, which shows its tasks here.</p>
          </section>
        )}
        <PasteHead />
      </div>
      <section class="panel" aria-labelledby="learn">
        <h3 id="learn">Learn: moves that go wrong, and one that does not</h3>
        <ul class="scenarios">
          {scenarios().map((scenario) => (
            <li key={scenario.id}>
              <button type="button" onClick={() => openDocument(ofScenario(scenario.id, scenario.title, scenario.policy))}>
                <strong>{scenario.title}</strong>
                <span>{scenario.text}</span>
                <span class="faint">under {scenario.policy}</span>
              </button>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

/// The form is loaded when it is first opened.
function PasteHead() {
  const [open, setOpen] = useState(false);
  return (
    <section class="panel" aria-labelledby="paste">
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <h3 id="paste">What Placement says</h3> <span class="faint">paste it, and try a repair on it</span>
        </summary>
        {open && <Paste />}
      </details>
    </section>
  );
}

function OpenFile({ served }: { served: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  const [policies, setPolicies] = useState(false);
  return (
    <section class="panel">
      <h3>A file</h3>
      <p>
        A record (<code>swaparoo move --record FILE</code>, or <code>GET /v1/tasks/ID/record</code>), a state saved here, or a policy's <code>.wasm</code>.
      </p>
      <div class="buttons">
        <button type="button" onClick={() => input.current?.click()}>
          Choose a file
        </button>
        <span class="faint">or drop it anywhere on the page</span>
      </div>
      {served && (
        <details onToggle={(event) => event.currentTarget.open && setPolicies(true)}>
          <summary>Or a policy of the service</summary>
          {policies && <Policies />}
        </details>
      )}
      <input
        ref={input}
        type="file"
        class="visually-hidden"
        tabIndex={-1}
        aria-label="A record, a state or a policy"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          // So that the same file can be chosen again.
          event.currentTarget.value = "";
          if (file) void tryTo(() => openFile(file));
        }}
      />
    </section>
  );
}
