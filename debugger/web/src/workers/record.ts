// Reads one large file, and plays rules on it, while the page goes on. The page gets what is read in parts: a part is
// small enough that taking it is not felt.
import init, * as rules from "#module/full/swaparoo_debugger.js";
import type { Change, ExchangeView, RunView, Snapshot, Source } from "#module/full/swaparoo_debugger.js";
import { documentFrom } from "../state/document";
import { fromValue, isState } from "../state/share";

export type Question =
  | { id: number; kind: "open"; file: File }
  | { id: number; kind: "recorded"; open: boolean }
  | { id: number; kind: "play"; policy: string; changes: Change[]; open: boolean };

/// The most exchanges of a part.
const PART = 250;

let source: Source | undefined;

addEventListener("message", async ({ data }: MessageEvent<Question>) => {
  try {
    await init({ module_or_path: new URL("#module/full/swaparoo_debugger_bg.wasm", import.meta.url) });
    if (data.kind === "open") await open(data.id, data.file);
    else if (source === undefined) throw new Error("no file is open");
    else sendRun(data.id, data.kind === "recorded" ? rules.recorded(source, data.open) : rules.play(source, data.policy, data.changes, data.open, undefined));
  } catch (error) {
    postMessage({ id: data.id, failure: error instanceof Error ? error.message : String(error) });
  }
});

async function open(id: number, file: File): Promise<void> {
  const document = documentOf(file.name, await file.text());
  source = document.source;
  if (source.kind !== "task") return postMessage({ id, answer: document });
  const { history, ...rest } = source;
  sendParts(id, "history", history, (part) => part);
  postMessage({ id, answer: { ...document, source: rest } });
}

function documentOf(name: string, text: string) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is neither a record nor a component: ${(error as Error).message}`, { cause: error });
  }
  if (isState(value)) return fromValue(value, name);
  rules.checkRecord(name, value);
  return documentFrom(name, value);
}

function sendRun(id: number, { exchanges, snapshots, ...rest }: RunView): void {
  const events = new Map<string, number>();
  sendParts(id, "exchanges", exchanges, (part) => part.map((exchange) => withoutEvents(exchange, events)));
  let before = "";
  sendParts(id, "snapshots", snapshots, (part) =>
    part.map((snapshot): Snapshot | null => {
      const text = JSON.stringify(snapshot);
      if (text === before) return null;
      before = text;
      return snapshot;
    }),
  );
  postMessage({ id, answer: rest });
}

/// Most exchanges have the same possible events, so each list is sent once; the others have its number.
function withoutEvents(exchange: ExchangeView, known: Map<string, number>): ExchangeView & { events: number } {
  const key = JSON.stringify(exchange.possible_events);
  const number = known.get(key);
  if (number !== undefined) return { ...exchange, possible_events: [], events: number };
  known.set(key, known.size);
  return { ...exchange, events: known.size - 1 };
}

function sendParts<T>(id: number, what: string, all: T[], made: (part: T[]) => unknown[]): void {
  for (let from = 0; from < all.length; from += PART) postMessage({ id, what, part: made(all.slice(from, from + PART)), done: from / all.length });
}
