// The service that has served this page, if any. The page sends requests only to it.
import { signal } from "@preact/signals";
import type { Audits } from "./audits";
import type { Effect, Exchange, RecordFile, Task } from "./rules/types";

/// A task in the list.
export interface TaskSummary {
  id: string;
  kind: string;
  state: string;
  /// The servers and migration records that it concerns, in no order.
  consumers: string[];
  outcome: { kind: string } | null;
  failure: { code: string; detail: string } | null;
  policy: { name: string; version: string; digest: string };
  waiting_for: Wait[];
  /// Why it is parked.
  parked?: string | null;
  created_at: string;
  updated_at: string;
  request_id: string;
}

/// What a task waits for: a reply, another task that has locked one of its consumers, or a breakpoint before a write.
export type Wait = { kind: "reply"; index: number; effect: string; until: string } | { kind: "task"; task: string } | { kind: "breakpoint"; breakpoint: string; until: string };

/// A task by its id, with its whole history.
export interface TaskDetails extends Omit<TaskSummary, "consumers" | "waiting_for"> {
  task: Task;
  history: Exchange[];
  times?: RecordFile["times"];
  waiting_for: (
    | { kind: "reply"; index: number; effect: Effect; until: string }
    | { kind: "task"; task: string }
    | { kind: "breakpoint"; breakpoint: string; set_by: string; effects: string[]; until: string }
  )[];
  /// The differences of shadow policies.
  shadow: object[];
}

export interface TaskPage {
  tasks: TaskSummary[];
  /// The path of the next page.
  next: string | null;
}

export interface StoredPolicy {
  digest: string;
  name: string;
  version: string;
  /// Any of `active`, `previous`, `shadow`.
  roles: string[];
  /// The kinds of task of each role that is not for all kinds.
  kinds: { [role: string]: string[] };
}

/// Whether a policy has a role for this kind of task.
export function hasRole({ roles, kinds }: StoredPolicy, role: string, kind: string): boolean {
  return roles.includes(role) && (kinds[role]?.includes(kind) ?? true);
}

/// The roles of a policy in words, with their kinds of task if they are not for all.
export function rolesOf({ roles, kinds }: StoredPolicy): string {
  return roles.map((role) => (kinds[role] ? `${role} for ${kinds[role].join(" ")}` : role)).join(", ");
}

export class ServiceError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/// Stored only while the tab is open.
const TOKEN = "swaparoo-token";

/// The token of all requests; empty if none was given.
export const token = signal(sessionStorage.getItem(TOKEN) ?? "");

export function setToken(value: string): void {
  sessionStorage.setItem(TOKEN, value);
  token.value = value;
}

/// Whether a service has served this page; a static file server does not give this answer.
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

/// A page of tasks, the newest first.
export async function tasks(path: string, signal?: AbortSignal): Promise<TaskPage> {
  return (await (await request(path, signal)).json()) as TaskPage;
}

export async function task(id: string, signal?: AbortSignal): Promise<TaskDetails> {
  return (await (await request(`/v1/tasks/${encodeURIComponent(id)}?observe=true`, signal)).json()) as TaskDetails;
}

export async function record(id: string): Promise<unknown> {
  return (await request(`/v1/tasks/${encodeURIComponent(id)}/record`)).json();
}

/// The audits of the service; `null` if it does none.
export async function audits(signal?: AbortSignal): Promise<Audits | null> {
  try {
    return (await (await request("/v1/audit", signal)).json()) as Audits;
  } catch (error) {
    if (error instanceof ServiceError && error.status === 404) return null;
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

export async function request(path: string, signal?: AbortSignal, more?: { method: string; headers: Record<string, string>; body?: string }): Promise<Response> {
  const headers: Record<string, string> = { ...more?.headers, ...(token.peek() && { authorization: `Bearer ${token.peek()}` }) };
  let answer: Response;
  try {
    answer = await fetch(path, { ...more, headers, ...(signal && { signal }) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ServiceError("the service does not answer; what is open on this page still works", 0);
  }
  if (answer.ok) return answer;
  const body = (await answer.json().catch(() => undefined)) as { errors?: { detail?: string }[] } | undefined;
  throw new ServiceError(body?.errors?.[0]?.detail ?? `the service answers ${answer.status}`, answer.status);
}
