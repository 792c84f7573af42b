// The address is that of the step: Back, Forward, a reload and a link lead to it. Changes are taken back with Ctrl-Z.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { Page } from "@playwright/test";

import { exchanges, file, fork, goTo, openScenario, paste, pick, place, runs, tasks, verdict } from "./page";
import { expect, HOLDERS, test } from "./serve";

const views = (page: Page) => page.getByRole("navigation", { name: "Views" });
const pressed = (page: Page) => runs(page).getByRole("button", { pressed: true });

test("each step is an address, and Back, Forward, a reload and a link lead to it", async ({ page, site, browser }) => {
  await openScenario(page, site, /Bug 1848343/);
  await expect(page).toHaveURL(/#story=bug-1848343&at=0&view=step$/);
  for (const at of [1, 2, 3]) {
    await page.keyboard.press("ArrowRight");
    await expect(page).toHaveURL(new RegExp(`&at=${at}&view=step$`));
  }
  await goTo(page, 17);
  await views(page).getByRole("button", { name: "Compare" }).click();
  await expect(page).toHaveURL(/&at=17&view=compare$/);
  await page.reload();
  await expect(page.getByRole("region", { name: "nova-34", exact: true })).toContainText("LEAK");
  await page.goBack();
  await expect(place(page)).toHaveText("17 / 17");
  for (const at of [3, 2, 1]) {
    await page.goBack();
    await expect(place(page)).toHaveText(`${at} / 17`);
  }
  await page.goForward();
  await expect(place(page)).toHaveText("2 / 17");

  const other = await (await browser.newContext()).newPage();
  await other.goto(page.url());
  await expect(place(other)).toHaveText("2 / 17");
  await other.context().close();

  await page.goBack();
  await page.goBack();
  await page.goBack();
  await expect(page.getByRole("region", { name: /^Learn/ })).toBeVisible();
});

test("a movement of the slider is one place to go back to", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  await goTo(page, 2);
  const slider = page.getByRole("slider", { name: "Exchange" });
  const box = await slider.boundingBox();
  if (!box) throw new Error("the slider has no box");
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height / 2);
  await page.mouse.down();
  for (let part = 0.3; part < 0.9; part += 0.05) await page.mouse.move(box.x + box.width * part, box.y + box.height / 2);
  await page.mouse.up();
  await expect(place(page)).toHaveText(/^1[45] \/ 17/);
  await expect(page).toHaveURL(/&at=1[45]&/);
  await page.goBack();
  await expect(place(page)).toHaveText("2 / 17");
});

test("a task of the service has an address for each step", async ({ page, serve, browser }) => {
  const task = await serve.task({ kind: "move", source: HOLDERS[0], target: crypto.randomUUID(), target_is_new: true });
  await page.goto(serve.url);
  await tasks(page).getByRole("link", { name: `move ${task.id.slice(-8)}` }).click();
  await expect(place(page)).toHaveText("0 / 2");
  await page.keyboard.press("End");
  await expect(page).toHaveURL(new RegExp(`#task=${task.id}&at=2&view=step$`));
  await page.reload();
  await expect(place(page)).toHaveText("2 / 2");
  await expect(page.getByText("task of the service")).toBeVisible();

  // As an alert or a colleague writes it.
  const other = await (await browser.newContext()).newPage();
  await other.goto(`${serve.url}/#task=${task.id}&at=1`);
  await expect(place(other)).toHaveText("1 / 2");
  await other.goto(`${serve.url}/#task=${crypto.randomUUID()}`);
  await expect(other.getByRole("alert")).toContainText("does not exist");
  await other.context().close();
});

test("a fork, the columns of a comparison, and a file live through a reload", async ({ page, site }) => {
  await openScenario(page, site, /No valid host for a running server/);
  await fork(page, 13, /server is deleted/);
  await views(page).getByRole("button", { name: "Compare" }).click();
  await page.getByRole("checkbox", { name: "seed" }).uncheck();
  await expect(page).toHaveURL(/&with=standard,nova-34/);
  await page.reload();
  await expect(pressed(page)).toContainText("13:");
  await expect(page.getByRole("checkbox", { name: "seed" })).not.toBeChecked();
  await expect(page.getByRole("checkbox", { name: "nova-34" })).toBeChecked();

  const record = JSON.parse(readFileSync(fileURLToPath(new URL("../../../tests/records/conductor-killed-nova-34.json", import.meta.url)), "utf8"));
  const [first] = record.history;
  for (const [name, history] of [
    ["small.json", record.history],
    // Too much for an address: the browser keeps the file.
    ["large.json", [...record.history, ...Array.from({ length: 500 }, () => first)]],
  ] as const) {
    await page.goto(site);
    await pick(page, file(name, JSON.stringify({ ...record, history })));
    await expect(exchanges(page)).toBeVisible();
    await page.keyboard.press("End");
    await expect(page).toHaveURL(new RegExp(`#(s|file)=[\\w-]+&at=${history.length}&view=step$`));
    await page.reload();
    await expect(place(page)).toHaveText(`${history.length} / ${history.length}`);
    await expect(page.getByText(name)).toBeVisible();
  }
});

test("Ctrl-Z takes back each change, and Ctrl-Y does it again", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  await fork(page, 13, /server is deleted/);
  await expect(pressed(page)).toContainText("13:");
  await runs(page).getByRole("button", { name: /^Remove/ }).click();
  await expect(runs(page).getByRole("button")).toHaveCount(1);
  // The place stays.
  await expect(place(page)).toHaveText(/^13 \//);
  await page.keyboard.press("Control+z");
  await expect(pressed(page)).toContainText("13:");
  await page.keyboard.press("Control+y");
  await expect(runs(page).getByRole("button")).toHaveCount(1);
  await page.keyboard.press("Control+z");
  await expect(pressed(page)).toContainText("13:");

  await page.getByRole("combobox", { name: "Policy", exact: true }).selectOption("seed");
  await expect(pressed(page)).toContainText("seed");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(pressed(page)).not.toContainText("seed");

  await page.getByRole("button", { name: "Back to all tasks" }).click();
  await page.getByRole("button", { name: /A successful resize/ }).click();
  await page.keyboard.press("Control+z");
  await expect(page.getByRole("region", { name: /^Learn/ })).toBeHidden();
  await expect(page.getByText("Bug 1848343")).toBeVisible();
  await expect(pressed(page)).toContainText("13:");
  // The address follows, so a reload shows the same.
  await page.reload();
  await expect(pressed(page)).toContainText("13:");
});

test("what is in the form for Placement's answers stays when something is opened", async ({ page, site }) => {
  await page.goto(site);
  await (await paste(page)).getByRole("group", { name: "Server" }).getByLabel("UUID").fill("C0FFEE00-0000-4000-8000-00000000000A");
  await page.getByRole("button", { name: /Bug 1848343/ }).click();
  await expect(verdict(page)).toBeVisible();
  await page.goBack();
  await expect((await paste(page)).getByRole("group", { name: "Server" }).getByLabel("UUID")).toHaveValue("c0ffee00-0000-4000-8000-00000000000a");
});

test("the arrow keys step also after a policy was chosen with the mouse", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  const policy = page.getByRole("combobox", { name: "Policy", exact: true });
  await policy.dispatchEvent("pointerdown");
  await policy.selectOption("standard");
  await page.keyboard.press("ArrowRight");
  await expect(place(page)).toHaveText(/^1 \//);
  await expect(policy).toHaveValue("standard");
});
