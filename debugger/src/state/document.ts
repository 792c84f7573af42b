// What is open: a source, and courses of it side by side. Everything else that is seen is computed from this, so this is
// what a link or a file holds.
import type { Change, PolicyRef, RecordFile, Source, Task } from "../rules/types";

export interface Fork {
  id: number;
  name: string;
  policy: PolicyRef;
  changes: Change[];
}

export interface Document {
  title: string;
  /// Where it comes from, in some words.
  origin: string;
  source: Source;
  /// A task that had not ended when it was read.
  open: boolean;
  times?: RecordFile["times"];
  forks: Fork[];
  /// The fork that is looked at, and how many exchanges of it have happened.
  fork: number;
  at: number;
}

export function ofStory(id: string, title: string, policy: string): Document {
  return begun({ title, origin: "built-in story", source: { kind: "story", id }, open: false }, named(policy), "As it happened");
}

export function ofRecord(title: string, record: RecordFile): Document {
  const source: Source = { kind: "task", task: record.task, history: record.history };
  const document = begun({ title, origin: "record", source, open: false }, named(record.policy.name), "As recorded");
  return record.times ? { ...document, times: record.times } : document;
}

export function ofOpenTask(title: string, task: Task, history: RecordFile["history"], policy: string): Document {
  return begun({ title, origin: "task of the runner", source: { kind: "task", task, history }, open: true }, named(policy), "As far as it is");
}

export function ofPasted(title: string, source: Source): Document {
  return begun({ title, origin: "pasted from Placement", source, open: false }, named("standard"), "As it stands");
}

function begun(what: Pick<Document, "title" | "origin" | "source" | "open">, policy: PolicyRef, name: string): Document {
  return { ...what, forks: [{ id: 1, name, policy, changes: [] }], fork: 1, at: 0 };
}

/// A policy that this page has not got is shown under the default; the course says where it leaves the record.
function named(name: string): PolicyRef {
  const known = ["standard", "seed", "nova-34"].includes(name);
  return { kind: "built-in", name: known ? name : "standard" };
}

export function activeFork(document: Document): Fork {
  const [first] = document.forks;
  const fork = document.forks.find((one) => one.id === document.fork) ?? first;
  if (!fork) throw new Error("a document has at least one fork");
  return fork;
}
