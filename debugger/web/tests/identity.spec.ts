// The page decides the same as the runner, byte for byte. Recorded tasks of the explorations are decided at each of
// their points, by the page's built-in rules and by the runner's components, which jco transpiles in the page.

import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Page } from "@playwright/test";

import type { automation } from "../src/automation";
import type { PolicyRef } from "../src/rules/types";
import { expect, test } from "./serve";

declare global {
  var swaparooDebugger: typeof automation;
}

interface Recorded {
  policy: "standard" | "seed" | "nova-34";
  digest: string;
  scene: string;
  end: string;
  task: Parameters<typeof automation.steps>[1];
  history: Parameters<typeof automation.steps>[2];
  cuts: number[];
  steps: string[];
}

const FILE = process.env.SWAPAROO_IDENTITY ?? fileURLToPath(new URL("../../../target/identity.jsonl", import.meta.url));
const POLICIES = process.env.SWAPAROO_POLICIES ?? fileURLToPath(new URL("../../../target/policies", import.meta.url));
/** The size of a message to the browser, since all tasks would be too many for one. */
const PORTION = 50;

function records(): Recorded[] {
  if (!existsSync(FILE)) throw new Error(`there is no ${FILE}: \`cargo xtask page\` makes it`);
  return readFileSync(FILE, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as Recorded);
}

/** All of them at night, and in CI every fourth. */
function sampled(all: Recorded[]): Recorded[] {
  return process.env.SWAPAROO_NIGHTLY === "1" ? all : all.filter((_, index) => index % 4 === 0);
}

/** Asks the page for the steps of all tasks, and returns the differences from the recorded ones. */
async function differences(page: Page, all: Recorded[], policyOf: (recorded: Recorded) => PolicyRef): Promise<string[]> {
  const differences: string[] = [];
  for (let at = 0; at < all.length; at += PORTION) {
    const portion = all.slice(at, at + PORTION);
    const asked = portion.map((recorded) => ({ policy: policyOf(recorded), task: recorded.task, history: recorded.history, cuts: recorded.cuts }));
    const steps = await page.evaluate(async (asked) => {
      const answers: string[][] = [];
      for (const { policy, task, history, cuts } of asked) answers.push(await globalThis.swaparooDebugger.steps(policy, task, history, cuts));
      return answers;
    }, asked);
    portion.forEach((recorded, index) => differences.push(...different(at + index, recorded, steps[index] ?? [])));
  }
  return differences;
}

function different(task: number, { policy, scene, end, steps }: Recorded, shown: string[]): string[] {
  const name = `task ${task} (${scene}, ${end}, under ${policy})`;
  if (shown.length !== steps.length) return [`${name}: ${shown.length} steps, and the runner has ${steps.length}`];
  const places = [...steps.keys()].filter((index) => steps[index] !== shown[index]);
  return places.map((index) => `${name} after ${index} exchanges:\n  runner ${steps[index]}\n  page   ${shown[index]}`);
}

/** The first few are enough to find the reason. */
function none(differences: string[]): void {
  expect(differences.length, differences.slice(0, 5).join("\n")).toBe(0);
}

test("there are a thousand recorded tasks, of every policy and kind", () => {
  const all = records();
  expect(all.length).toBe(1_000);
  expect(new Set(all.map(({ policy }) => policy))).toEqual(new Set(["standard", "seed", "nova-34"]));
  const kinds = ["abort", "confirm", "live-migrate", "migrate", "move", "release", "replace", "revert", "revert-resize"];
  expect([...new Set(all.map(({ task }) => task.kind))].sort()).toEqual(kinds);
  expect(new Set(all.map(({ policy, scene, end }) => `${policy} ${scene} ${end}`)).size).toBeGreaterThan(500);
});

test("the page's own rules take the runner's steps", async ({ page, serve }) => {
  await page.goto(serve.url);
  await page.waitForFunction(() => "swaparooDebugger" in globalThis);
  none(await differences(page, sampled(records()), ({ policy }) => ({ kind: "built-in", name: policy })));
});

test("the runner's components, transpiled in the page, take the runner's steps", async ({ page, serve }) => {
  test.setTimeout(180_000);
  await page.goto(serve.url);
  await page.waitForFunction(() => "swaparooDebugger" in globalThis);
  const all = records();
  const components = new Map<string, PolicyRef>();
  for (const [policy, digest] of new Map(all.map(({ policy, digest }) => [policy, digest]))) {
    const file = join(POLICIES, `${policy}.wasm`);
    const base64 = readFileSync(file).toString("base64");
    const component = await page.evaluate(async ({ name, base64 }) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      return globalThis.swaparooDebugger.addComponent(name, bytes);
    }, { name: basename(file), base64 });
    expect(component, "the component that the runner has run").toMatchObject({ name: policy, digest });
    components.set(policy, component);
  }
  none(await differences(page, sampled(all), ({ policy }) => components.get(policy) as PolicyRef));
});
