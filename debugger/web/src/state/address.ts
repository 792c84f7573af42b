// The address of what is shown, in the fragment: `#task=ID&at=17&view=step`. The browser's Back, a reload and a link lead
// to the same step.
import { effect, signal } from "@preact/signals";
import { type Document, type Fork, ofScenario } from "./document";
import { scenarios } from "../rules/module";
import { places, write } from "./places";
import { forksFrom, fromPacked, LONGEST_LINK, pack, packState } from "./share";
import { compared, errorText, failure, message, opened, show, toTime, type View, view } from "./store";
import type { Source } from "../rules/types";
import { token } from "../service";

/// What the list of tasks shows.
export interface Listing {
  search: string;
  /// A state, `person`, `leak`, or empty: all.
  state: string;
  /// From 1.
  page: number;
}

export const ALL_TASKS: Listing = { search: "", state: "", page: 1 };
export const listing = signal<Listing>(ALL_TASKS);

const VIEWS: View[] = ["step", "compare", "explore"];

/// The name of each source in an address, as `task=ID`, and the document as it was when it was opened.
const names = new WeakMap<Source, string>();
const documents = new Map<string, Document>();
const files = new WeakMap<Source, File>();
const packedForks = new WeakMap<Fork[], string>();
/// The most exchanges that are tried to be packed into an address; an exchange has some 500 bytes.
const LONGEST_PACKED = 400;

/// Gives a document its name in addresses. Call before it is opened.
export function name(document: Document, as: string): Document {
  names.set(document.source, as);
  documents.set(as, document);
  return document;
}

/// Remembers the file of a document that may be too large for an address: the browser keeps it.
export function madeFrom(file: File, document: Document): Document {
  files.set(document.source, file);
  return document;
}

/// The task of the service that is open.
export function openTaskId(): string | undefined {
  const source = opened.value?.source;
  return source && /^task=(.*)$/.exec(names.get(source) ?? "")?.[1];
}

type Opener = (value: string) => Promise<Document>;

/// How a named source is opened. What needs the service or the browser's storage is loaded when it is first needed.
const openers: Record<string, Opener> = {
  story: async (id) => storyNamed(id),
  s: fromPacked,
  task: async (id) => (await import("./sources")).readTask(id),
  file: async (id) => (await import("./sources")).readKept(id),
};

function storyNamed(id: string): Document {
  const story = scenarios().find((one) => one.id === id);
  if (!story) throw new Error(`no story is named ${id}`);
  return ofScenario(story.id, story.title, story.policy);
}

/// The packed parts of the address that are not there yet.
async function prepare(document: Document): Promise<void> {
  const { source, forks } = document;
  const named = names.get(source) ?? (await nameOf(document));
  names.set(source, named);
  if (!documents.has(named)) documents.set(named, isStory(source) ? { ...storyNamed(source.id), source } : document);
  if (!packedForks.has(forks)) packedForks.set(forks, isFirst(document) ? "" : await pack(forks));
}

async function nameOf(document: Document): Promise<string> {
  const { source } = document;
  if (isStory(source)) return `story=${source.id}`;
  const history = source.kind === "task" ? source.history.length : 0;
  const packed = history <= LONGEST_PACKED ? await packState(document) : undefined;
  if (packed && packed.length <= LONGEST_LINK) return `s=${packed}`;
  const file = files.get(source);
  return `file=${(file && (await (await import("./keptFiles")).keep(file))) ?? `not-kept-${documents.size}`}`;
}

function isStory(source: Source): source is Source & { kind: "story" } {
  return source.kind === "story" && scenarios().some(({ id }) => id === source.id);
}

/// Whether the courses are those with which the source was opened.
function isFirst({ source, forks }: Document): boolean {
  const first = documents.get(names.get(source) ?? "")?.forks;
  return first === forks || JSON.stringify(first) === JSON.stringify(forks);
}

