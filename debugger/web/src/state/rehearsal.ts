// What a change at the service would lead to, by the same rules: played in the page, for each thing that nova may say. Nothing
// is sent, but Placement's present answers are read through the service.
import { accessNow, asAnswer, held } from "../acting";
import type { Change, ConsumerView, Playable, Reply, RunView, Task } from "../rules/types";
import * as service from "../service";
import { consumersOf, type Does, type Question } from "./commands";
import { type Document, ofOpenTask, ofPasted } from "./document";
import { detailsOf } from "./sources";
import { errorText, onThisPage, opened, playBy, run } from "./store";

export interface Outcome {
  /// What nova says in this case; or, for a reply, the reply.
  when: string;
  reply?: Reply;
  /// It as a document of its own.
  document: Document;
  run: RunView;
  /// The number of exchanges that have already happened.
  from: number;
}

export interface Rehearsal {
  rules: string;
  /// Where the beginning comes from.
  basis: string;
  outcomes: Outcome[];
}

/// The kinds of reply that a caller can send; the service makes the others itself.
const SENDABLE = ["server", "compute-node", "done", "nova-error", "port-requests", "cell", "migration", "project-and-user", "selections", "service", "rpc-version", "availability-zone"];

const WRITES = ["post-allocations", "put-allocations", "delete-allocations"];

type Policy = service.TaskDetails["policy"];

export async function rehearse(does: Does): Promise<Rehearsal> {
  const details = opened.peek() && detailsOf((opened.peek() as Document).source);
  if (does.kind === "task") return ofTask(does.task, details?.policy);
  if (!details) throw new Error("the task is not open any more");
  const rules = playable(details.policy);
  const one = (changes: Change[]) => played(ofHistory(details), rules, changes, details.history.length);
  const outcomes = does.kind === "reply" ? await answers(does.question, one) : [await one([])];
  return { rules: nameOf(details.policy), basis: "the task as it is now; the model answers what was not asked yet", outcomes };
}

/// A reply that was written by hand.
export async function rehearseReply({ effect, nth }: Question, reply: Reply): Promise<Outcome> {
  const details = opened.peek() && detailsOf((opened.peek() as Document).source);
  if (!details) throw new Error("the task is not open any more");
  const changes = [{ effect: effect.kind, nth, what: "", reply }];
  return { ...(await played(ofHistory(details), playable(details.policy), changes, details.history.length)), reply };
}

function ofHistory({ task, history, policy }: service.TaskDetails): Document {
  return { ...ofOpenTask(`${task.kind}, rehearsed`, task, history, policy), open: false };
}

async function played(document: Document, policy: Playable, changes: Change[], from: number): Promise<Outcome> {
  const forks = [{ id: 1, name: "Rehearsed", policy, changes }];
  return { when: "", document: { ...document, origin: "rehearsed on this page", forks, at: from }, run: await playBy(document, policy, changes), from };
}

/// The model's answer, and those of all events that could happen there.
async function answers({ index, effect, nth }: Question, play: (changes: Change[]) => Promise<Outcome>): Promise<Outcome[]> {
  const first = (await play([])).run.exchanges[index];
  // An answer that is given states a fact, unlike one that the model makes up.
  const given = first?.kind === effect.kind ? [await play([{ effect: effect.kind, nth, what: "", reply: first.reply }])] : [];
  const events = first?.possible_events ?? [];
  const others = await Promise.all(events.map(({ what }) => play([{ effect: effect.kind, nth, what }])));
  const known = new Set<string>();
  return [...given, ...others].flatMap((outcome) => {
    const exchange = outcome.run.exchanges[index];
    if (!exchange || exchange.kind !== effect.kind || !SENDABLE.includes(exchange.reply.kind)) return [];
    const key = JSON.stringify(exchange.reply);
    if (known.has(key)) return [];
    known.add(key);
    return [{ ...outcome, when: exchange.reply_text, reply: exchange.reply }];
  });
}

async function ofTask(task: Task, own: Policy | undefined): Promise<Rehearsal> {
  const policy = (await active(task.kind)) ?? own;
  const rules: Playable = policy ? playable(policy) : { kind: "built-in", name: "standard" };
  const { basis, answers } = await holdings(task);
  const outcomes = await Promise.all(
    cases(task).map(async ({ server, status, when }): Promise<Outcome> => {
      const document = ofPasted(`${task.kind}, rehearsed`, { kind: "pasted", task, answers, server });
      const changes = status === undefined ? [] : [migrationIs(task, status)];
      return { ...(await played(document, rules, changes, 0)), when };
    }),
  );
  return { rules: policy ? nameOf(policy) : "standard", basis, outcomes: merged(outcomes).sort((one, other) => writes(other) - writes(one)) };
}

