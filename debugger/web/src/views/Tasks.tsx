import { useEffect, useMemo, useRef } from "preact/hooks";
import * as service from "../service";
import { ALL_TASKS, listing } from "../state/address";
import { found, PAGE, STATES, type TaskList, Tasks as Reader } from "../state/taskList";
import { moving } from "../state/store";
import { TaskTable } from "./TaskTable";
import { lazy } from "./lazy";
import { usePolled } from "./usePolled";

const Token = lazy(async () => (await import("./Token")).Token);
const EVERY_MS = 2_000;
const NAMES: Record<string, string> = { leak: "leaks now", person: "need a person" };

/// The tasks of the service, newest first, kept up to date.
export function Tasks() {
  const reader = useMemo(() => new Reader(), [service.token.value]);
  const { answer: list, problem } = usePolled<TaskList>((signal, show) => reader.read(signal, show), EVERY_MS, [reader]);
  return (
    <section class="panel tasks-panel" aria-labelledby="tasks">
      <h2 id="tasks">
        Tasks <span class="faint">{list ? `${list.tasks.length.toLocaleString("en")}${list.whole ? "" : ", the newest"}` : ""}</span>
      </h2>
      {problem && problem.status !== 401 && problem.status !== 403 && (
        <p class="error" role="alert">
          {problem.message}
        </p>
      )}
      {(problem?.status === 401 || problem?.status === 403) && <Token />}
      {list && <Found list={list} />}
      {!list && !problem && <p role="status">Asking the service...</p>}
    </section>
  );
}

function narrow(to: Partial<typeof ALL_TASKS>, typed = false): void {
  // What is typed is one place to go back to, and not one for each letter.
  moving.current = typed;
  listing.value = { ...listing.value, page: 1, ...to };
}

function Found({ list: { tasks } }: { list: TaskList }) {
  const { search, state, page } = listing.value;
  const searched = useMemo(() => found(tasks, listing.value), [tasks, search]);
  const shown = useMemo(() => (STATES[state] ? searched.filter(STATES[state]) : searched), [searched, state]);
  const pages = Math.max(1, Math.ceil(shown.length / PAGE));
  const here = Math.min(page, pages);
  const box = useSlash();
  return (
    <>
      <div class="narrow">
        <input
          ref={box}
          type="search"
          title="Search ( / )"
          aria-label="Search"
          placeholder="any part of a UUID, request id, kind, policy, outcome, time"
          spellcheck={false}
          value={search}
          onInput={(event) => narrow({ search: event.currentTarget.value }, true)}
        />
        <States tasks={searched} />
      </div>
      {shown.length > 0 ? <TaskTable tasks={shown.slice((here - 1) * PAGE, here * PAGE)} /> : <p class="faint">No task matches.</p>}
      {pages > 1 && <Pages here={here} pages={pages} count={shown.length} />}
    </>
  );
}

/// The key / leads to the search.
function useSlash() {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if ((event.target as HTMLElement).closest("input, textarea, select, [role=dialog]")) return;
      event.preventDefault();
      box.current?.select();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
  return box;
}

/// How many tasks each state has; a click shows only these.
function States({ tasks }: { tasks: service.TaskSummary[] }) {
  const chosen = listing.value.state;
  const counts = Object.entries(STATES).map(([name, has]) => ({ name, count: tasks.filter(has).length }));
  return (
    <div class="states" role="group" aria-label="States">
      {[{ name: "", count: tasks.length }, ...counts]
        .filter(({ name, count }) => count > 0 || name === chosen || name === "")
        .map(({ name, count }) => (
          <button key={name} type="button" class={name} aria-pressed={name === chosen} onClick={() => narrow({ state: name })}>
            {count.toLocaleString("en")} {NAMES[name] ?? (name || "all")}
          </button>
        ))}
    </div>
  );
}

function Pages({ here, pages, count }: { here: number; pages: number; count: number }) {
  return (
    <div class="buttons" role="group" aria-label="Pages">
      <button type="button" disabled={here === 1} onClick={() => narrow({ page: here - 1 })}>
        Newer
      </button>
      <span>
        {((here - 1) * PAGE + 1).toLocaleString("en")} to {Math.min(count, here * PAGE).toLocaleString("en")} of {count.toLocaleString("en")}
      </span>
      <button type="button" disabled={here === pages} onClick={() => narrow({ page: here + 1 })}>
        Older
      </button>
    </div>
  );
}
