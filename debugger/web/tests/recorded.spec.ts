// A record is shown as it was recorded, with its own end and under the policy that it names. Rules that are played on
// it make a second run, which shows where it is played. A verdict uses only what was read.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { Page } from "@playwright/test";

import { component, runs, exchanges, file, goTo, holds, openScenario, pick, place, saved, verdict, why } from "./page";
import { expect, HOLDERS, test } from "./serve";

interface Record {
  task: object;
  policy: { name: string; version: string; digest: string };
  history: { effect: { kind: string }; reply: object }[];
  beside?: { after: number; actor: string; what: string }[];
  unavoidable_after?: number;
  end: object;
}

const kept = (name: string) => JSON.parse(readFileSync(fileURLToPath(new URL(`../../../tests/records/${name}.json`, import.meta.url)), "utf8")) as Record;
const KILLED = kept("conductor-killed-nova-34");
const LENGTH = KILLED.history.length;
const OTHER = "ab".repeat(32);
const DETAIL = "the conductor has fallen silent; the migration record still has the server's allocations";

async function open(page: Page, site: string, changes: Partial<Record>, record = KILLED): Promise<void> {
  await page.goto(site);
  await pick(page, file("record.json", JSON.stringify({ ...record, ...changes })));
  await expect(exchanges(page)).toBeVisible({ timeout: 90_000 });
}

const choice = (page: Page) => page.getByRole("combobox", { name: "Policy", exact: true });

for (const [policy, named] of [
  [{ name: "acme-rules", version: "1.2.0", digest: OTHER }, "acme-rules 1.2.0 (sha256 abababababab)"],
  [{ name: "acme-rules", version: "0.1.0", digest: "" }, "acme-rules 0.1.0 (rules of a debugger's page, without a digest)"],
  [{ name: "standard", version: "9.9.9", digest: OTHER }, "standard 9.9.9 (sha256 abababababab)"],
  [{ name: "standard", version: "0.1.0", digest: OTHER }, "standard 0.1.0 (sha256 abababababab)"],
  [{ name: "nova-34", version: "9.9.9", digest: "" }, "nova-34 9.9.9 (rules of a debugger's page, without a digest)"],
] as const) {
  test(`a record of ${named} is drawn as recorded, and the page says that its policy is not here`, async ({ page, site }) => {
    await open(page, site, { policy });
    await expect(verdict(page)).toContainText(`${named} is not on this page: only what was recorded is shown`);
    await expect(runs(page).getByRole("button", { pressed: true })).toHaveText(`Recorded ${policy.name} ${policy.version}`);
    await expect(place(page)).toHaveText(`0 / ${LENGTH}`);
    await expect(verdict(page)).toContainText(DETAIL);
    await expect(verdict(page)).toContainText("LEAK the migration holds");
    await expect(verdict(page)).not.toContainText("RIGHT");
    await expect(page.locator(".row.played")).toHaveCount(0);
    await goTo(page, 1);
    await expect(why(page)).toContainText("no rules on this page made this request");
  });
}

test("a record of a policy that is here by its digest says why, and one of this page's own rules does, too", async ({ page, site }) => {
  const digest = createHash("sha256").update(readFileSync(component("nova-34"))).digest("hex");
  for (const policy of [{ name: "nova-34", version: "0.1.0", digest }, KILLED.policy]) {
    await open(page, site, { policy });
    await expect(verdict(page)).toContainText("which is on this page and says why");
    await expect(place(page)).toHaveText(`0 / ${LENGTH}`);
    await goTo(page, 6);
    await expect(why(page).getByRole("listitem").first()).toBeVisible();
    await expect(verdict(page)).toContainText(DETAIL);
  }
});

