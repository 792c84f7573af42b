// Large files are read by a worker, while the page goes on.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { exchanges, pick, place, verdict } from "./page";
import { expect, test } from "./serve";

/** 50 MB at night; in CI less, which is still read for seconds. */
const LARGE = process.env.SWAPAROO_NIGHTLY === "1" ? 50_000_000 : 20_000_000;

/** A record of at least this many bytes. */
function record(bytes: number): { text: string; length: number } {
  const kept = JSON.parse(readFileSync(fileURLToPath(new URL("../../../tests/records/bug-1848343-standard.json", import.meta.url)), "utf8"));
  const [one] = kept.history.filter(({ effect }: { effect: { kind: string } }) => effect.kind === "get-allocations");
  const size = JSON.stringify(one).length + 1;
  for (let more = Math.ceil(bytes / size); more > 0; more--) kept.history.push(one);
  return { text: JSON.stringify(kept), length: kept.history.length };
}

test("while a large file is read, the page answers; then it is shown whole, and other rules are played on it", async ({ page, site }, info) => {
  test.setTimeout(600_000);
  const { text, length } = record(LARGE);
  const path = info.outputPath("large.json");
  writeFileSync(path, text);
  expect(text.length).toBeGreaterThan(LARGE);
  await page.goto(site);
  await expect(page.getByRole("region", { name: /^Learn/ })).toBeVisible();
  await pick(page, path);
  const reading = page.getByText("large.json is being read...");
  await expect(reading).toBeVisible();
  // Three dialogs open and close while it is still being read.
  for (let round = 0; round < 3; round++) {
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog", { name: "Help" })).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog", { name: "Help" })).toBeHidden();
    await expect(reading).toBeVisible();
  }
  await expect(place(page)).toHaveText(`0 / ${length}`, { timeout: 300_000 });
  await expect(verdict(page)).toContainText("only what was recorded is shown");
  await page.keyboard.press("End");
  await expect(place(page)).toHaveText(`${length} / ${length}`);
  await expect(exchanges(page).locator("[aria-current=step]")).toContainText(String(length));
  await page.getByRole("combobox", { name: "Policy", exact: true }).selectOption("standard");
  await expect(verdict(page)).toContainText(/they end after \d+ of the \d+ exchanges/, { timeout: 300_000 });
});

test("what is no record is refused with a reason, also if it is large", async ({ page, site }, info) => {
  const path = info.outputPath("large.json");
  writeFileSync(path, JSON.stringify({ format: "swaparoo-record/9", filler: "x".repeat(3_000_000) }));
  await page.goto(site);
  await pick(page, path);
  await expect(page.getByRole("alert")).toContainText("large.json is not a record");
  writeFileSync(path, "x".repeat(3_000_000));
  await pick(page, path);
  await expect(page.getByRole("alert")).toContainText("large.json is neither a record nor a component");
});
