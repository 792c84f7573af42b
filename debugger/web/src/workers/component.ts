// Runs one policy's component, which jco transpiles here from its bytes. The page's Content-Security-Policy forbids
// scripts that were not served with it; this worker may run what jco writes, and sends no requests.
import { $init, generate } from "@bytecodealliance/jco-transpile/component";
import init, * as rules from "#module/full/swaparoo_debugger.js";
import type { Change, Description, Exchange, NextStep, Source, Task } from "#module/full/swaparoo_debugger.js";
import { exchangeToComponent, fromComponent, toComponent } from "./values";
import { type Exploration, portions } from "./portions";

interface Rules {
  describe(): unknown;
  nextStep(task: unknown, settings: undefined, history: unknown[]): unknown;
}

type Question =
  | { id: number; bytes: Uint8Array; kind: "describe" }
  | { id: number; bytes: Uint8Array; kind: "play"; source: Source; changes: Change[]; open: boolean }
  | { id: number; bytes: Uint8Array; kind: "steps"; task: Task; history: Exchange[]; cuts: number[] }
  | (Exploration & { bytes: Uint8Array; kind: "explore" });

const INTERFACE = /^swaparoo:policy\/(move-)?rules@/;
let instance: Promise<Rules> | undefined;

addEventListener("message", async ({ data }: MessageEvent<Question>) => {
  try {
    instance ??= instantiate(data.bytes);
    const module = init({ module_or_path: new URL("#module/full/swaparoo_debugger_bg.wasm", import.meta.url) });
    // Both are waited for at once, so that a failure of the first one is an answer, and not an uncaught exception.
    const [policy] = await Promise.all([instance, module]);
    const answer = await answered(data, policy);
    if (answer !== undefined) postMessage({ id: data.id, answer });
  } catch (error) {
    postMessage({ id: data.id, failure: error instanceof Error ? error.message : String(error) });
  }
});

async function answered(question: Question, policy: Rules): Promise<unknown> {
  const next: NextStep = (task, history) => {
    const step = expressed(() => policy.nextStep(toComponent(task), undefined, history.map(exchangeToComponent)));
    return fromComponent(step) as unknown as ReturnType<NextStep>;
  };
  switch (question.kind) {
    case "describe":
      return described(policy);
    case "play":
      return rules.play(question.source, "", question.changes, question.open, next);
    case "steps":
      return question.cuts.map((cut) => JSON.stringify(next(question.task, question.history.slice(0, cut))));
    case "explore":
      portions(rules, question, next);
      return undefined;
  }
}

/// jco converts values by the component's own types: a component of an older minor version of the contract lacks what later
/// ones have added. It leaves out a field that the component does not have, and throws for a case, before the call.
function expressed(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    const unknown = error instanceof TypeError && /invalid variant tag value|is not one of the cases of/.test(error.message);
    if (!unknown) throw error;
    throw new Error(`the component's version of the contract does not have a value of this task: ${error.message}`, { cause: error });
  }
}

function described(policy: Rules): Description {
  const description = fromComponent(policy.describe()) as unknown as Description;
  const [{ contract }] = rules.policies().slice(0, 1).map(rules.describe) as [Description];
  if (!rules.supportsContract(description.contract)) {
    throw new Error(`it was built for the contract ${description.contract}, and this page has ${contract}`);
  }
  return description;
}

async function instantiate(bytes: Uint8Array): Promise<Rules> {
  await $init;
  const made = generate(bytes, {
    name: "policy",
    noTypescript: true,
    instantiation: { tag: "async" },
    noNodejsCompat: true,
    tlaCompat: false,
    base64Cutoff: 0,
    noNamespacedExports: true,
    map: [],
  } as Parameters<typeof generate>[1]);
  if (made.imports.length > 0) throw new Error(`it imports ${made.imports.join(", ")}; a policy imports nothing`);
  const files = new Map(made.files);
  const script = files.get("policy.js");
  if (!script) throw new Error("jco produced no script for it");
  const url = URL.createObjectURL(new Blob([script as BlobPart], { type: "text/javascript" }));
  const module = (await import(/* @vite-ignore */ url)) as {
    instantiate(core: (path: string) => Promise<WebAssembly.Module>, imports: object): Promise<Record<string, Rules>>;
  };
  URL.revokeObjectURL(url);
  const exported = await module.instantiate(async (path) => WebAssembly.compile(files.get(path) as BufferSource), {});
  const found = Object.keys(exported).find((name) => INTERFACE.test(name));
  const policy = found ? exported[found] : undefined;
  if (!policy) throw new Error("it exports neither swaparoo:policy/rules nor swaparoo:policy/move-rules: it is a component, but no policy");
  return policy;
}