test("what others did is shown between the exchanges, and a saved test keeps it", async ({ page, site }, info) => {
  const beside = [
    { after: 2, actor: "nova", what: "the server does not exist any more" },
    { after: LENGTH, actor: "a delayed request", what: "arrives" },
  ];
  await open(page, site, { beside, unavoidable_after: 2 });
  await expect(place(page)).toHaveText(`2 / ${LENGTH}`);
  const rows = exchanges(page).getByRole("listitem");
  await expect(rows.nth(3)).toContainText("meanwhile, nova: the server does not exist any more");
  await expect(rows.last()).toContainText("meanwhile, a delayed request: arrives");
  await expect(exchanges(page).getByText("meanwhile, ")).toHaveCount(2);
  await expect(rows.nth(3)).toContainText("from here on every way without another fault ends wrong");

  await page.getByRole("button", { name: "Share" }).click();
  const kept = JSON.parse(readFileSync(await saved(page, "Save as a test", info.outputPath("test.json")), "utf8")) as Record;
  expect([kept.beside, kept.unavoidable_after]).toEqual([beside, 2]);
});

test("another policy on a record is a run beside it, and marks where it is played", async ({ page, site }) => {
  await open(page, site, {});
  await choice(page).selectOption("standard");
  await expect(runs(page).getByRole("button", { pressed: true })).toContainText("What standard would do");
  await expect(verdict(page)).toContainText("These rules leave the record at exchange");
  await expect(exchanges(page).getByText("played from here on")).toHaveCount(1);
  await expect(place(page)).not.toHaveText(`0 / ${LENGTH}`);
  // The model says that the server exists; nova-34 did not ask.
  await expect(verdict(page)).not.toContainText("RIGHT");

  await runs(page).getByRole("button", { name: /Recorded/ }).click();
  await expect(place(page)).toHaveText(`0 / ${LENGTH}`);
  await expect(verdict(page)).toContainText(DETAIL);
  // The component has been added already.
  await choice(page).selectOption("standard");
  await expect(runs(page).getByRole("button", { name: /^What standard would do/ })).toHaveCount(1);
});

for (const length of [54, 500, 15_000, 60_000]) {
  test(`a record of ${length} exchanges of which the policy takes fewer is shown whole`, async ({ page, site }) => {
    test.setTimeout(300_000);
    const record = kept("bug-1848343-standard");
    const short = record.history.length;
    const read = record.history.find(({ effect }) => effect.kind === "find-server");
    if (!read) throw new Error("the record never asks for the server");
    await open(page, site, { history: [...record.history, ...Array.from({ length: length - short }, () => read)] }, record);
    await expect(place(page)).toHaveText(`0 / ${length}`, { timeout: 60_000 });
    const silent = length > 2_000 ? "It has more than the 2000 exchanges that rules are played through here" : "The rules on this page take other steps";
    await expect(verdict(page)).toContainText(`${silent}: only what was recorded is shown`, { timeout: 60_000 });
    await page.keyboard.press("End");
    await expect(place(page)).toHaveText(`${length} / ${length}`);
    const here = exchanges(page).locator("[aria-current=step]");
    await expect(here).toContainText(String(length));
    await expect(here).toBeInViewport();
    await choice(page).selectOption("standard");
    await expect(verdict(page)).toContainText(`they end after ${short} of the ${length} exchanges that were recorded`, { timeout: 60_000 });
  });
}

test("what was recorded is compared as it is, and explored under the name of the rules that are asked", async ({ page, site }) => {
  await open(page, site, { policy: { name: "acme-rules", version: "1.2.0", digest: OTHER } });
  await page.getByRole("button", { name: "Compare" }).click();
  const recorded = page.getByRole("region", { name: "Recorded", exact: true });
  await expect(recorded).toContainText("abandoned");
  await expect(recorded.getByText("played")).toHaveCount(0);
  await expect(page.getByRole("region", { name: "standard", exact: true })).toContainText("from here on, and not recorded");
  await page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: "Explore" }).click();
  await expect(page.getByRole("main")).toContainText("acme-rules 1.2.0 (sha256 abababababab) is not on this page: what is explored is what standard would do");
});

