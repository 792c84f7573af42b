// What is open: a source, and its runs side by side. Everything else on the page is computed from this, so a link or
// a file contains only this.
import type { Change, PolicyRef, RecordFile, Source, Task } from "../rules/types";

export interface Fork {
  id: number;
  name: string;
  policy: PolicyRef;
  changes: Change[];
}

export interface Document {
  title: string;
  /// Where it comes from, for display.
  origin: string;
  source: Source;
  /// Whether the task had not ended when it was read.
  open: boolean;
  times?: RecordFile["times"];
  /// What others did, each with the number of exchanges before it.
  beside?: RecordFile["beside"];
  /// The number of exchanges after which the wrong end could not be avoided any more.
  unavoidableAfter?: number;
  forks: Fork[];
  /// The displayed fork, and how many of its exchanges have happened.
  fork: number;
  at: number;
}

export function ofScenario(id: string, title: string, policy: string): Document {
  return newDocument({ title, origin: "built-in story", source: { kind: "story", id }, open: false }, { kind: "built-in", name: policy }, "The story");
}

export function ofRecord(title: string, { task, history, end, policy, times, beside, unavoidable_after: after }: RecordFile): Document {
  const source: Source = { kind: "task", task, history, end };
  const document = newDocument({ title, origin: "record", source, open: false }, recordedBy(policy), "Recorded");
  const turning = after === undefined ? {} : { unavoidableAfter: after, at: Math.min(after, history.length) };
  return { ...document, ...(times && { times }), ...(beside && { beside }), ...turning };
}

/// A file's content that was found to be a record.
export function documentFrom(title: string, record: unknown): Document {
  return ofRecord(title, record as RecordFile);
}

export function ofOpenTask(title: string, task: Task, history: RecordFile["history"], policy: RecordFile["policy"]): Document {
  return { ...newDocument({ title, origin: "task of the service", source: { kind: "task", task, history }, open: true }, recordedBy(policy), "So far"), at: history.length };
}

export function ofPasted(title: string, source: Source): Document {
  return newDocument({ title, origin: "pasted from Placement", source, open: false }, { kind: "built-in", name: "standard" }, "Pasted");
}

function newDocument(what: Pick<Document, "title" | "origin" | "source" | "open">, policy: PolicyRef, name: string): Document {
  return { ...what, forks: [{ id: 1, name, policy, changes: [] }], fork: 1, at: 0 };
}

function recordedBy({ name, version, digest }: RecordFile["policy"]): PolicyRef {
  return { kind: "recorded", name, version, digest };
}

/// Converts a state that was saved before the recorded run became a separate fork: adds that fork and keeps the
/// others.
export function withRecorded(document: Document): Document {
  if (document.source.kind !== "task" || document.forks.some(({ policy }) => policy.kind === "recorded")) return document;
  const policy: PolicyRef = { kind: "recorded", name: "a policy that the state does not name", version: "", digest: "" };
  const id = Math.max(...document.forks.map((fork) => fork.id)) + 1;
  return { ...document, forks: [{ id, name: "What was recorded", policy, changes: [] }, ...document.forks] };
}

export function activeFork(document: Document): Fork {
  const [first] = document.forks;
  const fork = document.forks.find((one) => one.id === document.fork) ?? first;
  if (!fork) throw new Error("a document has at least one fork");
  return fork;
}
