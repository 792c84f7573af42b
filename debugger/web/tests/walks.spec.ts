// Random walks on the page: whatever is clicked and typed, nothing fails, nothing is sent that was not confirmed, there is a way
// back, and what is shown is what its address names.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { BrowserContext, Page } from "@playwright/test";

import { file, tasks } from "./page";
import { expect, HOLDERS, Serve, test, TOKENS } from "./serve";
import { random, Walker } from "./walker";

const NIGHTLY = process.env.SWAPAROO_NIGHTLY === "1";
const ACTIONS = NIGHTLY ? 10_000 : 200;
/** After how many actions what is shown is compared with a new page, and the way back is gone. */
const COMPARE = NIGHTLY ? 50 : 100;
const SEED = Number(process.env.SWAPAROO_SEED ?? Math.floor(Math.random() * 2 ** 32));
const RECORD = readFileSync(fileURLToPath(new URL("../../../tests/records/conductor-killed-nova-34.json", import.meta.url)), "utf8");
const FILES = [file("record.json", RECORD), file("cut.json", RECORD.slice(0, 2_000)), file("odd.wasm", "\0asm")];

/** Answers that a walk may get: the service does no audits, and a walk sends what the service must refuse. */
const EXPECTED = [/ 404 .*\/v1\/audit$/, /^POST (400|404|409|422|503) /];

test(`a random walk of ${ACTIONS} actions`, async ({ context }) => {
  test.setTimeout(NIGHTLY ? 7_200_000 : 300_000);
  const serve = await Serve.startWithTokens();
  try {
    await walk(context, serve);
  } finally {
    await context.unrouteAll({ behavior: "ignoreErrors" });
    await serve.stop();
  }
});

async function walk(context: BrowserContext, serve: Serve): Promise<void> {
  for (const holder of HOLDERS) await serve.failedTask(crypto.randomUUID(), holder);
  await serve.task({ kind: "move", source: crypto.randomUUID(), target: crypto.randomUUID(), target_is_new: true });
  const parked = await park(context, await waiting(serve));
  await context.addInitScript((token) => {
    // The empty page before the walk has no storage.
    if (location.protocol === "http:") sessionStorage.setItem("swaparoo-token", token);
  }, TOKENS["tasks,read"]);
  const page = await context.newPage();
  const next = random(SEED);
  const walker = new Walker(page, next);
  const seen = watch(page, () => FILES[Math.floor(next() * FILES.length)] as (typeof FILES)[number]);
  await page.goto(serve.url);
  await expect(tasks(page).getByRole("row")).toHaveCount(5);
  const history = () => `seed ${SEED}, action ${walker.steps.length}, last: ${walker.steps.slice(-25).join(" | ")}`;
  for (let at = 1; at <= ACTIONS; at++) {
    await walker.step();
    expect(await hasWayBack(page), `there is a way back; ${history()}`).toBe(true);
    expect(seen.wrong, history()).toEqual([]);
    expect(seen.sent, `only what is confirmed is sent; ${history()}`).toBeLessThanOrEqual(walker.sends);
    if (at % 500 === 0) console.log(`walk: ${at} of ${ACTIONS} actions, seed ${SEED}`);
    if (at % COMPARE !== 0) continue;
    await compare(context, page, history);
    await walker.goBack();
    await waiting(serve);
    parked.again();
    // Most of the walk is among the service's tasks.
    if (next() < 0.8) await walker.openTask();
  }
  console.log(`sample: a walk of ${ACTIONS} actions on the page; SWAPAROO_SEED=${SEED} repeats it; changes sent: ${counted(walker.confirmed)}`);
}

/** As in "2 Abort the migration, 1 Resume it". */
function counted(names: string[]): string {
  const all = [...new Set(names)].map((name) => `${names.filter((one) => one === name).length} ${name.replace("...", "")}`);
  return all.join(", ") || "none";
}

/** A task that asks whether its server exists. No other task has its consumers. */
async function waiting(serve: Serve): Promise<string> {
  return (await serve.task({ kind: "abort", server: crypto.randomUUID(), migration: crypto.randomUUID() })).id;
}

