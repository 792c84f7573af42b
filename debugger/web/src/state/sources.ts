// What is opened from elsewhere: tasks of the service, and files that the browser keeps for a reload.
import * as service from "../service";
import { name } from "./address";
import { type Document, ofOpenTask, ofRecord } from "./document";
import { checked, fromFile } from "./files";
import { kept } from "./keptFiles";
import { openDocument } from "./store";
import type { Source } from "../rules/types";

const ENDED = ["finished", "failed"];

const details = new WeakMap<Source, service.TaskDetails>();

/// What the service said of the task, beside its history.
export function detailsOf(source: Source): service.TaskDetails | undefined {
  return details.get(source);
}

/// Opens a task of the service.
export async function openTask(id: string): Promise<void> {
  openDocument(name(await readTask(id), `task=${id}`));
}

/// A task as it is now: its record if it has ended.
export async function readTask(id: string): Promise<Document> {
  const shown = await service.task(id);
  const title = `${shown.kind} ${id.slice(-8)}`;
  const document = ENDED.includes(shown.state) ? { ...ofRecord(title, await checked(title, await service.record(id))), origin: "task of the service" } : openTaskOf(title, shown);
  details.set(document.source, shown);
  return document;
}

function openTaskOf(title: string, shown: service.TaskDetails): Document {
  const document = ofOpenTask(title, shown.task, shown.history, shown.policy);
  return shown.times ? { ...document, times: shown.times } : document;
}

/// A file that the browser keeps.
export async function readKept(id: string): Promise<Document> {
  return fromFile(await kept(id));
}
