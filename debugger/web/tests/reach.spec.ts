// Accessibility: a narrow screen, dark mode, keyboard only, and a screen reader as far as axe can check it.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { runs, exchanges, file, type GivenFile, goTo, openScenario, paste, pick, place, tasks, verdict, why } from "./page";
import { expect, HOLDERS, test } from "./serve";

const views = (page: Page) => page.getByRole("navigation", { name: "Views" });

/** A record of a policy that is not on the page. */
function record(): GivenFile {
  const killed = readFileSync(fileURLToPath(new URL("../../../tests/records/conductor-killed-nova-34.json", import.meta.url)), "utf8");
  return file("record.json", JSON.stringify({ ...JSON.parse(killed), policy: { name: "acme-rules", version: "1.2.0", digest: "ab".repeat(32) } }));
}

/** An answer of `GET /v1/audit` with everything in it. */
const AUDIT = fileURLToPath(new URL("answers/audit.json", import.meta.url));

const VIEWS: Record<string, (page: Page, site: string) => Promise<void>> = {
  welcome: async (page, site) => {
    await page.goto(site);
    await expect(page.getByRole("region", { name: /^Tasks/ })).toBeVisible();
  },
  audit: async (page, site) => {
    await page.route("**/v1/audit", (route) => route.fulfill({ path: AUDIT }));
    await page.goto(site);
    await expect(page.getByRole("region", { name: "Findings" })).toBeVisible();
  },
  "a message": async (page, site) => {
    await page.goto(`${site}/#s=AAAA`);
    await expect(page.getByRole("alert")).toBeVisible();
  },
  step: async (page, site) => {
    await openScenario(page, site, /Bug 1848343/);
    await goTo(page, 17);
    await page.getByText("Reply", { exact: true }).click();
  },
  "what if": async (page, site) => {
    await openScenario(page, site, /Bug 1848343/);
    await goTo(page, 13);
    await page.getByRole("button", { name: "What if..." }).click();
    await page.getByRole("radio", { name: "My own answer (JSON)" }).check();
  },
  help: async (page, site) => {
    await page.goto(site);
    await expect(page.getByRole("region", { name: /^Learn/ })).toBeVisible();
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog", { name: "Help" })).toBeVisible();
  },
  share: async (page, site) => {
    await openScenario(page, site, /Bug 1848343/);
    await page.getByRole("button", { name: "Share" }).click();
    await expect(page.getByRole("textbox", { name: "Link" })).toHaveValue(/#s=/);
  },
  "what was recorded": async (page, site) => {
    await page.goto(site);
    await pick(page, record());
    await expect(verdict(page)).toContainText("UNKNOWN");
    await goTo(page, 6);
  },
  "what others would do": async (page, site) => {
    await page.goto(site);
    await pick(page, record());
    await expect(verdict(page)).toContainText("UNKNOWN");
    await page.getByRole("combobox", { name: "Policy", exact: true }).selectOption("standard");
    await expect(exchanges(page).getByText("played from here on")).toBeAttached();
    await page.keyboard.press("End");
  },
  "an open task": async (page, site) => {
    const task = { kind: "revert", server: crypto.randomUUID(), migration: HOLDERS[1] };
    const { id } = await (await page.request.post(`${site}/v1/tasks?wait=30`, { data: task })).json();
    await page.goto(site);
    await expect(tasks(page).getByRole("link", { name: `revert ${id.slice(-8)}` })).toBeVisible();
    await tasks(page).getByRole("link", { name: `revert ${id.slice(-8)}` }).click();
    await page.getByText("What you can do").click();
    await expect(page.getByRole("region", { name: "At the service" })).toContainText("Waits for");
  },
  "an answer to a task": async (page, site) => {
    // Consumers of no other task, which it would have to wait for.
    const task = { kind: "abort", server: crypto.randomUUID(), migration: crypto.randomUUID() };
    const { id } = await (await page.request.post(`${site}/v1/tasks?wait=30`, { data: task })).json();
    await page.goto(`${site}/#task=${id}`);
    await page.getByRole("button", { name: "Answer find-server..." }).click();
    await expect(page.getByRole("region", { name: "Rehearsal" })).toContainText("Ends");
    await page.getByText("My own answer (JSON)").click();
    await page.getByText(/\d+ requests?, \d+ write/).first().click();
  },
  "the source of a rule": async (page, site) => {
    await openScenario(page, site, /Bug 1848343/);
    await goTo(page, 17);
    await page.getByText("Source of the rule").first().click();
    await expect(why(page)).toContainText("plugin/src/");
  },
  "the form for Placement's answers": async (page, site) => {
    await page.goto(site);
    await expect((await paste(page)).getByRole("group", { name: "Server" })).toBeVisible();
  },
  compare: async (page, site) => {
    await openScenario(page, site, /Bug 1848343/);
    await views(page).getByRole("button", { name: "Compare" }).click();
    await expect(page.getByRole("table")).toBeVisible();
  },
  explore: async (page, site) => {
    await openScenario(page, site, /Bug 1848343/);
    await goTo(page, 13);
    await views(page).getByRole("button", { name: "Explore" }).click();
    await page.getByLabel("Things that go wrong on one path").selectOption("two");
    await page.getByRole("main").getByRole("button", { name: "Explore" }).click();
    await expect(page.getByText("all of them")).toBeVisible({ timeout: 20_000 });
  },
};

/** The colour schemes and widths of a view: in CI two of the four, in which each occurs. */
const NIGHTLY = process.env.SWAPAROO_NIGHTLY === "1";
const LOOKS = (["light", "dark"] as const)
  .flatMap((colorScheme) => [1280, 390].map((width) => ({ colorScheme, width })))
  .filter(({ colorScheme, width }) => NIGHTLY || (colorScheme === "light") === (width === 1280));

for (const [name, show] of Object.entries(VIEWS)) {
  test(`${name}: nothing that axe finds, nothing that sticks out`, async ({ page, site }) => {
    test.slow(NIGHTLY);
    for (const [index, look] of LOOKS.entries()) {
      await page.emulateMedia({ colorScheme: look.colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width: look.width, height: 844 });
      // In CI an open view changes its look, which takes less time than to open it again.
      if (NIGHTLY || index === 0) await show(page, site);
      await test.step(`${look.colorScheme}, ${look.width} px`, () => fits(page));
    }
  });
}

async function fits(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ target, failureSummary }) => `${target.join(" ")}: ${failureSummary}`)])).toEqual([]);
  const sticksOut = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(sticksOut).toBeLessThanOrEqual(0);
}

