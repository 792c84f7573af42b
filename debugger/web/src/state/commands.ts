// What an operator can do with a task: as lines to copy, for curl and for the command line of the program, and from the
// page.
import { token } from "../service";
import type { Effect, Reply, Task } from "../rules/types";

export interface Command {
  title: string;
  /// What it does, and when it is right.
  text: string;
  curl: string;
  /// None if the command line has no such command.
  cli?: string;
  /// None if it changes nothing.
  act?: Act;
}

/// A change at the service.
export interface Act {
  /// POST, if none is given.
  method?: "DELETE";
  path: string;
  body?: object;
  /// The server that it is about.
  server: string;
  does: Does;
}

/// What follows from it.
export type Does =
  | { kind: "task"; task: Task }
  | { kind: "reply"; question: Question }
  | { kind: "resume" }
  /// The task itself goes on as before: `what` changes only.
  | { kind: "none"; what: string };

export interface Question {
  index: number;
  effect: Effect;
  /// The number of the effect among those of its kind, from 1.
  nth: number;
  /// The model's answer.
  reply: Reply;
}

export interface Known {
  id: string;
  /// In `/v1/tasks/{id}`.
  state: string;
  task: Task;
  /// The migration record, if it is known.
  migration: string | undefined;
  questions: Question[];
  /// The breakpoint that has stopped it.
  breakpoint: string | undefined;
}

const ENDED = ["finished", "failed"];
const ACCEPT = "/v1/tasks?wait=10";

export function commandsFor(known: Known): Command[] {
  const { id, state, task } = known;
  const read: Command = { title: "Read it", text: "The task as the service has it.", curl: curl("GET", `/v1/tasks/${id}`), cli: `swaparoo tasks show ${id} ${url()}` };
  const record: Command = { title: "Save its record", text: "For swaparoo replay, and for this page.", curl: curl("GET", `/v1/tasks/${id}/record`), cli: `swaparoo tasks record ${id} ${url()}` };
  const retry = () => acting("Try it again", "A new task with the same input.", accept(task));
  if (!ENDED.includes(state)) return [...replies(known), ...(state === "parked" ? [resume(known)] : breakpoints(known)), read];
  return [...(state === "failed" ? [...repairs(known), retry()] : []), record, read];
}

/// The server of a task; of a move, the consumer that holds the allocations at its start.
export function serverOf(task: Task): string {
  return "server" in task ? task.server : task.source;
}

/// All consumers that a task names, each once.
export function consumersOf(task: Task): string[] {
  const parts = task as unknown as Record<string, string | undefined>;
  return [...new Set(["server", "migration", "consumer", "source", "target"].flatMap((part) => parts[part] ?? []))];
}

export function accept(task: Task): Act {
  return { path: ACCEPT, body: task, server: serverOf(task), does: { kind: "task", task } };
}

function acting(title: string, text: string, act: Act, cli?: string): Command {
  return { title, text, curl: curl(act.method ?? "POST", act.path, act.body), act, ...(cli !== undefined && { cli }) };
}

function replies({ id, task, questions }: Known): Command[] {
  const server = serverOf(task);
  const answers = questions.map((question) => {
    const { index, effect, reply } = question;
    const act: Act = { path: `/v1/tasks/${id}/replies`, body: { index, reply }, server, does: { kind: "reply", question } };
    return acting(`Answer ${effect.kind}`, "With what is true: the answer below is the model's, for its form.", act);
  });
  const heartbeat: Act = { path: `/v1/tasks/${id}/heartbeat`, server, does: { kind: "none", what: "the deadlines of its questions: they start again" } };
  return questions.length > 0 ? [...answers, acting("Restart its deadlines", "Its caller still works on the questions.", heartbeat)] : [];
}

function resume({ id, task }: Known): Command {
  const act: Act = { path: `/v1/tasks/${id}/resume`, body: {}, server: serverOf(task), does: { kind: "resume" } };
  return acting("Resume it", "Once the reason for which it is parked is gone.", act, `swaparoo tasks resume ${id} ${url()}`);
}

/// The task goes on from the breakpoint that has stopped it, or stops before its next write.
function breakpoints({ task, breakpoint }: Known): Command[] {
  const server = serverOf(task);
  if (breakpoint !== undefined) {
    const act: Act = { method: "DELETE", path: `/v1/breakpoints/${breakpoint}`, server, does: { kind: "resume" } };
    return [acting("Go on", "The breakpoint is removed, and the task sends its write.", act, `swaparoo breakpoints remove ${breakpoint} ${url()}`)];
  }
  const what = "where it stops: before its next write, for ten minutes or until you let it go on";
  const act: Act = { path: "/v1/breakpoints", body: { consumer: server }, server, does: { kind: "none", what } };
  return [acting("Stop before its next write", "To look first: this page plays what each way leads to.", act, `swaparoo breakpoints set --consumer ${server} ${url()}`)];
}

/// An abort or a release by the service, which has the rules decide what is right.
function repairs({ task, migration }: Known): Command[] {
  const server = "server" in task ? task.server : undefined;
  if (server === undefined) return [];
  const ofServer = releaseOf(server, server, "Release what the server holds", "If the server is deleted, or runs elsewhere.");
  if (migration === undefined) return [ofServer];
  return [
    acting(
      "Abort the migration",
      "If no compute service has started it, or it failed and was not rolled back.",
      accept({ kind: "abort", server, migration }),
      `swaparoo abort --server-uuid ${server} --migration-uuid ${migration} --cloud CLOUD`,
    ),
    releaseOf(server, migration, "Release what is left over", "What the migration record holds, if the server is deleted or the migration has ended."),
    ofServer,
  ];
}

/// A release of what a consumer of the server holds.
export function releaseOf(server: string, consumer: string, title: string, text: string): Command {
  return acting(title, text, accept({ kind: "release", server, consumer }), `swaparoo release --server-uuid ${server} --consumer ${consumer} --cloud CLOUD`);
}

function curl(method: string, path: string, body?: object): string {
  const parts = ["curl"];
  if (method !== "GET" && (body === undefined || method !== "POST")) parts.push(`-X ${method}`);
  if (token.peek()) parts.push('-H "authorization: Bearer $SWAPAROO_SERVICE_TOKEN"');
  if (body) parts.push("-H 'content-type: application/json'", `-d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`);
  return [...parts, `'${location.origin}${path}'`].join(" ");
}

function url(): string {
  return `--url ${location.origin}`;
}