test("the service's own component of a record's digest is taken from it", async ({ page, serve }) => {
  const task = await serve.task({ kind: "move", source: HOLDERS[0], target: crypto.randomUUID(), target_is_new: true });
  const record = (await (await fetch(`${serve.url}/v1/tasks/${task.id}/record`)).json()) as Record;
  const digest = createHash("sha256").update(readFileSync(component("standard"))).digest("hex");
  expect(record.policy.digest).toBe(digest);
  await open(page, serve.url, {}, record);
  await expect(verdict(page)).toContainText("which is on this page and says why");

  // A state with that component, on a page that does not have it.
  const fork = { id: 1, name: "mine", policy: { kind: "component", name: "standard", digest }, changes: [] };
  const source = { kind: "task", task: record.task, history: record.history, end: record.end };
  const document = { title: "t", origin: "o", source, open: false, forks: [fork], fork: 1, at: 0 };
  await page.goto(serve.url);
  await pick(page, file("state.json", JSON.stringify({ format: "swaparoo-debugger/1", document })));
  await expect(verdict(page)).toContainText("moved", { timeout: 30_000 });
});

test("a state from before has what was recorded beside what was played", async ({ page, site }) => {
  const fork = { id: 1, name: "Recorded", policy: { kind: "built-in", name: "standard" }, changes: [] };
  const source = { kind: "task", task: KILLED.task, history: KILLED.history };
  const document = { title: "t", origin: "o", source, open: false, forks: [fork], fork: 1, at: 0 };
  await page.goto(site);
  await pick(page, file("state.json", JSON.stringify({ format: "swaparoo-debugger/1", document })));
  await expect(verdict(page)).toContainText("What standard would do on what was recorded", { timeout: 30_000 });
  await runs(page).getByRole("button", { name: /^What was recorded/ }).click();
  await expect(place(page)).toHaveText(`0 / ${LENGTH}`);
  await expect(verdict(page)).toContainText("how the task ended is not in what was opened");
});

test("what was explored under one policy is not shown under another, nor at another step or bound", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  await goTo(page, 13);
  await page.getByRole("button", { name: "Explore from here" }).click();
  const start = page.getByRole("main").getByRole("button", { name: "Explore" });
  const tally = page.getByText(/\d+ histories/);
  await start.click();
  await expect(page.getByText("all of them")).toBeVisible({ timeout: 20_000 });
  await expect(page.getByRole("main")).toContainText(/\d+ leak/);

  await choice(page).selectOption("standard");
  await expect(page.getByText("from exchange 13 on, under standard")).toBeVisible();
  await expect(page.getByText("Nothing explored yet")).toBeVisible();
  await expect(tally).toHaveCount(0);
  await start.click();
  await expect(page.getByText("all of them")).toBeVisible({ timeout: 20_000 });
  await expect(page.getByRole("main")).not.toContainText(/\d+ leak/);

  await page.getByLabel("Things that go wrong on one path").selectOption("two");
  await expect(tally).toHaveCount(0);
  await page.getByLabel("Things that go wrong on one path").selectOption("one");
  await start.click();
  await expect(page.getByText("all of them")).toBeVisible({ timeout: 20_000 });
  await page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: "Step" }).click();
  await goTo(page, 9);
  await page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: "Explore" }).click();
  await expect(page.getByText("from exchange 9 on")).toBeVisible();
  await expect(tally).toHaveCount(0);
});

test("an exploration that still runs for another policy is ended, and not heard", async ({ page, site }) => {
  await openScenario(page, site, /A successful resize/);
  await goTo(page, 1);
  await page.getByRole("button", { name: "Explore from here" }).click();
  await page.getByLabel("Things that go wrong on one path").selectOption("three");
  await page.getByRole("main").getByRole("button", { name: "Explore" }).click();
  await expect(page.getByText(/[1-9]\d* histories/)).toBeVisible({ timeout: 20_000 });
  await choice(page).selectOption("nova-34");
  await expect(page.getByText("Nothing explored yet")).toBeVisible();
  // Long enough for several portions.
  await page.waitForTimeout(1_500);
  await expect(page.getByText("Nothing explored yet")).toBeVisible();
  await expect(page.getByRole("progressbar")).toHaveCount(0);
});