/// The fragment, if all its parts are there.
function fragment(document: Document): string | undefined {
  const named = names.get(document.source);
  const forks = packedForks.get(document.forks);
  const base = documents.get(named ?? "");
  if (named === undefined || forks === undefined || !base) return undefined;
  const parts = [named, `at=${document.at}`, `view=${view.peek()}`];
  if (document.fork !== base.fork) parts.push(`fork=${document.fork}`);
  if (compared.peek() && view.peek() === "compare") parts.push(`with=${compared.peek()?.join(",")}`);
  if (toTime.peek()) parts.push("scale=time");
  if (forks) parts.push(`forks=${forks}`);
  return parts.join("&");
}

function ofListing({ search, state, page }: Listing): string {
  const parts = new URLSearchParams();
  if (search) parts.set("search", search);
  if (state) parts.set("state", state);
  if (page > 1) parts.set("page", String(page));
  return parts.toString();
}

/// Shows what an address names, unless another one has been read meanwhile. Nothing happens if it names nothing of this
/// page, as `#main` does.
async function restore(hash: string, isLatest: () => boolean): Promise<void> {
  const parts = new URLSearchParams(hash.slice(1));
  const kind = Object.keys(openers).find((one) => parts.has(one));
  if (kind === undefined) return restoreListing(hash, parts);
  const named = `${kind}=${parts.get(kind)}`;
  const base = documents.get(named) ?? name(await (openers[kind] as Opener)(parts.get(kind) ?? ""), named);
  const packed = parts.get("forks");
  const forks = packed ? await forksFrom(packed, base) : base.forks;
  if (!isLatest()) return;
  if (packed) packedForks.set(forks, packed);
  const fork = forks.find(({ id }) => id === number(parts, "fork"))?.id ?? base.fork;
  const then = VIEWS.find((one) => one === parts.get("view")) ?? "step";
  places.wasRead = true;
  toTime.value = parts.get("scale") === "time";
  show({ ...base, forks, fork, at: number(parts, "at") ?? base.at }, then, parts.get("with")?.split(",").filter(Boolean));
}

function restoreListing(hash: string, parts: URLSearchParams): void {
  if (hash.length > 1 && !["search", "state", "page"].some((one) => parts.has(one))) return;
  places.wasRead = true;
  listing.value = { search: parts.get("search") ?? "", state: parts.get("state") ?? "", page: Math.max(1, number(parts, "page") ?? 1) };
  show(undefined);
}

function number(parts: URLSearchParams, part: string): number | undefined {
  const text = parts.get(part);
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/// Reads that overlap: only the last one counts.
let reads = 0;

async function read(): Promise<void> {
  const mine = ++reads;
  const isLatest = () => mine === reads;
  message.value = "What the address names is being read...";
  try {
    await restore(location.hash, isLatest);
  } catch (error) {
    if (isLatest()) failure.value = errorText(error);
  } finally {
    if (isLatest()) message.value = undefined;
  }
}

/// Shows what the address names, and from then on keeps it the address of what is shown.
export async function followAddress(): Promise<void> {
  await read();
  addEventListener("popstate", () => void read());
  // A task that needs a token is opened once there is one.
  token.subscribe(() => failure.peek() !== undefined && !opened.peek() && void read());
  let isPlanned = false;
  // A link that cannot be opened stays in the address.
  let isFirst = failure.peek() !== undefined;
  effect(() => {
    void [opened.value, view.value, compared.value, listing.value, toTime.value];
    if (isPlanned) return;
    isPlanned = true;
    queueMicrotask(() => {
      isPlanned = false;
      if (!isFirst) void update();
      isFirst = false;
    });
  });
}

async function update(): Promise<void> {
  const document = opened.peek();
  if (!document) return write(ofListing(listing.peek()));
  if (fragment(document) === undefined) await prepare(document);
  const now = opened.peek();
  // Something else may be open by now; its own update writes it.
  const text = now && fragment(now);
  if (text !== undefined) write(text);
}
