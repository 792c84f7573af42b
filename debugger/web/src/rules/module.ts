// The rules and the model that they run on, as WebAssembly. There are two builds of one crate: the small one plays the
// built-in scenarios and is part of the first load; the full one reads records, accepts replies and explores, and is
// loaded when it is first needed.
import initPage, * as page from "#module/page/swaparoo_debugger.js";
import type { Change, RunView, Source, ScenarioView } from "./types";

type Full = typeof import("#module/full/swaparoo_debugger.js");

let ready: Promise<unknown> | undefined;
let full: Full | undefined;
let loading: Promise<Full> | undefined;

export function begin(): Promise<unknown> {
  ready ??= initPage({ module_or_path: new URL("#module/page/swaparoo_debugger_bg.wasm", import.meta.url) });
  return ready;
}

export function scenarios(): ScenarioView[] {
  return page.scenarios();
}

export async function loadFull(): Promise<Full> {
  loading ??= import("#module/full/swaparoo_debugger.js").then(async (module) => {
    await module.default({ module_or_path: new URL("#module/full/swaparoo_debugger_bg.wasm", import.meta.url) });
    full = module;
    return module;
  });
  return loading;
}

function needsFull(source: Source, changes: Change[]): boolean {
  return source.kind !== "story" || changes.some((change) => change.reply !== undefined);
}

/// The version of the built-in rules; none until the full module is loaded.
export function builtInVersion(name: string): string {
  return full?.describe(name).version ?? "";
}

/// The recorded run; runs no rules.
export async function recorded(source: Source, open: boolean): Promise<RunView> {
  return (await loadFull()).recorded(source, open);
}

/// Plays synchronously if the loaded module can do it.
export function playNow(source: Source, policy: string, changes: Change[], open: boolean): RunView | undefined {
  if (full) return full.play(source, policy, changes, open, undefined);
  if (needsFull(source, changes)) return undefined;
  return source.kind === "story" ? (page.play(source, policy, changes, open, undefined) as RunView) : undefined;
}

export async function play(source: Source, policy: string, changes: Change[], open: boolean): Promise<RunView> {
  if (needsFull(source, changes)) await loadFull();
  else await begin();
  const run = playNow(source, policy, changes, open);
  if (!run) throw new Error("the rules are not loaded");
  return run;
}
