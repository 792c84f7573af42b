// An open task of the service is read again whenever it has changed, until it has ended.
import { effect, signal } from "@preact/signals";
import * as service from "../service";
import { name, openTaskId } from "./address";
import type { Document } from "./document";
import { detailsOf, readTask } from "./sources";
import { at, errorText, opened, renew, run } from "./store";

const EVERY_MS = 2_000;
/// The service computes a deadline anew for each answer.
const JITTER_MS = 500;

/// Why the task cannot be followed at the moment.
export const lost = signal<string | undefined>(undefined);
let followed: string | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

effect(() => {
  const id = opened.value?.open ? openTaskId() : undefined;
  if (id === followed) return;
  followed = id;
  lost.value = undefined;
  clearTimeout(timer);
  if (id) timer = setTimeout(() => void look(id), EVERY_MS);
});

/// Reads it now, since this page has changed it.
export async function lookNow(): Promise<void> {
  const id = followed;
  if (id === undefined) return;
  try {
    show(id, await readTask(id));
  } catch (error) {
    lost.value = errorText(error);
  }
}

async function look(id: string): Promise<void> {
  try {
    if (!document.hidden && (await hasChanged(id))) show(id, await readTask(id));
    if (followed === id) lost.value = undefined;
  } catch (error) {
    if (followed === id) lost.value = errorText(error);
  }
  if (followed === id) timer = setTimeout(() => void look(id), EVERY_MS);
}

/// The list has a task in short form. Reading all of it would also tell the service that its questions have been fetched, so
/// that is done only for a change.
async function hasChanged(id: string): Promise<boolean> {
  const source = opened.peek()?.source;
  const before = source && detailsOf(source);
  if (source?.kind !== "task" || !before) return true;
  const consumer = "server" in source.task ? source.task.server : source.task.source;
  const { tasks } = await service.tasks(`/v1/tasks?state=open&limit=100&consumer=${consumer}`);
  const now = tasks.find((one) => one.id === id);
  return !now || now.updated_at !== before.updated_at || now.state !== before.state || Math.abs(untilOf(now) - untilOf(before)) > JITTER_MS;
}

/// A heartbeat moves the deadlines and nothing else, and a breakpoint is not in the history.
function untilOf({ waiting_for }: Pick<service.TaskSummary | service.TaskDetails, "waiting_for">): number {
  return Math.max(0, ...waiting_for.map((wait) => (wait.kind === "task" ? 0 : Date.parse(wait.until))));
}

/// The courses stay; who looks at the end still does.
function show(id: string, now: Document): void {
  const before = opened.peek();
  if (followed !== id || !before) return;
  name(now, `task=${id}`);
  const isAtEnd = at.peek() === run.peek()?.exchanges.length;
  const [first] = now.forks;
  const forks = first && before.forks.length > 1 ? before.forks.map((fork) => (fork.id === first.id ? first : fork)) : now.forks;
  const end = now.source.kind === "task" ? now.source.history.length : 0;
  renew({ ...now, forks, fork: before.fork, at: isAtEnd ? end : before.at });
}
