// The first page: the tasks of the service. An open task is followed.

import type { Page } from "@playwright/test";

import { exchanges, place, tasks, verdict } from "./page";
import { expect, HOLDERS, type Serve, test } from "./serve";

const [FIRST, SECOND] = HOLDERS as [string, string];
const search = (page: Page) => tasks(page).getByRole("searchbox", { name: "Search" });
const rows = (page: Page) => tasks(page).getByRole("row");
const states = (page: Page) => tasks(page).getByRole("group", { name: "States" });

const moves = (serve: Serve, source: string = crypto.randomUUID()) => serve.task({ kind: "move", source, target: crypto.randomUUID(), target_is_new: true });
const waits = (serve: Serve) => serve.task({ kind: "revert", server: crypto.randomUUID(), migration: SECOND });

/** Answers all questions of a task whether its server exists. */
async function answerAll(serve: Serve, id: string): Promise<void> {
  const at = `${serve.url}/v1/tasks/${id}`;
  for (let round = 0; round < 10; round++) {
    const { waiting_for: waits, state } = await (await fetch(`${at}?wait=5`)).json();
    if (state === "finished") return;
    for (const { index } of waits) {
      const body = JSON.stringify({ index, reply: { kind: "server", state: "present" } });
      await fetch(`${at}/replies`, { method: "POST", headers: { "content-type": "application/json" }, body });
    }
  }
  throw new Error(`task ${id} does not end`);
}

test("tasks come and change while the page looks on, with server, verdict, age and what they wait for", async ({ page, serve }) => {
  await page.goto(serve.url);
  await expect(tasks(page).getByText("No task matches.")).toBeVisible();
  const moved = await moves(serve, FIRST);
  await expect(tasks(page).getByRole("link", { name: `move ${moved.id.slice(-8)}` })).toBeVisible();
  const waiting = await waits(serve);
  await expect(rows(page)).toHaveCount(3);
  const row = tasks(page).getByRole("row", { name: waiting.id.slice(-8) });
  await expect(row).toContainText(/open.*waiting.*an answer to find-server until \d\d:\d\d:\d\d UTC.*standard.*ago/);
  await expect(tasks(page).getByRole("row", { name: moved.id.slice(-8) })).toContainText(/ended.*finished.*moved/);
  await expect(states(page)).toContainText("2 all");
  await expect(states(page)).toContainText("1 waiting");

  // It is answered elsewhere, and the list says so.
  await answerAll(serve, waiting.id);
  await expect(row).toContainText("finished");
  await expect(states(page)).toContainText("2 finished");
  const width = (await tasks(page).boundingBox())?.width ?? 0;
  expect(width).toBeGreaterThan(1200);
});