test("compare shows each policy's own run, whatever the run at hand is played by", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  await page.getByRole("button", { name: "Compare" }).click();
  const column = (name: string) => page.getByRole("region", { name, exact: true });
  await expect(column("nova-34")).toContainText("LEAK");
  await choice(page).selectOption("standard");
  await expect(column("nova-34")).toContainText("LEAK");
  await expect(column("standard")).toContainText("RIGHT");
});

const SERVER = "c0ffee00-0000-4000-8000-000000000001";
const MIGRATION = "319ba710-0000-4000-8000-000000000001";
const failed = (code: string) => ({ failed: { code, detail: `it ended ${code}`, data: null } });

test("where nothing was read, nothing is said to exist, to be held or to be right", async ({ page, site }) => {
  const silence = { kind: "abandoned", detail: "the conductor has fallen silent" };
  const history = [{ effect: { kind: "get-port-requests", server: SERVER }, reply: silence }];
  await open(page, site, { history, end: failed("abandoned") });
  await expect(verdict(page)).toContainText("UNKNOWN");
  await expect(verdict(page)).not.toContainText("RIGHT");
  const server = holds(page).getByRole("row", { name: /the server/ });
  await expect(server).toContainText("not asked whether it exists");
  await expect(server.getByRole("cell").first()).toHaveText("not asked");
  await expect(server).not.toContainText("nothing");
});

test("an end that says that a person must look is said so, and is no loss", async ({ page, site }) => {
  const node = "5a1d0000-0000-4000-8000-000000000003";
  const owner = { project: "project", user: "user", generation: 1 };
  const allocations = [{ provider: node, resources: [{ class: "MEMORY_MB", amount: 2048 }] }];
  const history = [
    { effect: { kind: "get-allocations", consumer: MIGRATION }, reply: { kind: "holding", consumer: MIGRATION, owner, allocations } },
    { effect: { kind: "get-allocations", consumer: SERVER }, reply: { kind: "holding", consumer: SERVER, owner: null, allocations: [] } },
    { effect: { kind: "find-server", server: SERVER }, reply: { kind: "server", state: "unknown" } },
  ];
  const task = { kind: "revert", server: SERVER, migration: MIGRATION };
  await open(page, site, { task, history, end: failed("undecided") });
  await page.keyboard.press("End");
  await expect(verdict(page)).toContainText("NEEDS A PERSON");
  await expect(verdict(page)).not.toContainText(/LOSS|LEAK|RIGHT/);
  await expect(verdict(page)).toContainText("the migration holds 2 GiB of");
  const server = holds(page).getByRole("row", { name: /the server/ });
  await expect(server).toContainText("not known whether it exists");
  await expect(server.getByText("exists", { exact: true })).toHaveCount(0);
});

test("an abort that had no answer is unknown, and not right", async ({ page, site }) => {
  const silence = { kind: "unreachable", detail: "connection refused" };
  const history = [{ effect: { kind: "get-allocations", consumer: MIGRATION }, reply: silence }];
  await open(page, site, { task: { kind: "abort", server: SERVER, migration: MIGRATION }, history, end: failed("unreachable") });
  await page.keyboard.press("End");
  await expect(verdict(page)).toContainText("UNKNOWN what the migration holds is not known");
  await expect(verdict(page)).not.toContainText("RIGHT");
  await expect(holds(page).getByRole("row", { name: /the migration/ })).toContainText("not known");
});

test("paths that end with the word that a person must look are no leaks", async ({ page, site }) => {
  await openScenario(page, site, /No valid host for a running server/);
  await choice(page).selectOption("standard");
  await goTo(page, 1);
  await page.getByRole("button", { name: "Explore from here" }).click();
  await page.getByRole("main").getByRole("button", { name: "Explore" }).click();
  await expect(page.getByText("all of them")).toBeVisible({ timeout: 20_000 });
  await expect(page.getByRole("main")).toContainText(/\d+ needs a person/);
  await expect(page.getByText("None of them ends in a leak or a loss.")).toBeVisible();
  await page.getByRole("button", { name: "Open as a fork" }).first().click();
  await expect(verdict(page)).toContainText("NEEDS A PERSON");
});
