// The five things that an operator does most, in at most so many clicks and keys.

import type { Page } from "@playwright/test";

import { type Counted, counted } from "./counted";
import { place, tasks, verdict } from "./page";
import { expect, HOLDERS, Serve, test as base, TOKENS } from "./serve";

const [FIRST, SECOND] = HOLDERS as [string, string];
const live = (page: Page) => page.getByRole("region", { name: "At the service" });

/** A service with tokens, open on its first page, and the count of what is done there. */
const test = base.extend<{ serve: Serve; used: Counted }>({
  serve: async ({}, use) => {
    const serve = await Serve.startWithTokens();
    await use(serve);
    await serve.stop();
  },
  used: async ({ page, context, serve }, use) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    const count = await counted(page);
    await page.addInitScript((token) => sessionStorage.setItem("swaparoo-token", token), TOKENS.tasks);
    await page.goto(serve.url);
    await expect(tasks(page)).toBeVisible();
    count.begin();
    await use(count);
  },
});

const waits = (serve: Serve, server: string = crypto.randomUUID(), migration = SECOND) => serve.task({ kind: "revert", server, migration });

/** The UUID of the server comes from a ticket, and is in the clipboard. */
const copied = (page: Page, server: string) => page.evaluate((text) => navigator.clipboard.writeText(text), server);

test("the count counts", async ({ page, used }) => {
  await page.keyboard.press("Control+z");
  await page.getByRole("heading", { name: "Swaparoo" }).click();
  await page.keyboard.press("Escape");
  await page.evaluate(() => document.querySelector("button")?.click());
  expect(used.count()).toBe(3);
});

test("find the step where it goes wrong: 2", async ({ page, used }) => {
  await page.getByRole("button", { name: /Bug 1848343/ }).click();
  await verdict(page).getByRole("button", { name: "since exchange 17" }).click();
  await expect(place(page)).toHaveText("17 / 17");
  expect(used.count()).toBeLessThanOrEqual(2);
});

test("say who holds what now: 1", async ({ page, serve, used }) => {
  const { id } = await waits(serve);
  await tasks(page).getByRole("link", { name: id.slice(-8) }).click();
  await expect(live(page).getByRole("region", { name: "Who holds what now" })).toContainText(`${SECOND} 2 VCPU of`);
  // The record's last step, too.
  await expect(place(page)).toHaveText("2 / 2");
  await expect(page.getByRole("region", { name: "Who holds what", exact: true })).toContainText("2 VCPU");
  expect(used.count()).toBeLessThanOrEqual(1);
});

test("find the waiting task of a server: 2", async ({ page, serve, used }) => {
  const server = crypto.randomUUID();
  await waits(serve, crypto.randomUUID(), FIRST);
  const { id } = await waits(serve, server);
  await expect(tasks(page).getByRole("row")).toHaveCount(3);
  await copied(page, server);
  await page.keyboard.press("/");
  await page.keyboard.press("Control+v");
  await expect(tasks(page).getByRole("row")).toHaveCount(2);
  await expect(tasks(page).getByRole("row", { name: id.slice(-8) })).toContainText(/waiting.*an answer to find-server until/);
  expect(used.count()).toBeLessThanOrEqual(2);
});

/** Names the server, which a change needs, and sends the change. */
async function send(page: Page): Promise<void> {
  await page.keyboard.press("Control+v");
  await expect(page.getByRole("dialog").getByRole("button", { name: /^Send:/ })).toBeEnabled();
  await page.keyboard.press("Enter");
}

test("try a repair, and then do it: 4", async ({ page, serve, used }) => {
  const server = crypto.randomUUID();
  const { id } = await waits(serve, server);
  await copied(page, server);
  await tasks(page).getByRole("link", { name: id.slice(-8) }).click();
  await live(page).getByRole("button", { name: "Answer find-server..." }).click();
  const dialog = page.getByRole("dialog");
  // Tried: it shows where it leads to.
  await expect(dialog.getByRole("region", { name: "Rehearsal" })).toContainText("moved");
  await send(page);
  await expect(dialog).toBeHidden();
  await expect(place(page)).toHaveText(/^[4-9] \//);
  expect(used.count()).toBeLessThanOrEqual(4);
});

test("release what the audit has found, tried first: 4", async ({ page, serve, used }) => {
  // The service of the tests has no nova that an audit could ask, so its finding is given.
  const finding = { consumer: SECOND, server: crypto.randomUUID(), allocations: [], why: "ended-migration", words: "it leaks", way_out: null, migration: SECOND, status: "error", since: null, node: null, extra_providers: [], detail: null, repairable: true, needs_a_person: false, owner: null };
  await page.route("**/v1/audit", (route) => route.fulfill({ json: { every_seconds: 60, age_seconds: 1, failure: null, last: { complete: true, consumers: 9, findings: [finding], hidden: [], others: [], unchecked: [], repairs: [] } } }));
  await page.goto(serve.url);
  await page.reload();
  await copied(page, finding.server);
  used.begin();
  await page.getByRole("region", { name: "Findings" }).getByRole("button", { name: "Release it..." }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("region", { name: "Rehearsal" })).toContainText("released");
  await send(page);
  await expect(live(page)).toContainText("waiting", { timeout: 15_000 });
  await expect(page).toHaveTitle(/^release/);
  expect(used.count()).toBeLessThanOrEqual(4);
});

test("send a colleague the step: 1", async ({ page, serve, used, browser }) => {
  const { id } = await waits(serve);
  await tasks(page).getByRole("link", { name: id.slice(-8) }).click();
  await expect(place(page)).toHaveText("2 / 2");
  await page.keyboard.press("ArrowLeft");
  await expect(place(page)).toHaveText("1 / 2");
  used.begin();
  await page.getByRole("button", { name: "Share" }).click();
  await expect(page.getByRole("dialog", { name: "Share" })).toContainText("It is copied");
  expect(used.count()).toBeLessThanOrEqual(1);
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = await (await browser.newContext()).newPage();
  await other.goto(link);
  await expect(place(other)).toHaveText("1 / 2");
  await other.context().close();
});