/// The policy that decides a new task of this kind; a token without the role for policies does not see which one it is.
async function active(kind: Task["kind"]): Promise<Policy | undefined> {
  const roles = (await accessNow())?.roles ?? [];
  if (!["policies", "read"].some((role) => roles.includes(role))) return undefined;
  try {
    return (await service.policies()).find((policy) => service.hasRole(policy, "active", kind));
  } catch {
    return undefined;
  }
}

/// What the consumers of the task hold now; if that cannot be read, what the open record shows at its end.
async function holdings(task: Task): Promise<{ basis: string; answers: Record<string, string> }> {
  const consumers = consumersOf(task);
  try {
    const all = await Promise.all(consumers.map(held));
    return { basis: `what Placement holds for it at ${new Date().toISOString().slice(11, 19)} UTC`, answers: Object.fromEntries(all.map((one) => [one.consumer, asAnswer(one)])) };
  } catch (error) {
    const last = run.peek()?.snapshots.at(-1)?.consumers ?? [];
    const answer = (id: string) => answerOf(last.find((one) => one.id === id));
    return { basis: `what the record shows at its end, since Placement cannot be read: ${errorText(error)}`, answers: Object.fromEntries(consumers.map((id) => [id, answer(id)])) };
  }
}

function answerOf(consumer: ConsumerView | undefined): string {
  const holds = Object.entries(consumer?.holds ?? {});
  if (holds.length === 0) return "";
  const allocations = Object.fromEntries(holds.map(([provider, resources]) => [provider, { resources }]));
  return JSON.stringify({ allocations, consumer_generation: consumer?.generation ?? 1 });
}

interface Case {
  /// As in a pasted source.
  server: string;
  status?: string;
  when: string;
}

/// nova's, as far as the rules tell them apart.
export const STATUSES = ["pre-migrating", "migrating", "finished", "confirmed", "error"];
const SERVERS = { present: "the server exists", gone: "the server is deleted" };
const SILENT: Case = { server: "unknown", when: "nova does not answer" };

/// What nova may say about the server and, if the rules ask for it, about the migration.
function cases(task: Task): Case[] {
  if (task.kind === "migrate" || task.kind === "live-migrate") return [{ server: "present", when: "the model's scheduler and compute services answer" }];
  const servers = Object.entries(SERVERS);
  if (task.kind !== "abort" && !(task.kind === "release" && task.consumer !== task.server)) return [...servers.map(([server, when]) => ({ server, when })), SILENT];
  return [...servers.flatMap(([server, text]) => STATUSES.map((status) => ({ server, status, when: `${text}, the migration is ${status}` }))), SILENT];
}

/// What nova answers when the rules ask for the migration of the task.
export function migrationIs(task: Task, status: string): Change {
  const server = "server" in task ? task.server : "";
  const migration = task.kind === "release" ? task.consumer : "migration" in task ? task.migration : "";
  return { effect: "get-migration", nth: 1, what: "", reply: { kind: "migration", migration: { migration, server, migration_type: "migration", status } } };
}

/// How many writes follow.
export function writes({ run, from }: Outcome): number {
  return run.exchanges.slice(from).filter(({ kind }) => WRITES.includes(kind)).length;
}

/// Cases that end alike are one.
function merged(outcomes: Outcome[]): Outcome[] {
  const alike = new Map<string, Outcome>();
  for (const outcome of outcomes) {
    const { end, verdict, snapshots } = outcome.run;
    const key = JSON.stringify([end.name, verdict.kind, snapshots.at(-1)?.consumers.map(({ id, holds }) => [id, holds]), outcome.when.split(",")[0]]);
    const known = alike.get(key);
    const status = outcome.when.split(" is ").at(-1);
    alike.set(key, known ? { ...known, when: `${known.when} or ${status}` } : outcome);
  }
  return [...alike.values()];
}

function playable({ name, version, digest }: Policy): Playable {
  return onThisPage({ kind: "recorded", name, version, digest }) ?? { kind: "component", name, digest };
}

function nameOf({ name, version }: Policy): string {
  return `${name} ${version}`;
}
