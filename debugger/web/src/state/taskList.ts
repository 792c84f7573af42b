// The tasks of the service, and what of them is shown. All of them are read once, and then only what has changed.
import { signal } from "@preact/signals";
import * as service from "../service";
import type { TaskSummary } from "../service";
import type { Listing } from "./address";

/// The most tasks that are read; the newest ones.
const MOST = 20_000;
/// A first page that is soon there.
const FIRST = "/v1/tasks?limit=100";
const NEWEST = "/v1/tasks?limit=50";
const OPEN = "/v1/tasks?state=open&limit=1000";
/// Tasks that have ended are asked for one by one, so many at a time.
const ENDED_AT_ONCE = 20;
export const PAGE = 25;

const IS_OPEN = ["queued", "running", "waiting", "parked"];
/// Failures that say that a person must look.
const NEEDS_PERSON = ["undecided", "unsettled", "leaked", "not-rolled-back", "cast-unsettled"];

export interface TaskList {
  /// The newest first.
  tasks: TaskSummary[];
  /// Whether these are all, and not only the newest.
  whole: boolean;
}

/// Reads the tasks anew at each call, and asks only for what can have changed.
export class Tasks {
  private known = new Map<string, TaskSummary>();
  private isRead = false;
  private whole = false;

  async read(signal: AbortSignal, show: (list: TaskList) => void): Promise<TaskList> {
    if (this.isRead) await this.readChanges(signal);
    else await this.readAll(signal, show);
    return this.list();
  }

  private list(): TaskList {
    const tasks = [...this.known.values()].sort((one, other) => (one.created_at < other.created_at ? 1 : one.created_at > other.created_at ? -1 : other.id < one.id ? -1 : 1));
    return { tasks, whole: this.whole };
  }

  private async readAll(signal: AbortSignal, show: (list: TaskList) => void): Promise<void> {
    this.known = new Map();
    let path: string | null = FIRST;
    while (path !== null && this.known.size < MOST) {
      const page: service.TaskPage = await service.tasks(path.replace("limit=100&", "limit=1000&"), signal);
      this.add(page.tasks);
      path = page.next;
      if (path !== null) show(this.list());
    }
    this.isRead = true;
    this.whole = path === null;
  }

  /// New tasks, open tasks, and those that were open.
  private async readChanges(signal: AbortSignal): Promise<void> {
    const { tasks: newest } = await service.tasks(NEWEST, signal);
    const areAllNew = newest.length > 0 && !newest.some(({ id }) => this.known.has(id));
    // More than a page is new: all are read again.
    if (areAllNew && this.known.size > 0) this.isRead = false;
    this.add(newest);
    const open = new Set<string>();
    let path: string | null = OPEN;
    while (path !== null) {
      const page: service.TaskPage = await service.tasks(path, signal);
      for (const { id } of page.tasks) open.add(id);
      this.add(page.tasks);
      path = page.next;
    }
    const read = new Set(newest.map(({ id }) => id));
    const ended = [...this.known.values()].filter(({ id, state }) => IS_OPEN.includes(state) && !open.has(id) && !read.has(id));
    for (const task of ended.slice(0, ENDED_AT_ONCE)) await this.readEnded(task, signal);
  }

  private async readEnded(task: TaskSummary, signal: AbortSignal): Promise<void> {
    const [consumer] = task.consumers;
    const { tasks } = await service.tasks(`/v1/tasks?consumer=${consumer}&limit=100`, signal);
    const now = tasks.find(({ id }) => id === task.id);
    if (now) this.known.set(now.id, now);
    else this.known.delete(task.id);
  }

  private add(tasks: TaskSummary[]): void {
    for (const task of tasks) this.known.set(task.id, task);
  }
}

/// Consumers that hold what they should not, as the service's last audit says.
export const leaking = signal<ReadonlySet<string>>(new Set());

export type ListedVerdict = "leak" | "person" | "open" | "failed" | "ended";

/// What the list can say of a task without its record.
export function verdictOf({ state, failure, consumers }: TaskSummary): ListedVerdict {
  if (consumers.some((consumer) => leaking.value.has(consumer))) return "leak";
  if (state === "parked" || NEEDS_PERSON.includes(failure?.code ?? "")) return "person";
  if (IS_OPEN.includes(state)) return "open";
  return state === "failed" ? "failed" : "ended";
}

/// What the tasks can be narrowed down to, each with whether a task is part of it.
export const STATES: Record<string, (task: TaskSummary) => boolean> = {
  leak: (task) => verdictOf(task) === "leak",
  person: (task) => verdictOf(task) === "person",
  ...Object.fromEntries([...IS_OPEN, "failed", "finished"].map((state) => [state, (task: TaskSummary) => task.state === state])),
};

/// The tasks that have all words of the search in them; a word is any part of an id, kind, policy, outcome, state or time.
export function found(tasks: TaskSummary[], { search }: Listing): TaskSummary[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return tasks;
  return tasks.filter((task) => words.every((word) => textOf(task).includes(word)));
}

const texts = new WeakMap<TaskSummary, string>();

function textOf(task: TaskSummary): string {
  const known = texts.get(task);
  if (known !== undefined) return known;
  const { policy, outcome, failure, waiting_for } = task;
  const waits = waiting_for.map((wait) => (wait.kind === "reply" ? wait.effect : wait.kind === "task" ? wait.task : `${wait.kind} ${wait.breakpoint}`));
  const parts = [task.id, task.kind, task.state, ...task.consumers, task.request_id, policy.name, policy.version, policy.digest, outcome?.kind, failure?.code, failure?.detail, task.parked, ...waits, task.created_at, task.updated_at];
  const text = parts.filter(Boolean).join("\n").toLowerCase();
  texts.set(task, text);
  return text;
}
