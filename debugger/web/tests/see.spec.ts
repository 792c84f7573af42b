// What a run shows: requests and their times, allocations, rules with their reasons, and the navigation.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { component, drop, exchanges, goTo, holds, openScenario, place, verdict, why } from "./page";
import { expect, HOLDERS, test } from "./serve";

test("the timeline has a lane each for policy, Swaparoo, Placement and nova, and says whose answer it was", async ({ page, site }) => {
  await openScenario(page, site, /A successful resize/);
  const lanes = exchanges(page);
  for (const lane of ["policy", "Swaparoo", "Placement", "nova"]) await expect(lanes.getByText(lane, { exact: true }).first()).toBeVisible();
  const row = lanes.getByRole("listitem");
  await expect(row.nth(1)).toContainText("ask what the ports of the server need");
  await expect(row.nth(6)).toContainText("GET allocations of the server");
  await expect(row.nth(6).getByTitle("answered")).toBeVisible();
});

test("a task of the service's says how long each exchange took", async ({ page, serve }) => {
  const task = await serve.task({ kind: "move", source: HOLDERS[0], target: crypto.randomUUID(), target_is_new: true });
  await page.goto(serve.url);
  await page.getByRole("link", { name: `move ${task.id.slice(-8)}` }).click();
  await expect(exchanges(page).getByText(/^\d+ ms$/)).toHaveCount(2);
});

test("the providers' bars and the table of consumers follow each exchange, and mark what it changed", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  const server = holds(page).getByRole("row", { name: /the server/ });
  const migration = holds(page).getByRole("row", { name: /the migration/ });
  await goTo(page, 8);
  await expect(server).toContainText("2 GiB + 2 VCPU of source");
  await expect(server).not.toContainText("changed");
  await expect(holds(page).getByRole("img", { name: /source, VCPU: server 2 VCPU/ })).toBeVisible();

  await page.keyboard.press("ArrowRight");
  await expect(holds(page)).toContainText("after exchange 9");
  await expect(server).toContainText("nothing");
  await expect(server).toContainText("changed");
  await expect(migration).toContainText("2 GiB + 2 VCPU of source");
  await expect(migration).toContainText("changed");
  await expect(holds(page).getByRole("img", { name: /source, VCPU: migration 2 VCPU/ })).toBeVisible();
  await expect(holds(page).getByText("generation 1", { exact: true })).toHaveClass(/changed/);

  await goTo(page, 13);
  await expect(server).toContainText("deleted");
});

test("beside each exchange stand the rule that spoke, its reasons, and the raw effect and reply", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  await page.getByRole("combobox", { name: "Policy", exact: true }).selectOption("standard");
  await goTo(page, 18);
  await expect(why(page).getByRole("heading", { name: "Why it was asked" })).toBeVisible();
  await expect(why(page).getByRole("listitem").first()).toBeVisible();
  await expect(why(page).getByRole("heading", { name: "The task ends here" })).toBeVisible();

  const effect = why(page).getByLabel("Effect, as the contract has it");
  await expect(effect).toBeHidden();
  await why(page).getByText("Effect, as the contract has it").click();
  await expect(effect).toBeVisible();
  expect(JSON.parse(await effect.innerText())).toHaveProperty("kind");
  await why(page).getByText("Reply", { exact: true }).click();
  expect(JSON.parse(await why(page).getByLabel("Reply", { exact: true }).innerText())).toHaveProperty("kind");
});

test("keys, buttons and the slider go through the history, and stop at its ends", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  const press = async (key: string, then: number) => {
    await page.keyboard.press(key);
    await expect(place(page)).toHaveText(`${then} / 17`);
  };
  await press("ArrowLeft", 0);
  await press("ArrowRight", 1);
  await press("ArrowDown", 2);
  await press("ArrowUp", 1);
  await press("End", 17);
  await press("ArrowRight", 17);
  await press("Home", 0);

  const here = page.getByRole("group", { name: "Where in the history" });
  await here.getByRole("button", { name: "Forward" }).click();
  await expect(place(page)).toHaveText("1 / 17");
  await here.getByRole("button", { name: "Back" }).click();
  await expect(here.getByRole("button", { name: "Back" })).toBeDisabled();
  await here.getByRole("button", { name: "To the end" }).click();
  await expect(here.getByRole("button", { name: "Forward" })).toBeDisabled();
  await here.getByRole("slider", { name: "Exchange" }).fill("9");
  await expect(place(page)).toHaveText("9 / 17");
  await expect(exchanges(page).locator("[aria-current=step]")).toContainText("POST allocations");
});

test("? opens the keys and the words, and Escape closes them", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Help" });
  await expect(help.getByText("one exchange on")).toBeVisible();
  await expect(help.getByText("a running server does not hold what it should")).toBeVisible();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Escape");
  await expect(help).toBeHidden();
  // Keys pressed in the dialog did not move the page behind it.
  await expect(place(page)).toHaveText("0 / 17");
});

test("a first visitor is led to the step where nova goes wrong", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  // After a click on the scenario only: the page says what is wrong, for whom, and where.
  await expect(verdict(page)).toContainText("LEAK");
  await expect(verdict(page)).toContainText("the server, which is deleted, holds 2 GiB + 2 VCPU of source, and should not");
  await expect(verdict(page).getByTitle("c0ffee00-0000-4000-8000-000000000001").first()).toHaveText("the server");
  await expect(exchanges(page).getByText("the server is deleted")).toBeAttached();

  await verdict(page).getByRole("button", { name: "since exchange 17" }).click();
  const here = exchanges(page).locator("[aria-current=step]");
  await expect(here).toContainText("here it goes wrong");
  await expect(here).toContainText("POST allocations: the migration gets nothing");
  await expect(here).toBeInViewport();
  await expect(holds(page).getByRole("row", { name: /the server/ })).toContainText("deleted");
  await expect(holds(page).getByRole("row", { name: /the server/ })).toContainText("2 GiB + 2 VCPU of source");
  await expect(why(page)).toContainText("Exchange 17");
});

test("a reason has its line in the rules' source, and nova's method with its lines", async ({ page, site }) => {
  await openScenario(page, site, /No valid host for a running server/);
  await page.getByRole("combobox", { name: "Policy", exact: true }).selectOption("standard");
  await goTo(page, 3);
  await why(page).getByText("Source of the rule").first().click();
  await expect(why(page)).toContainText(/As in standard, sha256 [0-9a-f]{12}/);
  const seen = await why(page).innerText();
  const found = /preallocate-migration: (plugin\/src\/rules\/migration\/preallocate_migration\.rs):(\d+), in preallocate_migration/.exec(seen);
  expect(seen).toContain("nova: _preallocate_migration, line 134-163 of conductor/tasks/migrate.py of October 2019");
  // The line is the one that gives this reason.
  const [, path, line] = found ?? [];
  const source = readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), "utf8").split("\n");
  expect(source[Number(line) - 1]).toContain("BuiltInReason::PreallocateMigration");
});

test("of a component only its digest is known, and so no source is shown", async ({ page, site }) => {
  await openScenario(page, site, /The answer to the swap is lost/);
  await drop(page, "standard.wasm", readFileSync(component("standard")));
  await expect(page.getByRole("combobox", { name: "Policy", exact: true })).toHaveValue(/^standard [0-9a-f]{12}$/, { timeout: 40_000 });
  await goTo(page, 1);
  await why(page).getByText("Source of the rule").first().click();
  await expect(why(page)).toContainText("Only the sources of the built-in rules are on this page.");
});
