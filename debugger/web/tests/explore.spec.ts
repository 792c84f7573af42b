// Exploration from a point on: progress, stop, the tree, and each end as a fork.

import type { Locator, Page } from "@playwright/test";

import { runs, exchanges, goTo, openScenario, place, verdict } from "./page";
import { expect, test } from "./serve";

const TREE = "What can happen";

/** The paths one by one, which are shown when they are asked for. */
async function allPaths(page: Page): Promise<Locator> {
  await page.getByText("All paths", { exact: true }).click();
  return page.getByRole("list", { name: TREE });
}

/** Explores from an exchange of a story. */
async function explore(page: Page, site: string, { story, policy, from, faults }: { story: RegExp; policy: string; from: number; faults: string }): Promise<void> {
  await openScenario(page, site, story);
  await page.getByRole("combobox", { name: "Policy", exact: true }).selectOption(policy);
  await goTo(page, from);
  await page.getByRole("button", { name: "Explore from here" }).click();
  await page.getByLabel("Things that go wrong on one path").selectOption(faults);
  await page.getByRole("main").getByRole("button", { name: "Explore" }).click();
  await expect(page.getByText("all of them")).toBeVisible({ timeout: 30_000 });
}

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

  const tree = await allPaths(page);
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
  const right = (await allPaths(page)).getByText("\u2713 right");
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

const states = (page: Page) => page.getByRole("group", { name: "States" });
const chosen = (page: Page) => states(page).getByRole("button", { pressed: true });
const causes = (page: Page) => page.getByRole("region", { name: "What suffices for it to end badly" }).getByRole("list").first().locator("> li");

test("the graph merges states from which the same can follow, and leads to each end", async ({ page, site }) => {
  await explore(page, site, { story: /Bug 1848343/, policy: "nova-34", from: 9, faults: "two" });
  const paths = Number(/([\d,]+) histories/.exec(await page.getByRole("status").innerText())?.[1]?.replaceAll(",", ""));
  const drawn = await states(page).getByRole("button").count();
  expect(paths).toBeGreaterThan(600);
  expect(drawn).toBeGreaterThan(5);
  expect(drawn).toBeLessThan(paths / 10);
  // Each state but the first has a line to it, and each end is there once.
  const lines = await states(page).locator("svg path").count();
  expect(lines).toBeGreaterThanOrEqual(drawn - 1);
  const ends = await states(page).locator(".end .what").allInnerTexts();
  expect(ends).toEqual([...new Set(ends)]);
  expect(ends).toEqual(expect.arrayContaining(["loss: no-valid-host", "leak: no-valid-host"]));

  // What ends well is drawn when it is asked for.
  await page.getByRole("checkbox", { name: "only what ends badly" }).uncheck();
  await expect(states(page).locator(".end.right").first()).toBeVisible();
});

test("what ends badly is grouped by its cause, the shortest path first", async ({ page, site }) => {
  await explore(page, site, { story: /No valid host for a running server/, policy: "nova-34", from: 13, faults: "two" });
  const texts = await causes(page).locator("> .path").allInnerTexts();
  const lengths = texts.map((text) => (/nothing more goes wrong/.test(text) ? 0 : text.split(", then ").length));
  expect(texts.length).toBeGreaterThan(3);
  expect(lengths).toEqual([...lengths].sort((one, other) => one - other));
  // The server's deletion is a leak by itself; with another fault, or elsewhere, it is the same cause.
  const deleted = causes(page).filter({ hasText: /leak \d+: the server is deleted just before;/ });
  await expect(deleted).toHaveCount(1);
  await deleted.getByText(/more with the same cause/).click();
  await expect(deleted.getByRole("listitem").filter({ hasText: ", then " }).first()).toBeVisible();
  await deleted.getByRole("button", { name: "Open as a fork" }).first().click();
  await expect(verdict(page)).toContainText("LEAK");
});

test("the graph is used by the keyboard alone, and each state says the shortest way to its worst end", async ({ page, site }) => {
  await explore(page, site, { story: /Bug 1848343/, policy: "nova-34", from: 9, faults: "one" });
  await expect(chosen(page)).toHaveAccessibleName(/^from here/);
  await chosen(page).focus();
  await page.keyboard.press("ArrowRight");
  await expect(chosen(page)).toBeFocused();
  await expect(chosen(page)).toHaveAccessibleName(/^\d+: .*at worst: /);
  await expect(page.getByText("What leads to it:")).toContainText(/\d+ \([a-z-]+\): /);
  const before = await chosen(page).innerText();
  await page.keyboard.press("ArrowDown");
  expect(await chosen(page).innerText()).not.toBe(before);
  await page.keyboard.press("ArrowLeft");
  await expect(chosen(page)).toHaveAccessibleName(/^from here/);
  await expect(page.getByText("The shortest path through it to its worst end:")).toContainText("loss");
  // One stop of Tab, however many states there are.
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Open as a fork" }).last()).toBeFocused();
});

test("what was explored is kept while forks are opened, and found again from them", async ({ page, site }) => {
  await explore(page, site, { story: /Bug 1848343/, policy: "nova-34", from: 13, faults: "two" });
  const tally = await page.getByRole("status").innerText();
  await causes(page).first().getByRole("button", { name: "Open as a fork" }).click();
  await expect(runs(page).getByRole("button", { pressed: true })).toContainText("leak");
  await page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: "Explore" }).click();
  // Nothing of another course is shown as one's own.
  await expect(page.getByText("Nothing explored yet")).toBeVisible();
  await page.getByRole("button", { name: /^The story.*from exchange 13, nova-34, two: .*leak/ }).click();
  await expect(page.getByText("from exchange 13 on, under nova-34")).toBeVisible();
  await expect(page.getByRole("status")).toHaveText(tally.replaceAll("\n", ""), { useInnerText: false });
  await expect(states(page)).toBeVisible();
  await expect(page.getByLabel("Things that go wrong on one path")).toHaveValue("2");
});
