// Exploration from a point on: progress, stop, the tree, and each end as a fork.

import { runs, exchanges, goTo, openScenario, place, verdict } from "./page";
import { expect, test } from "./serve";

const TREE = "What can happen";

test("every fate from one exchange on, as a tree, and a bad end opens as a fork", async ({ page, site }) => {
  await openScenario(page, site, /No valid host for a running server/);
  await page.getByRole("combobox", { name: "Policy", exact: true }).selectOption("nova-34");
  await goTo(page, 13);
  await page.getByRole("button", { name: "Explore from here" }).click();
  await expect(page.getByText("Nothing explored yet")).toBeVisible();
  await expect(page.getByText("from exchange 13 on, under nova-34")).toBeVisible();
  await page.getByRole("main").getByRole("button", { name: "Explore" }).click();
  const tally = page.getByRole("status");
  await expect(tally).toContainText("all of them", { timeout: 20_000 });
  await expect(tally).toContainText(/\d+ histories, \d+ calls of the rules/);
  await expect(tally).toContainText(/\d+ leak/);
  await expect(tally).toContainText(/\d+ loss/);

  const tree = page.getByRole("list", { name: TREE });
  const deleted = tree.getByRole("listitem").filter({ hasText: /select-destinations.*server is deleted/ });
  await expect(deleted).toContainText("leak");
  await deleted.getByRole("button", { name: "Open as a fork" }).click();
  await expect(runs(page).getByRole("button", { pressed: true })).toContainText("leak");
  await expect(verdict(page)).toContainText("LEAK");
  await expect(place(page)).toHaveText(/^13 \//);
  await expect(exchanges(page)).toContainText("the server is deleted");
});

test("what ends well is hidden until it is asked for", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  await page.getByRole("combobox", { name: "Policy", exact: true }).selectOption("standard");
  await goTo(page, 14);
  await page.getByRole("button", { name: "Explore from here" }).click();
  await page.getByRole("main").getByRole("button", { name: "Explore" }).click();
  await expect(page.getByText("all of them")).toBeVisible({ timeout: 20_000 });
  const right = page.getByRole("list", { name: TREE }).getByText("\u2713 right");
  await expect(right).toHaveCount(0);
  await page.getByRole("checkbox", { name: "only what ends badly" }).uncheck();
  await expect(right.first()).toBeVisible();
});

test("a long exploration shows how far it has come, stops when it is asked to, and the page can be used meanwhile", async ({ page, site }) => {
  await openScenario(page, site, /A successful resize/);
  await goTo(page, 1);
  await page.getByRole("button", { name: "Explore from here" }).click();
  await page.getByLabel("Things that go wrong on one path").selectOption("three");
  await page.getByRole("main").getByRole("button", { name: "Explore" }).click();
  await expect(page.getByRole("progressbar", { name: "exploring" })).toBeVisible();
  const histories = async () => Number(/([\d,]+) histories/.exec(await page.getByRole("status").innerText())?.[1]?.replaceAll(",", ""));
  await expect.poll(histories).toBeGreaterThan(100);
  await page.getByRole("checkbox", { name: "only what ends badly" }).uncheck();
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.getByRole("status")).toContainText("stopped");
  await expect(page.getByRole("progressbar")).toBeHidden();
  const then = await histories();
  await page.getByRole("checkbox", { name: "only what ends badly" }).check();
  expect(await histories()).toBe(then);
});
