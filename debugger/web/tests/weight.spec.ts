// Size and speed of the page; the numbers are printed, and the tests fail above a limit.

import { readFileSync, writeFileSync } from "node:fs";

import type { BrowserContext, Page } from "@playwright/test";

import { exchanges, goTo, openScenario, pick, place, saved } from "./page";
import { expect, test } from "./serve";

const MOST_BYTES = 250_000;
/** Times are bounded in multiples of a fixed piece of work in the same browser: a slower machine slows both. */
const MOST_WORK_TO_BEGIN = 16;
const MOST_WORK_A_STEP = 0.5;
/** Hosts that cannot be claimed: four exchanges each. */
const HOSTS = 122;

/** Milliseconds of the fixed piece of work: script, style and layout of a table with 400 rows, in an empty page. */
async function fixedWork(context: BrowserContext): Promise<number> {
  const page = await context.newPage();
  const median = await page.evaluate(() => {
    const once = () => {
      const began = performance.now();
      const table = document.createElement("table");
      for (let row = 0; row < 400; row++) {
        const cells = table.insertRow();
        for (let cell = 0; cell < 4; cell++) cells.insertCell().textContent = `${row} ${cell}`;
      }
      document.body.append(table);
      table.getBoundingClientRect();
      table.remove();
      return performance.now() - began;
    };
    const took = Array.from({ length: 41 }, once).sort((one, other) => one - other);
    return took[20] ?? Number.NaN;
  });
  await page.close();
  return median;
}

test("the first load, up to a scenario that is stepped through", async ({ page, site, context }) => {
  const unit = await fixedWork(context);
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  let bytes = 0;
  devtools.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.goto(site);
  const scenario = page.getByRole("button", { name: /Bug 1848343/ });
  await scenario.waitFor();
  // Time since the browser started to load this page.
  const began = await page.evaluate(() => performance.getEntriesByName("scenarios")[0]?.startTime ?? Number.NaN);
  await scenario.click();
  for (let step = 0; step < 5; step++) await page.keyboard.press("ArrowRight");
  await expect(place(page)).toHaveText("5 / 17");
  await page.waitForLoadState("networkidle");
  console.log(`first load: ${bytes} bytes, scenarios can be clicked after ${began.toFixed(0)} ms (${(began / unit).toFixed(1)} x the fixed work of ${unit.toFixed(1)} ms)`);
  expect(bytes).toBeGreaterThan(100_000);
  expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
  expect(began / unit).toBeLessThan(MOST_WORK_TO_BEGIN);
});

/** A record of a migration with so many hosts that it has 500 exchanges. */
async function long(page: Page, site: string, path: (name: string) => string): Promise<string> {
  await openScenario(page, site, /No valid host for a running server/);
  await page.getByRole("combobox", { name: "Policy", exact: true }).selectOption("standard");
  await page.getByRole("button", { name: "Share" }).click();
  const scenario = JSON.parse(readFileSync(await saved(page, "Save as a test", path("scenario.json")), "utf8"));
  const provider = (at: number) => `5a1d0000-0000-4000-8000-${String(at + 100).padStart(12, "0")}`;
  const host = (_: unknown, at: number) => ({
    host: `host-${at}`,
    node: `host-${at}`,
    cell: null,
    availability_zone: null,
    allocation_request: { allocations: [{ provider: provider(at), resources: [{ class: "VCPU", amount: 4 }] }], mappings: [], version: "1.36" },
  });
  scenario.task.host_list = Array.from({ length: HOSTS }, host);
  const asked = scenario.history.findIndex(({ effect }: { effect: { kind: string } }) => effect.kind === "select-destinations");
  scenario.history = scenario.history.slice(0, asked);
  const file = path("long.json");
  writeFileSync(file, JSON.stringify(scenario));
  await page.goto(site);
  await pick(page, file);
  await expect(exchanges(page)).toBeVisible({ timeout: 20_000 });
  // The record is cut, so the rules continue from there.
  await page.getByRole("combobox", { name: "Policy", exact: true }).selectOption("standard");
  await expect(place(page)).toHaveText(/\/ 5\d\d$/, { timeout: 20_000 });
  await page.getByRole("button", { name: "Share" }).click();
  return saved(page, "Save as a test", path("record.json"));
}

/** The work of script, style and layout between the key and the next frame, of each of a hundred steps. */
async function hundredSteps(): Promise<number[]> {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const all: number[] = [];
  for (let step = 0; step < 100; step++) {
    await frame();
    const began = performance.now();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    await new Promise((done) => setTimeout(done));
    await Promise.resolve();
    document.body.getBoundingClientRect();
    all.push(performance.now() - began);
  }
  return all;
}

test("stepping through a record with 500 exchanges", async ({ page, site, context }, info) => {
  const record = await long(page, site, (name) => info.outputPath(name));
  await page.goto(site);
  await pick(page, record);
  await expect(place(page)).toHaveText(/^0 \/ 5\d\d$/, { timeout: 20_000 });
  const devtools = await context.newCDPSession(page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  const metric = async (name: string) => (await devtools.send("Performance.getMetrics")).metrics.find((one) => one.name === name)?.value ?? Number.NaN;
  // The fixed work is done between the steps, too: a machine may have twice the speed in some seconds.
  const [took, units, cpu] = [[] as number[], [await fixedWork(context)], [] as number[]];
  while (took.length < 500) {
    await page.bringToFront();
    const before = await metric("TaskDuration");
    took.push(...(await page.evaluate(hundredSteps)));
    cpu.push(((await metric("TaskDuration")) - before) * 1000);
    units.push(await fixedWork(context));
  }
  const unit = units.sort((one, other) => one - other)[Math.floor(units.length / 2)] ?? Number.NaN;
  await expect(place(page)).toHaveText(/^500 \//);
  const own = cpu.reduce((sum, one) => sum + one, 0) / took.length;
  took.sort((one, other) => one - other);
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? Number.NaN;
  console.log(`a step of 500: median ${at(0.5).toFixed(1)} ms, 95 % ${at(0.95).toFixed(1)} ms, worst ${at(1).toFixed(1)} ms; all frames of it ${own.toFixed(1)} ms of CPU time`);
  console.log(`median ${(at(0.5) / unit).toFixed(2)}, CPU time ${(own / unit).toFixed(2)} x the fixed work of ${unit.toFixed(1)} ms`);
  expect(at(0.5) / unit).toBeLessThan(MOST_WORK_A_STEP);
  // CPU time, which does not depend on other load.
  expect(own / unit).toBeLessThan(MOST_WORK_A_STEP);
});

test("exploring", async ({ page, site }) => {
  await openScenario(page, site, /A successful resize/);
  await goTo(page, 1);
  await page.getByRole("button", { name: "Explore from here" }).click();
  await page.getByLabel("Things that go wrong on one path").selectOption("two");
  await page.getByRole("main").getByRole("button", { name: "Explore" }).click();
  await expect(page.getByText("all of them")).toBeVisible({ timeout: 50_000 });
  console.log(`explored: ${(await page.getByRole("status").innerText()).replaceAll("\n", " ")}`);
});