/** Shows an open task as parked until it is resumed: no rules of the tests park one. */
async function park(context: BrowserContext, id: string): Promise<{ again: () => void }> {
  let isParked = true;
  const asParked = (task: { id: string; state: string }) => (isParked && task.id === id && task.state === "waiting" ? { ...task, state: "parked", waiting_for: [], parked: "its policy is not here" } : task);
  await context.route(/\/v1\/tasks\?/, async (route) => {
    if (route.request().method() !== "GET") return route.continue();
    const response = await route.fetch();
    const answer = await response.json();
    await route.fulfill({ response, json: { ...answer, tasks: answer.tasks?.map(asParked) } });
  });
  await context.route(new RegExp(`/v1/tasks/${id}\\?`), async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: asParked(await response.json()) });
  });
  await context.route(new RegExp(`/v1/tasks/${id}/resume$`), (route) => {
    isParked = false;
    return route.fulfill({ json: {} });
  });
  return { again: () => void (isParked = true) };
}

/** Collects what must not be, and gives a file to who asks for one. */
function watch(page: Page, give: () => (typeof FILES)[number]): { wrong: string[]; sent: number } {
  const seen = { wrong: [] as string[], sent: 0 };
  page.on("pageerror", (error) => seen.wrong.push(`exception: ${error.stack ?? error.message}`));
  page.on("crash", () => seen.wrong.push("the page crashed"));
  page.on("dialog", (dialog) => {
    seen.wrong.push(`a script ran: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    // Answers with an error are looked at below.
    if (message.type() === "error" && !/^Failed to load resource/.test(message.text())) seen.wrong.push(`console: ${message.text()}`);
  });
  page.on("response", (answer) => {
    const text = `${answer.request().method()} ${answer.status()} ${answer.url()}`;
    if (answer.status() >= 400 && !EXPECTED.some((expected) => expected.test(text))) seen.wrong.push(text);
  });
  page.on("request", (request) => request.method() !== "GET" && seen.sent++);
  page.on("filechooser", (chooser) => void chooser.setFiles(give()).catch(() => undefined));
  return seen;
}

/** The first page, or a button that leads there, or a dialog that can be closed. While the page loads, it is none of these. */
async function hasWayBack(page: Page): Promise<boolean> {
  const way = () => {
    const shows = (what: string) => [...document.querySelectorAll("button")].some((button) => button.textContent === what || button.ariaLabel === what);
    return document.querySelector(".welcome") !== null || shows("Back to all tasks") || shows("Close");
  };
  return page.waitForFunction(way, undefined, { timeout: 15_000 }).then(
    () => true,
    () => false,
  );
}

/** What the address names: the course, the place, the verdict, who holds what, the rows of the list. Times of day change. */
async function shown(page: Page): Promise<unknown> {
  return page.evaluate(() => {
    const text = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)].map((element) => element.innerText.replace(/\s+/g, " ").trim());
    return {
      title: text(".title strong"),
      courses: text(".fork.chosen > button"),
      view: text(".views [aria-pressed=true]"),
      place: text(".scrubber output"),
      verdict: text(".verdict .end, .verdict .badge"),
      holds: text("[aria-label='Who holds what']"),
      compared: text("[aria-label='Compared'] h2"),
      tasks: text(".tasks tbody td:first-child"),
      search: document.querySelector<HTMLInputElement>("[type=search]")?.value,
    };
  });
}

/** A new page at the same address shows the same. */
async function compare(context: BrowserContext, page: Page, history: () => string): Promise<void> {
  const fresh = await context.newPage();
  await fresh.setViewportSize(page.viewportSize() ?? { width: 1280, height: 720 });
  try {
    await expect(async () => {
      // An address that is still being packed, and a task that goes on, are looked at again.
      if (fresh.url() !== page.url()) await fresh.goto(page.url());
      expect(await shown(fresh)).toEqual(await shown(page));
      expect(fresh.url()).toBe(page.url());
    }, `nothing stale is shown at ${page.url()}; ${history()}`).toPass({ timeout: 20_000, intervals: [100, 200, 500] });
  } finally {
    await fresh.close();
  }
}
