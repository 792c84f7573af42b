// Files that are dropped or chosen: a record, a state of this page, or a policy's component.
import { loadFull } from "../rules/module";
import { choosePolicy, message, openDocument, opened } from "./store";
import { madeFrom } from "./address";
import { activeFork, type Document, ofRecord } from "./document";
import * as share from "./share";
import { openInWorker } from "../workers/largeFiles";
import type { RecordFile } from "../rules/types";

/// The service's own records have some kilobytes; this allows for 100,000 exchanges.
const LARGEST = 64 * 1024 * 1024;
/// A larger file is read by a worker, so that the page goes on meanwhile.
const LARGE = 1024 * 1024;
const WASM = [0x00, 0x61, 0x73, 0x6d];

export async function openFile(file: File): Promise<void> {
  if (file.size > LARGEST) {
    const size = Math.round(file.size / 1024 / 1024);
    throw new Error(`${file.name} has ${size} MiB; a record or a policy has at most ${LARGEST / 1024 / 1024} MiB`);
  }
  if (await isComponent(file)) {
    await openComponent(file.name, new Uint8Array(await file.arrayBuffer()));
    return;
  }
  message.value = `${file.name} is being read...`;
  try {
    openDocument(madeFrom(file, await fromFile(file)));
  } finally {
    message.value = undefined;
  }
}

async function isComponent(file: File): Promise<boolean> {
  const first = new Uint8Array(await file.slice(0, WASM.length).arrayBuffer());
  return WASM.every((byte, index) => first[index] === byte);
}

/// A record, or a state of this page.
export async function fromFile(file: File): Promise<Document> {
  if (file.size > LARGE) {
    return openInWorker(file, (done) => (message.value = `${file.name} is being read... ${Math.round(100 * done)} %`));
  }
  return read(file.name, await file.text());
}

/// Adds a policy's component, and plays the open document with it. The first component waits for the transpiler.
export async function openComponent(name: string, bytes: Uint8Array): Promise<void> {
  message.value = `${name} is being transpiled...`;
  try {
    const { addComponent } = await import("../workers/policyWorkers");
    const policy = await addComponent(name, bytes);
    message.value = opened.value ? undefined : `${policy.name} ${policy.digest.slice(0, 12)} is among the policies now: open something to run it on`;
    const own = opened.value && activeFork(opened.value).policy;
    // If this policy decided the record, its reasons are shown next to the exchanges.
    if (own && !(own.kind === "recorded" && own.digest === policy.digest)) choosePolicy(policy);
  } catch (error) {
    message.value = undefined;
    throw error;
  }
}

async function read(name: string, text: string): Promise<Document> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is neither a record nor a component: ${(error as Error).message}`, { cause: error });
  }
  if (share.isState(value)) return share.fromValue(value, name);
  return ofRecord(name, await checked(name, value));
}

export async function checked(name: string, value: unknown): Promise<RecordFile> {
  const rules = await loadFull();
  rules.checkRecord(name, value);
  return value as RecordFile;
}

export function save(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
}
