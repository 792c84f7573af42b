// What an operator can do with a task, as lines to copy: for curl, and for the command line of the program.
import { token } from "../service";
import type { Reply, Task } from "../rules/types";

export interface Command {
  title: string;
  /// What it does, and when it is right.
  text: string;
  curl: string;
  /// None if the command line has no such command.
  cli?: string;
}

export interface Known {
  id: string;
  /// In `/v1/tasks/{id}`.
  state: string;
  task: Task;
  /// The migration record, if it is known.
  migration: string | undefined;
  questions: { index: number; effect: string; reply: Reply }[];
}

const ENDED = ["finished", "failed"];

export function commandsFor(known: Known): Command[] {
  const { id, state, task } = known;
  const read: Command = { title: "Read it", text: "The task as the service has it.", curl: curl("GET", `/v1/tasks/${id}`), cli: `swaparoo tasks show ${id} ${url()}` };
  const record: Command = { title: "Save its record", text: "For swaparoo replay, and for this page.", curl: curl("GET", `/v1/tasks/${id}/record`), cli: `swaparoo tasks record ${id} ${url()}` };
  const retry: Command = { title: "Try it again", text: "A new task with the same input.", curl: curl("POST", "/v1/tasks?wait=10", task) };
  if (!ENDED.includes(state)) return [...replies(known), ...(state === "parked" ? [resume(id)] : []), read];
  return [...(state === "failed" ? repairs(known) : []), ...(state === "failed" ? [retry] : []), record, read];
}

function replies({ id, questions }: Known): Command[] {
  const heartbeat = { title: "Restart its deadlines", text: "Its caller still works on the questions.", curl: curl("POST", `/v1/tasks/${id}/heartbeat`) };
  const answers = questions.map(({ index, effect, reply }) => ({
    title: `Answer ${effect}`,
    text: "With what is true: the answer below is the model's, for its form.",
    curl: curl("POST", `/v1/tasks/${id}/replies`, { index, reply }),
  }));
  return questions.length > 0 ? [...answers, heartbeat] : [];
}

function resume(id: string): Command {
  return { title: "Resume it", text: "Once the reason for which it is parked is gone.", curl: curl("POST", `/v1/tasks/${id}/resume`, {}), cli: `swaparoo tasks resume ${id} ${url()}` };
}

/// An abort or a release by the service, which has the rules decide what is right.
function repairs({ task, migration }: Known): Command[] {
  const server = "server" in task ? task.server : undefined;
  if (server === undefined || migration === undefined) return [];
  return [
    {
      title: "Abort the migration",
      text: "If no compute service has started it, or it failed and was not rolled back.",
      curl: curl("POST", "/v1/tasks?wait=10", { kind: "abort", server, migration }),
      cli: `swaparoo abort --server-uuid ${server} --migration-uuid ${migration} --cloud CLOUD`,
    },
    {
      title: "Release what is left over",
      text: "If the server is deleted, or the migration has ended.",
      curl: curl("POST", "/v1/tasks?wait=10", { kind: "release", server, consumer: migration }),
      cli: `swaparoo release --server-uuid ${server} --consumer ${migration} --cloud CLOUD`,
    },
  ];
}

function curl(method: string, path: string, body?: object): string {
  const parts = ["curl"];
  if (method !== "GET" && body === undefined) parts.push(`-X ${method}`);
  if (token.peek()) parts.push('-H "authorization: Bearer $SWAPAROO_SERVICE_TOKEN"');
  if (body) parts.push("-H 'content-type: application/json'", `-d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`);
  return [...parts, `'${location.origin}${path}'`].join(" ");
}

function url(): string {
  return `--url ${location.origin}`;
}
