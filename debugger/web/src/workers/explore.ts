// Explores with a built-in policy.
import init, * as rules from "#module/full/swaparoo_debugger.js";
import { portions, type Exploration } from "./portions";

addEventListener("message", async ({ data }: MessageEvent<Exploration>) => {
  try {
    await init({ module_or_path: new URL("#module/full/swaparoo_debugger_bg.wasm", import.meta.url) });
    portions(rules, data, undefined);
  } catch (error) {
    postMessage({ id: data.id, failure: (error as Error).message });
  }
});