/** Presses Tab until the element has the focus, and checks that the focus is visible. */
async function tabTo(page: Page, name: string | RegExp, role: Parameters<Page["getByRole"]>[0] = "button"): Promise<void> {
  const wanted = page.getByRole(role, typeof name === "string" ? { name, exact: true } : { name }).first();
  for (let pressed = 0; pressed < 80; pressed++) {
    await page.keyboard.press("Tab");
    if (await wanted.evaluate((element) => element === document.activeElement)) break;
  }
  await expect(wanted).toBeFocused();
  const outline = await wanted.evaluate((element) => getComputedStyle(element).outlineStyle);
  expect(outline, `${name} shows that it has the focus`).not.toBe("none");
}

test("the keyboard alone opens a scenario, steps, forks, compares, explores and shares", async ({ page, site }) => {
  await page.goto(site);
  await tabTo(page, "Skip to the content", "link");
  await tabTo(page, /Bug 1848343/);
  await page.keyboard.press("Enter");
  await expect(exchanges(page)).toBeVisible();
  await page.keyboard.press("End");
  await expect(place(page)).toHaveText("17 / 17");
  await page.keyboard.press("ArrowLeft");

  await tabTo(page, "What if...");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: /What if/ });
  await expect(dialog).toBeVisible();
  await tabTo(page, /./, "radio");
  await page.keyboard.press("Space");
  await tabTo(page, "Fork here");
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  await expect(runs(page).getByRole("button", { pressed: true })).toContainText("16:");

  await tabTo(page, /^Remove/);
  await page.keyboard.press("Enter");
  await expect(runs(page).getByRole("button")).toHaveCount(1);
  await tabTo(page, "Policy", "combobox");
  await page.keyboard.type("standard");
  await expect(verdict(page)).toContainText("RIGHT");

  await tabTo(page, "Compare");
  await page.keyboard.press("Enter");
  await tabTo(page, "seed", "checkbox");
  await page.keyboard.press("Space");
  await expect(page.getByRole("region", { name: "seed", exact: true })).toBeHidden();
  await tabTo(page, "Share");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Share" })).toBeVisible();
  await tabTo(page, "Save as a test");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog", { name: "Share" })).toBeHidden();
  await expect(page.getByRole("button", { name: "Share" })).toBeFocused();
  await tabTo(page, "Help");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: "Help" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog", { name: "Help" })).toBeHidden();
  await tabTo(page, "Back to all tasks");
  await page.keyboard.press("Enter");
  await tabTo(page, "Choose a file");
});

test("on a narrow screen a scenario is opened, stepped through and forked", async ({ page, site }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openScenario(page, site, /Bug 1848343/);
  await verdict(page).getByRole("button", { name: "since exchange 17" }).click();
  await expect(exchanges(page).locator("[aria-current=step]")).toBeInViewport();
  await expect(place(page)).toBeInViewport();
  await page.getByRole("button", { name: "What if..." }).click();
  await page.getByRole("dialog").getByRole("radio").first().check();
  await page.getByRole("button", { name: "Fork here" }).click();
  await expect(runs(page).getByRole("button", { pressed: true })).toContainText("17:");
});
