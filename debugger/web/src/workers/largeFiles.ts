// The page's side of the workers that read large files. Each file has a worker, which keeps it and plays rules on it.
import type { Change, ExchangeView, PossibleEvent, RunView, Snapshot, Source } from "../rules/types";
import type { Document } from "../state/document";
import type { Question } from "./record";

type Asked = Question extends infer One ? (One extends Question ? Omit<One, "id"> : never) : never;
interface Message {
  id: number;
  what?: string;
  part?: unknown[];
  done?: number;
  answer?: object;
  failure?: string;
}

const workers = new WeakMap<Source, Worker>();
let next = 0;

/// Whether a worker has the source.
export function isInWorker(source: Source): boolean {
  return workers.has(source);
}

export async function openInWorker(file: File, progress: (done: number) => void): Promise<Document> {
  const worker = new Worker(new URL("./record.ts", import.meta.url), { type: "module", name: "record" });
  try {
    const { answer, parts } = await ask(worker, { kind: "open", file }, progress);
    const document = answer as Document;
    const { source } = document;
    const whole = source.kind === "task" ? { ...document, source: { ...source, history: (parts.history ?? []) as typeof source.history } } : document;
    workers.set(whole.source, worker);
    return whole;
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

export function recordedInWorker(source: Source, open: boolean): Promise<RunView> {
  return run(source, { kind: "recorded", open });
}

export function playInWorker(source: Source, policy: string, changes: Change[], open: boolean): Promise<RunView> {
  return run(source, { kind: "play", policy, changes, open });
}

async function run(source: Source, asked: Asked): Promise<RunView> {
  const { answer, parts } = await ask(workers.get(source) as Worker, asked, () => undefined);
  return { ...(answer as Omit<RunView, "exchanges" | "snapshots">), exchanges: withEvents(parts.exchanges ?? []), snapshots: repeated(parts.snapshots ?? []) };
}

function withEvents(exchanges: unknown[]): ExchangeView[] {
  const lists: PossibleEvent[][] = [];
  for (const exchange of exchanges as (ExchangeView & { events: number })[]) exchange.possible_events = lists[exchange.events] ??= exchange.possible_events;
  return exchanges as ExchangeView[];
}

/// A snapshot that is not there is the one before it.
function repeated(snapshots: unknown[]): Snapshot[] {
  let before: unknown;
  return snapshots.map((snapshot) => (before = snapshot ?? before) as Snapshot);
}

function ask(worker: Worker, asked: Asked, progress: (done: number) => void): Promise<{ answer: object; parts: Record<string, unknown[]> }> {
  const id = next++;
  const parts: Record<string, unknown[]> = {};
  return new Promise((resolve, reject) => {
    const onMessage = ({ data }: MessageEvent<Message>) => {
      if (data.id !== id) return;
      if (data.part && data.what) {
        const known = (parts[data.what] ??= []);
        for (const one of data.part) known.push(one);
        progress(data.done ?? 0);
        return;
      }
      worker.removeEventListener("message", onMessage);
      if (data.failure === undefined) resolve({ answer: data.answer ?? {}, parts });
      else reject(new Error(data.failure));
    };
    worker.addEventListener("message", onMessage);
    worker.addEventListener("error", (event) => reject(new Error(event.message || "the file's worker has ended")), { once: true });
    worker.postMessage({ id, ...asked });
  });
}
