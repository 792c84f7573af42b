// The runner that has served this page, if any. The page sends requests only to it.
import { signal } from "@preact/signals";
import type { Audits } from "./audits";
import type { Exchange, RecordFile, Task } from "./rules/types";

/// A task in the list.
export interface TaskSummary {
  id: string;
  kind: string;
  state: string;
  outcome: { kind: string } | null;
  failure: { code: string; detail: string } | null;
  policy: { name: string; version: string; digest: string };
  updated_at: string;
}

/// A task by its id, with its whole history.
export interface TaskDetails extends TaskSummary {
  task: Task;
  history: Exchange[];
  times?: RecordFile["times"];
}

export interface Filter {
  state: string;
  consumer: string;
  outcome: string;
}

export interface StoredPolicy {
  digest: string;
  name: string;
  version: string;
}

export class RunnerError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

const PAGE_SIZE = 50;
/// Stored only while the tab is open.
const TOKEN = "swaparoo-token";

/// The token of all requests; empty if none was given.
export const token = signal(sessionStorage.getItem(TOKEN) ?? "");

export function setToken(value: string): void {
  sessionStorage.setItem(TOKEN, value);
  token.value = value;
}

/// Whether a runner has served this page; a static file server does not give this answer.
export async function isServed(): Promise<boolean> {
  try {
    const answer = await fetch("/healthz", { headers: { accept: "application/json" } });
    // The request stays open until its body is read, since the answer is not cached.
    await answer.text();
    return answer.headers.get("content-type")?.startsWith("application/json") ?? false;
  } catch {
    return false;
  }
}

export async function tasks(filter: Filter, signal?: AbortSignal): Promise<TaskSummary[]> {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
  for (const [name, value] of Object.entries(filter)) if (value) query.set(name, value);
  const { tasks } = (await (await request(`/v1/tasks?${query}`, signal)).json()) as { tasks: TaskSummary[] };
  return tasks;
}

export async function task(id: string): Promise<TaskDetails> {
  return (await (await request(`/v1/tasks/${encodeURIComponent(id)}`)).json()) as TaskDetails;
}

export async function record(id: string): Promise<unknown> {
  return (await request(`/v1/tasks/${encodeURIComponent(id)}/record`)).json();
}

/// The audits of the runner; `null` if it does none.
export async function audits(signal?: AbortSignal): Promise<Audits | null> {
  try {
    return (await (await request("/v1/audit", signal)).json()) as Audits;
  } catch (error) {
    if (error instanceof RunnerError && error.status === 404) return null;
    throw error;
  }
}

export async function policies(): Promise<StoredPolicy[]> {
  const { policies } = (await (await request("/v1/policies")).json()) as { policies: StoredPolicy[] };
  return policies;
}

export async function component(digest: string): Promise<Uint8Array> {
  return new Uint8Array(await (await request(`/v1/policies/${encodeURIComponent(digest)}/component`)).arrayBuffer());
}

async function request(path: string, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = token.peek() ? { authorization: `Bearer ${token.peek()}` } : {};
  let answer: Response;
  try {
    answer = await fetch(path, { headers, ...(signal ? { signal } : {}) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RunnerError("the runner does not answer; what is open on this page still works", 0);
  }
  if (answer.ok) return answer;
  const body = (await answer.json().catch(() => undefined)) as { errors?: { detail?: string }[] } | undefined;
  throw new RunnerError(body?.errors?.[0]?.detail ?? `the runner answers ${answer.status}`, answer.status);
}