test("any part of an id, kind, policy, outcome or state finds, and no part is an error", async ({ page, serve }) => {
  const wrong: string[] = [];
  page.on("response", (answer) => answer.status() >= 400 && !answer.url().endsWith("/v1/audit") && wrong.push(`${answer.status()} ${answer.url()}`));
  const [moved, idle, waiting] = [await moves(serve, FIRST), await moves(serve), await waits(serve)];
  const request = (await (await fetch(`${serve.url}/v1/tasks/${idle.id}`)).json()).request_id as string;
  await page.goto(serve.url);
  await expect(rows(page)).toHaveCount(4);
  for (const [text, ids] of [
    [SECOND.slice(0, 8), [waiting.id, moved.id]],
    [SECOND.slice(-12), [waiting.id]],
    [SECOND.slice(-12).toUpperCase(), [waiting.id]],
    [idle.id.slice(4, 13), [idle.id]],
    [request.slice(3, 20), [idle.id]],
    ["revert", [waiting.id]],
    ["find-serv", [waiting.id]],
    ["nothing-to", [idle.id]],
    ["standard moved", [moved.id]],
    ["%&?", []],
  ] as [string, string[]][]) {
    await search(page).fill(text);
    await expect(rows(page)).toHaveCount(ids.length === 0 ? 0 : ids.length + 1);
    for (const id of ids) await expect(tasks(page).getByRole("link", { name: id.slice(-8) })).toBeVisible();
  }
  await search(page).fill("move");
  await states(page).getByRole("button", { name: "2 finished" }).click();
  await expect(page).toHaveURL(/#search=move&state=finished$/);
  await page.reload();
  await expect(rows(page)).toHaveCount(3);
  expect(wrong).toEqual([]);
});

/** A service with this many tasks, the newest first. */
async function withTasks(page: Page, count: number, change: (task: Record<string, unknown>, at: number) => void = () => undefined): Promise<void> {
  const all = Array.from({ length: count }, (_, at) => {
    const number = String(count - at).padStart(12, "0");
    const time = new Date(Date.UTC(2026, 10, 29, 12, 0, count - at)).toISOString();
    const task: Record<string, unknown> = {
      id: `01a20000-0000-7000-8000-${number}`,
      kind: "revert",
      state: "finished",
      consumers: [`c0ffee00-0000-4000-8000-${number}`],
      outcome: { kind: "moved" },
      failure: null,
      policy: { name: "standard", version: "0.1.0", digest: "0".repeat(64) },
      waiting_for: [],
      created_at: time,
      updated_at: time,
      request_id: `req-${number}`,
    };
    change(task, at);
    return task;
  });
  await page.route(/\/v1\/tasks\?/, (route) => {
    const query = new URL(route.request().url()).searchParams;
    const limit = Number(query.get("limit"));
    const matching = all.filter(({ state }) => query.get("state") !== "open" || !["finished", "failed"].includes(String(state)));
    const from = matching.findIndex(({ id }) => id === query.get("marker")) + 1;
    const page = matching.slice(from, from + limit);
    const next = from + limit < matching.length ? `/v1/tasks?limit=${limit}&marker=${page.at(-1)?.id}` : null;
    return route.fulfill({ json: { tasks: page, next } });
  });
}

test("of thousands of tasks each is found, a page has 25, and a later look asks only for what can have changed", async ({ page, site }) => {
  await withTasks(page, 2_600, (task, at) => {
    if (at === 2_500) Object.assign(task, { state: "failed", outcome: null, failure: { code: "not-rolled-back", detail: "Placement is away" } });
    if (at === 2_501) Object.assign(task, { state: "parked", outcome: null, parked: "its policy is not here" });
  });
  let bytes = 0;
  page.on("response", async (answer) => {
    if (/\/v1\/tasks\?/.test(answer.url())) bytes += (await answer.body().catch(() => Buffer.alloc(0))).length;
  });
  await page.goto(site);
  await expect(tasks(page).getByRole("heading", { name: /Tasks 2,600/ })).toBeVisible({ timeout: 20_000 });
  await expect(rows(page)).toHaveCount(26);
  await expect(tasks(page)).toContainText("1 to 25 of 2,600");
  await tasks(page).getByRole("button", { name: "Older" }).click();
  await expect(tasks(page)).toContainText("26 to 50 of 2,600");
  await expect(page).toHaveURL(/#page=2$/);
  await page.goBack();
  await expect(tasks(page)).toContainText("1 to 25 of 2,600");
  await expect(states(page).getByRole("button", { name: "2 need a person" })).toBeVisible();
  await states(page).getByRole("button", { name: "2 need a person" }).click();
  await expect(rows(page)).toHaveCount(3);
  await expect(tasks(page)).toContainText("not-rolled-back");
  await expect(tasks(page)).toContainText("its policy is not here");

  const whole = bytes;
  await page.waitForResponse(/state=open/, { timeout: 30_000 });
  await page.waitForTimeout(300);
  expect(bytes - whole).toBeLessThan(whole / 10);
});

test("a task of which the audit says that it leaks is counted and found", async ({ page, site }) => {
  await withTasks(page, 30);
  const finding = { consumer: "c0ffee00-0000-4000-8000-000000000003", server: "c0ffee00-0000-4000-8000-000000000003", allocations: [], why: "w", words: "it leaks", way_out: null, migration: null, status: null, since: null, node: null, extra_providers: [], detail: null, repairable: true, needs_a_person: false, owner: null };
  await page.route("**/v1/audit", (route) => route.fulfill({ json: { every_seconds: 60, age_seconds: 1, failure: null, last: { complete: true, consumers: 9, findings: [finding], hidden: [], others: [], unchecked: [], repairs: [] } } }));
  await page.goto(site);
  await states(page).getByRole("button", { name: "1 leaks now" }).click();
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).nth(1)).toContainText("leak now");
});

