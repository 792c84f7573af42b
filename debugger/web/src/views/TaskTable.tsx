import type { TaskSummary, Wait } from "../service";
import { age, clock } from "../audits";
import { type ListedVerdict, verdictOf } from "../state/taskList";
import { tryTo } from "./App";

const VERDICTS: Record<ListedVerdict, { badge: string; text: string; title: string }> = {
  leak: { badge: "bad", text: "\u25b2 leak now", title: "the last audit says that one of its consumers holds what it should not" },
  person: { badge: "warn", text: "! needs a person", title: "its end says that a person must look, or it is parked" },
  open: { badge: "unknown", text: "... open", title: "it has not ended" },
  failed: { badge: "accent", text: "\u2717 failed", title: "it has failed, and says that nothing is left to do" },
  ended: { badge: "good", text: "\u2713 ended", title: "it has ended as it should; open it for the verdict on its allocations" },
};

export function TaskTable({ tasks }: { tasks: TaskSummary[] }) {
  return (
    <table class="tasks" aria-labelledby="tasks">
      <thead>
        <tr>
          {["Task", "Verdict", "Servers and migrations", "State", "Waits for, or ended as", "Policy", "Changed"].map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {tasks.map((task) => (
          <Row key={task.id} task={task} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ task }: { task: TaskSummary }) {
  const { id, kind, state, consumers, policy, updated_at } = task;
  const { badge, text, title } = VERDICTS[verdictOf(task)];
  return (
    <tr>
      <td>
        <a href={`#task=${id}`} title={id} onClick={(event) => open(event, id)}>
          {kind} {id.slice(-8)}
        </a>
      </td>
      <td>
        <span class={`badge ${badge}`} title={title}>
          {text}
        </span>
      </td>
      <td>
        {consumers.map((consumer) => (
          <div key={consumer}>
            <code class="uuid">{consumer}</code>
          </div>
        ))}
      </td>
      <td>
        <span class={`tag ${state}`}>{state}</span>
      </td>
      <td>
        <How task={task} />
      </td>
      <td>{policy.name}</td>
      <td class="time" title={updated_at}>
        {ago(updated_at)}
      </td>
    </tr>
  );
}

/// A plain click opens it here; with a key held down the browser opens its address.
function open(event: MouseEvent, id: string): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  void tryTo(async () => (await import("../state/sources")).openTask(id));
}

function How({ task: { outcome, failure, parked, waiting_for } }: { task: TaskSummary }) {
  if (outcome || failure) return <span title={failure?.detail}>{outcome?.kind ?? failure?.code}</span>;
  if (parked) return <span>{parked}</span>;
  return waiting_for.map((wait, index) => (
    <div key={index}>
      <Waits wait={wait} />
    </div>
  ));
}

function Waits({ wait }: { wait: Wait }) {
  if (wait.kind === "task") return <>the task {wait.task.slice(-8)}</>;
  if (wait.kind === "breakpoint")
    return (
      <>
        a breakpoint <span class="faint">until {clock(wait.until)} UTC</span>
      </>
    );
  return (
    <>
      an answer to <code>{wait.effect}</code> <span class="faint">until {clock(wait.until)} UTC</span>
    </>
  );
}

function ago(time: string): string {
  const seconds = (Date.now() - Date.parse(time)) / 1000;
  return seconds < 1 ? "just now" : `${age(seconds)} ago`;
}
