// Decides histories with the browser module: reads one history a line and writes one step a line.
// A line has `policy`, `task` if it has changed, `keep` (the number of exchanges kept of the last history), and `push`.
// The module's folder is the first argument.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { resolve } from "node:path";

const rules = createRequire(import.meta.url)(resolve(process.argv[2], "browser.js"));
let task;
let history = [];
let out = [];
for await (const line of createInterface({ input: process.stdin })) {
  const node = JSON.parse(line);
  task = node.task ?? task;
  history = [...history.slice(0, node.keep), ...node.push];
  out.push(JSON.stringify(rules.nextStep(node.policy, task, history)), "\n");
  if (out.length > 1000) {
    if (!process.stdout.write(out.join(""))) await new Promise((drained) => process.stdout.once("drain", drained));
    out = [];
  }
}
process.stdout.write(out.join(""));