test("an open task is followed: its questions with their deadlines, the answers of others, and its end", async ({ page, serve }) => {
  const waiting = await waits(serve);
  await page.goto(`${serve.url}/#task=${waiting.id}`);
  const live = page.getByRole("region", { name: "At the service" });
  await expect(live).toContainText(waiting.id);
  await expect(live).toContainText(/an answer to find-server \(number 2\) until \d\d:\d\d:\d\d UTC \(\d+ seconds left\)/);
  await expect(verdict(page)).toContainText("Still running");
  await page.keyboard.press("End");
  await expect(place(page)).toHaveText("2 / 2");

  await answerAll(serve, waiting.id);
  // Who looks at the end still does.
  await expect(place(page)).toHaveText(/^([4-9]) \/ \1$/, { timeout: 15_000 });
  await expect(live).toContainText("finished");
  await expect(live).not.toContainText("Waits for");
  await expect(verdict(page)).toContainText("moved");
  await expect(exchanges(page)).toContainText("it exists");
});

test("while nothing changes, only the short form of the task is asked for", async ({ page, serve }) => {
  const waiting = await waits(serve);
  await page.goto(`${serve.url}/#task=${waiting.id}`);
  await expect(page.getByRole("region", { name: "At the service" })).toBeVisible();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.waitForResponse(/state=open/);
  await page.waitForResponse(/state=open/);
  expect(asked.filter((path) => path.startsWith("/v1/tasks/"))).toEqual([]);
});

test("each action has its line for curl and for the command line, and the line works", async ({ page, serve, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const waiting = await waits(serve);
  await page.goto(`${serve.url}/#task=${waiting.id}`);
  const live = page.getByRole("region", { name: "At the service" });
  await live.getByText("What you can do").click();
  await expect(live.getByRole("listitem").filter({ hasText: "Read it" })).toContainText(`swaparoo tasks show ${waiting.id} --url ${serve.url}`);
  const answer = live.getByRole("listitem").filter({ hasText: "Answer find-server" });
  await expect(answer).toContainText('"kind":"server"');
  await answer.getByRole("button", { name: "Copy, Answer find-server: curl" }).click();
  await expect(answer.getByRole("button", { name: "Copy, Answer find-server: curl" })).toHaveText("Copied");
  const line = await page.evaluate(() => navigator.clipboard.readText());
  const [, body, url] = /^curl -H 'content-type: application\/json' -d '(.*)' '(.*)'$/.exec(line) ?? [];
  const answered = await fetch(url ?? "", { method: "POST", headers: { "content-type": "application/json" }, body: body ?? "" });
  expect(answered.status, await answered.text()).toBe(200);
  await answerAll(serve, waiting.id);
  await expect(live).toContainText("finished", { timeout: 15_000 });
  await expect(live.getByRole("listitem").filter({ hasText: "Save its record" })).toContainText(`swaparoo tasks record ${waiting.id}`);
});

test("a migration that failed can be aborted, released or tried again", async ({ page, serve }) => {
  const [server, migration] = [crypto.randomUUID(), SECOND];
  const revert = await serve.task({ kind: "revert", server, migration });
  // nova cannot say whether the server exists: the task fails.
  for (let round = 0; round < 10; round++) {
    const { waiting_for: waits, state } = await (await fetch(`${serve.url}/v1/tasks/${revert.id}?wait=5`)).json();
    if (state === "failed") break;
    for (const { index } of waits) {
      const body = JSON.stringify({ index, reply: { kind: "server", state: "unknown" } });
      await fetch(`${serve.url}/v1/tasks/${revert.id}/replies`, { method: "POST", headers: { "content-type": "application/json" }, body });
    }
  }
  await page.goto(`${serve.url}/#task=${revert.id}`);
  const live = page.getByRole("region", { name: "At the service" });
  await expect(live).toContainText("failed");
  await live.getByText("What you can do").click();
  await expect(live).toContainText(`swaparoo release --server-uuid ${server} --consumer ${migration}`);
  await expect(live).toContainText(`-d '{"kind":"abort","server":"${server}","migration":"${migration}"}'`);
  await expect(live.getByRole("listitem").filter({ hasText: "Try it again" })).toContainText(`-d '{"kind":"revert","server":"${server}"`);
});
