// The pictures in docs/debugger/. Each has with it what the page showed when it was made: a picture of a page that has changed
// since is stale, and its test fails. `npm run pictures` makes them.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { Page } from "@playwright/test";

import { exchanges, goTo, openScenario } from "./page";
import { textOf, withText } from "./pngText";
import { expect, test } from "./serve";

const WRITE = process.env.SWAPAROO_PICTURES === "write";
const KEYWORD = "what the page shows";
/** Of all pictures, so that the repository stays small. */
const MOST_BYTES = 400_000;

const SIZES = { 1440: { width: 1440, height: 900 }, 1024: { width: 1024, height: 768 }, 390: { width: 390, height: 844 } };

interface Picture {
  show: (page: Page, site: string) => Promise<void>;
  size: keyof typeof SIZES;
  colorScheme: "light" | "dark";
}

const PICTURES: Record<string, Picture> = {
  step: { show: step, size: 1440, colorScheme: "light" },
  "step-dark": { show: step, size: 1440, colorScheme: "dark" },
  "step-390": { show: step, size: 390, colorScheme: "light" },
  compare: { show: compare, size: 1024, colorScheme: "light" },
  explore: { show: explore, size: 1440, colorScheme: "light" },
  "explore-dark": { show: explore, size: 1024, colorScheme: "dark" },
  "explore-390": { show: explore, size: 390, colorScheme: "light" },
};

for (const [name, { show, size, colorScheme }] of Object.entries(PICTURES)) {
  test(`docs/debugger/${name}.png shows the page as it is`, async ({ page, site }) => {
    await page.setViewportSize(SIZES[size]);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await show(page, site);
    const now = await page.evaluate(outline);
    if (WRITE) writeFileSync(path(name), withText(shrunk(await page.screenshot()), KEYWORD, now));
    const then = textOf(readFileSync(path(name)), KEYWORD);
    expect(now, `docs/debugger/${name}.png is stale: npm run pictures makes it anew`).toBe(then);
  });
}

test("the pictures are small", () => {
  const bytes = Object.keys(PICTURES).reduce((sum, name) => sum + readFileSync(path(name)).length, 0);
  expect(bytes).toBeLessThan(MOST_BYTES);
});

function path(name: string): string {
  return fileURLToPath(new URL(`../../../docs/debugger/${name}.png`, import.meta.url));
}

/** 256 colours are enough for the page. */
function shrunk(png: Buffer): Buffer {
  const { stdout, error } = spawnSync("pngquant", ["--strip", "--nofs", "--speed", "1", "256", "-"], { input: png, maxBuffer: 2 ** 24 });
  if (error) throw new Error(`the pictures are made smaller by pngquant: apt-get install pngquant (${error.message})`);
  return stdout;
}

/** Runs in the page: its elements that are shown, with their texts. Nothing of it depends on fonts or on the machine's speed. */
function outline(): string {
  const own = (element: Element) => [...element.childNodes].flatMap((node) => (node.nodeType === Node.TEXT_NODE ? [node.textContent?.trim()] : [])).join(" ");
  const shown = [...document.querySelectorAll("#app *")].filter((element) => element.checkVisibility());
  const lines = shown.map((element) => `${element.localName} ${element.getAttribute("class") ?? ""} ${own(element)}`.trim());
  return lines.filter((line) => !line.includes("histories a second")).join("\n");
}

async function step(page: Page, site: string): Promise<void> {
  await openScenario(page, site, /Bug 1848343/);
  await page.getByRole("button", { name: /since exchange/ }).first().click();
  await expect(exchanges(page)).toBeVisible();
}

async function compare(page: Page, site: string): Promise<void> {
  await openScenario(page, site, /Bug 1848343/);
  await page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: "Compare" }).click();
  await expect(page.getByRole("table")).toBeVisible();
}

async function explore(page: Page, site: string): Promise<void> {
  await openScenario(page, site, /Bug 1848343/);
  await goTo(page, 9);
  await page.getByRole("navigation", { name: "Views" }).getByRole("button", { name: "Explore" }).click();
  await page.getByRole("main").getByRole("button", { name: "Explore" }).click();
  await expect(page.getByText("all of them")).toBeVisible({ timeout: 20_000 });
  await page.getByRole("group", { name: "States" }).scrollIntoViewIfNeeded();
}
