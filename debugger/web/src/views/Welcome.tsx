import { useEffect, useRef, useState } from "preact/hooks";
import { scenarios } from "../rules/module";
import { ofScenario } from "../state/document";
import { openFile } from "../state/files";
import { openDocument } from "../state/store";
import { isServed } from "../runner";
import { tryTo } from "./App";
import { AuditFindings } from "./AuditFindings";
import { Paste } from "./Paste";
import { RunnerTasks } from "./RunnerTasks";

/// Shown while nothing is open: all sources.
export function Welcome() {
  const [runner, setRunner] = useState<boolean>();
  useEffect(() => void isServed().then(setRunner), []);
  return (
    <div class="welcome">
      <section class="lead">
        <h2>Step through a move of allocations</h2>
        <p>
          See the requests to Placement and nova, who held what at each moment, and which rule decided and why. Then change what happened, and see what the
          rules would have done.
        </p>
      </section>
      <section class="panel" aria-labelledby="scenarios">
        <h3 id="scenarios">Stories</h3>
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
      <div class="sources">
        {runner && <AuditFindings />}
        <OpenFile />
        <Paste />
        {runner && <RunnerTasks />}
        {runner === false && (
          <section class="panel">
            <h3>Tasks of a runner</h3>
            <p class="faint">This page was not served by a runner. `swaparoo serve` shows its tasks here.</p>
          </section>
        )}
      </div>
    </div>
  );
}

function OpenFile() {
  const input = useRef<HTMLInputElement>(null);
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
      <input
        ref={input}
        type="file"
        class="visually-hidden"
        tabIndex={-1}
        aria-label="A record, a state or a policy"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          event.currentTarget.value = "";
          if (file) void tryTo(() => openFile(file));
          // So that the same file can be chosen again.
          event.currentTarget.value = "";
        }}
      />
    </section>
  );
}
