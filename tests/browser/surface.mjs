// Prints the results and exceptions of all functions of the browser module's two builds, as one JSON object. The folder
// with `nodejs` and `web` is the first argument.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const folder = resolve(process.argv[2]);

function forNode() {
  return createRequire(import.meta.url)(resolve(folder, "nodejs", "browser.js"));
}

// As in a page, but the module's bytes are passed instead of fetched.
async function forWeb() {
  const script = readFileSync(resolve(folder, "web", "browser.js"), "utf8");
  const rules = await import("data:text/javascript," + encodeURIComponent(script));
  rules.initSync({ module: readFileSync(resolve(folder, "web", "browser_bg.wasm")) });
  return rules;
}

function thrown(work) {
  try {
    return { returned: work() };
  } catch (error) {
    return { isError: error instanceof Error, message: error.message };
  }
}

function surface(rules) {
  const server = "c0ffee00-0000-0000-0000-000000000001";
  const task = { kind: "revert", server, migration: "c0ffee00-0000-0000-0000-000000000002" };
  const names = rules.policies();
  return {
    policies: names,
    describe: names.map((name) => rules.describe(name)),
    first_step: names.map((name) => rules.nextStep(name, task, [])),
    throws: {
      describe_unknown: thrown(() => rules.describe("standrad")),
      unknown: thrown(() => rules.nextStep("standrad", task, [])),
      task: thrown(() => rules.nextStep("standard", { kind: "revert", server }, [])),
      kind: thrown(() => rules.nextStep("standard", { ...task, kind: "resize" }, [])),
      history: thrown(() => rules.nextStep("standard", task, [{ effect: { kind: "pause" } }])),
      no_history: thrown(() => rules.nextStep("standard", task, {})),
    },
  };
}

process.stdout.write(JSON.stringify({ nodejs: surface(forNode()), web: surface(await forWeb()) }));
