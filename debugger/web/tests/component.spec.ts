// A policy's component runs in the page: dropped as a file, or chosen from the service.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { component, runs, drop, exchanges, file, openScenario, pick, place, verdict } from "./page";
import { expect, HOLDERS, test } from "./serve";

const STANDARD = readFileSync(component("standard"));
const DIGEST = createHash("sha256").update(STANDARD).digest("hex");

test("a dropped component plays the scenario at once, and its digest is shown", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  await expect(verdict(page)).toContainText("LEAK");
  await drop(page, "mine.wasm", STANDARD);
  const policy = page.getByRole("combobox", { name: "Policy", exact: true });
  await expect(policy).toHaveValue(`standard ${DIGEST.slice(0, 12)}`, { timeout: 20_000 });
  await expect(page.getByTitle(`SHA-256 of the component: ${DIGEST}`)).toHaveText(`sha256 ${DIGEST.slice(0, 12)}`);
  await expect(verdict(page)).toContainText("RIGHT");
  await policy.selectOption("standard");
  await expect(page.getByTitle(/SHA-256/)).toBeHidden();
  await expect(verdict(page)).toContainText("RIGHT");
});

test("a component is seen beside built-in rules, and explored", async ({ page, site }) => {
  await page.goto(site);
  await pick(page, file("nova-34.wasm", readFileSync(component("nova-34"))));
  await expect(page.getByRole("status").filter({ hasText: "nova-34" })).toBeVisible({ timeout: 20_000 });
  await page.getByRole("button", { name: /Bug 1848343/ }).click();
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByRole("checkbox", { name: /^nova-34 \w/ }).check();
  await page.getByRole("checkbox", { name: "standard" }).uncheck();
  await page.getByRole("checkbox", { name: "seed" }).uncheck();
  await page.getByRole("checkbox", { name: "nova-34", exact: true }).check();
  await expect(page.getByText("They take the same steps and have the same end.")).toBeVisible();

  await page.getByRole("region", { name: /^nova-34 \w/ }).getByRole("button", { name: "Step through" }).click();
  await expect(runs(page).getByRole("button", { pressed: true })).toContainText("nova-34");
  await page.getByRole("button", { name: "To the end" }).click();
  await expect(exchanges(page)).toContainText("here it goes wrong");
  await page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: "Explore" }).click();
  await page.getByRole("main").getByRole("button", { name: "Explore" }).click();
  await expect(page.getByText("all of them")).toBeVisible({ timeout: 20_000 });
});

test("the service's own policy is picked by its digest, and decides its task as the service did", async ({ page, serve }) => {
  const task = await serve.task({ kind: "move", source: HOLDERS[0], target: crypto.randomUUID(), target_is_new: true });
  await page.goto(serve.url);
  await page.getByText("Or a policy of the service").click();
  await page.getByLabel("Run a policy of the service's").selectOption({ label: `standard 0.1.0 ${DIGEST.slice(0, 12)} active` });
  await expect(page.getByText(`standard ${DIGEST.slice(0, 12)} is among the policies now`)).toBeVisible({ timeout: 20_000 });
  await page.getByRole("link", { name: `move ${task.id.slice(-8)}` }).click();
  await page.getByRole("combobox", { name: "Policy", exact: true }).selectOption(`standard ${DIGEST.slice(0, 12)}`);
  await expect(verdict(page)).toContainText("moved");
  await expect(place(page)).toHaveText("0 / 2");
  await expect(verdict(page)).not.toContainText("leave the record");
});

test("a component of a smaller contract decides by its own types, and what it lacks is named", async ({ page, serve }) => {
  // It was built for a contract without the kind of task `revert`, which stands for an older minor version.
  const bytes = readFileSync(fileURLToPath(new URL("../../../tests/contract/one-less/policy.wasm", import.meta.url)));
  const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
  const moved = await serve.task({ kind: "move", source: HOLDERS[0], target: crypto.randomUUID(), target_is_new: true });
  const reverted = await serve.task({ kind: "revert", server: crypto.randomUUID(), migration: HOLDERS[1] });
  await page.goto(serve.url);
  await pick(page, file("one-less.wasm", bytes));
  await expect(page.getByText(`one-less ${digest} is among the policies now`)).toBeVisible({ timeout: 20_000 });
  await page.getByRole("link", { name: `move ${moved.id.slice(-8)}` }).click();
  const policy = page.getByRole("combobox", { name: "Policy", exact: true });
  await policy.selectOption(`one-less ${digest}`);
  await expect(verdict(page)).toContainText("moved");
  await page.getByRole("button", { name: "Back to all tasks" }).click();
  await page.getByRole("link", { name: `revert ${reverted.id.slice(-8)}` }).click();
  await policy.selectOption(`one-less ${digest}`);
  await expect(verdict(page)).toContainText("the component's version of the contract does not have a value of this task");
  await expect(verdict(page)).toContainText("revert");
});

test("a policy that has roles for some kinds of task is shown with them", async ({ page, serve }) => {
  const policy = { digest: "a".repeat(64), name: "mine", version: "1.0.0", roles: ["active", "shadow"], kinds: { active: ["move", "revert"] } };
  await page.route("**/v1/policies", (route) => route.fulfill({ json: { policies: [policy] } }));
  await page.goto(serve.url);
  await page.getByText("Or a policy of the service").click();
  await expect(page.getByLabel("Run a policy of the service's")).toContainText("mine 1.0.0 aaaaaaaaaaaa active for move revert, shadow");
});

test("the transpiler comes with the first component, and not before", async ({ page, site }) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await openScenario(page, site, /Bug 1848343/);
  await page.keyboard.press("End");
  await page.waitForLoadState("networkidle");
  expect(asked.filter((url) => /component/.test(url))).toEqual([]);
  await drop(page, "standard.wasm", STANDARD);
  await expect(verdict(page)).toContainText("RIGHT", { timeout: 20_000 });
  // The page requests the worker's script; other requests would come from the worker itself.
  expect(asked.filter((url) => /component/.test(url))).not.toEqual([]);
});
