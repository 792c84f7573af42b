import { useEffect, useState } from "preact/hooks";
import * as runner from "../runner";
import { checked, openComponent } from "../state/files";
import { ofOpenTask, ofRecord } from "../state/document";
import { openDocument } from "../state/store";
import { tryTo } from "./App";
import { usePolled } from "./usePolled";

const EVERY_MS = 2_000;
const STATES = ["", "open", "queued", "running", "waiting", "parked", "finished", "failed"];

/// The runner's tasks, newest first, updated live.
export function RunnerTasks() {
  const [filter, setFilter] = useState<runner.Filter>({ state: "", consumer: "", outcome: "" });
  const { answer: tasks, problem } = usePolled((signal) => runner.tasks(filter, signal), EVERY_MS, [filter, runner.token.value]);
  return (
    <section class="panel runner" aria-labelledby="runner">
      <h3 id="runner">
        Tasks of this runner <span class="faint">live</span>
      </h3>
      <div class="filters">
        <label class="stack">
          <span>State</span>
          <select value={filter.state} onChange={(event) => setFilter({ ...filter, state: event.currentTarget.value })}>
            {STATES.map((state) => (
              <option key={state} value={state}>
                {state || "any"}
              </option>
            ))}
          </select>
        </label>
        <label class="stack">
          <span>Consumer</span>
          <input spellcheck={false} placeholder="UUID" value={filter.consumer} onInput={(event) => setFilter({ ...filter, consumer: event.currentTarget.value.trim() })} />
        </label>
        <label class="stack">
          <span>Outcome or failure</span>
          <input spellcheck={false} placeholder="moved, no-valid-host..." value={filter.outcome} onInput={(event) => setFilter({ ...filter, outcome: event.currentTarget.value.trim() })} />
        </label>
      </div>
      {problem?.status === 401 || problem?.status === 403 ? <Token /> : problem && <p class="error" role="alert">{problem.message}</p>}
      {tasks && tasks.length === 0 && <p class="faint">No task matches.</p>}
      {tasks && tasks.length > 0 && <Table tasks={tasks} />}
      {!tasks && !problem && (
        <p class="waiting" role="status">
          Asking the runner...
        </p>
      )}
      {tasks && <Policies />}
    </section>
  );
}

function Token() {
  const [value, setValue] = useState("");
  return (
    <form
      class="token"
      onSubmit={(event) => {
        event.preventDefault();
        runner.setToken(value.trim());
      }}
    >
      <label class="stack">
        <span>The runner asks for a token with the role {"\u201c"}tasks{"\u201d"}; it is kept in this tab only.</span>
        <input type="password" autocomplete="off" value={value} onInput={(event) => setValue(event.currentTarget.value)} />
      </label>
      <button type="submit">Use it</button>
    </form>
  );
}

function Table({ tasks }: { tasks: runner.TaskSummary[] }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Tasks">
      <table class="tasks">
        <thead>
          <tr>
            <th scope="col">Task</th>
            <th scope="col">State</th>
            <th scope="col">Ended as</th>
            <th scope="col">Policy</th>
            <th scope="col">Last change</th>
          </tr>
        </thead>
        <tbody>
          {tasks.map((task) => (
            <tr key={task.id}>
              <td>
                <button type="button" class="link" title={task.id} onClick={() => void tryTo(() => openTask(task))}>
                  {task.kind} {task.id.slice(-8)}
                </button>
              </td>
              <td>
                <span class={`tag ${task.state}`}>{task.state}</span>
              </td>
              <td>{task.outcome?.kind ?? task.failure?.code ?? ""}</td>
              <td>{task.policy.name}</td>
              <td class="time">{task.updated_at.slice(0, 19).replace("T", " ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/// Loads a policy of the runner as a component, to play runs with.
function Policies() {
  const [loaded, setLoaded] = useState<runner.StoredPolicy[]>([]);
  useEffect(() => void runner.policies().then(setLoaded, () => setLoaded([])), []);
  const take = async (digest: string) => {
    const policy = loaded.find((one) => one.digest === digest);
    if (!policy) return;
    await openComponent(`${policy.name}.wasm`, await runner.component(digest));
  };
  if (loaded.length === 0) return null;
  return (
    <p class="policies">
      <label class="choice">
        <span>Run a policy of the runner's</span>
        <select value="" onChange={(event) => void tryTo(() => take(event.currentTarget.value))}>
          <option value="">choose by digest</option>
          {loaded.map(({ digest, name, version }) => (
            <option key={digest} value={digest}>
              {name} {version} {digest.slice(0, 12)}
            </option>
          ))}
        </select>
      </label>
    </p>
  );
}

/// Opens a task of the runner, as recorded.
export async function openTask({ id, kind, state }: runner.TaskSummary): Promise<void> {
  const title = `${kind} ${id.slice(-8)}`;
  if (state === "finished" || state === "failed") {
    openDocument({ ...ofRecord(title, await checked(title, await runner.record(id))), origin: "task of the runner" });
    return;
  }
  const details = await runner.task(id);
  const document = ofOpenTask(title, details.task, details.history, details.policy);
  openDocument(details.times ? { ...document, times: details.times } : document);
}
