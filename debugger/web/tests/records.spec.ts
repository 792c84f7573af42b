// "Save as a test": the page saves a record that `swaparoo replay` decides in the same way. The courses saved here are
// in tests/records, where the project's tests replay every file; SWAPAROO_UPDATE=1 writes them again.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { Page } from "@playwright/test";

import { PROGRAM, expect, test } from "./serve";

const FOLDER = fileURLToPath(new URL("../../../tests/records/", import.meta.url));

interface Course {
  name: string;
  story: string;
  policy: string;
  /// The changes: at which exchange, and the page's text of what happens.
  fork?: { at: number; what: RegExp };
  end: string;
}

const COURSES: Course[] = [
  { name: "bug-1848343-standard", story: "Bug 1848343", policy: "standard", end: "no-valid-host" },
  { name: "lost-answer-standard", story: "The answer to the swap is lost", policy: "standard", end: "no-valid-host" },
  {
    name: "lost-answer-standard-server-deleted",
    story: "The answer to the swap is lost",
    policy: "standard",
    fork: { at: 14, what: /server is deleted/ },
    end: "no-valid-host",
  },
  { name: "conductor-killed-nova-34", story: "The conductor is killed", policy: "nova-34", end: "abandoned" },
];

async function open(page: Page, { story, policy, fork }: Course): Promise<void> {
  await page.getByRole("button", { name: story }).click();
  await page.getByLabel("Policy").selectOption(policy);
  if (!fork) return;
  await page.getByLabel("Exchange", { exact: true }).fill(String(fork.at));
  await page.getByRole("button", { name: /What if/ }).click();
  await page.getByRole("radio", { name: fork.what }).check();
  await page.getByRole("button", { name: "Fork here" }).click();
}

async function saved(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Share" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save as a test" }).click();
  return (await download).path();
}

for (const course of COURSES) {
  test(`saved as a test: ${course.name}`, async ({ page, serve }) => {
    await page.goto(serve.url);
    await open(page, course);
    const file = await saved(page);
    const replayed = spawnSync(PROGRAM, ["replay", file], { encoding: "utf8" });
    expect(replayed.stderr).toBe("");
    expect(replayed.stdout).toMatch(
      new RegExp(`^same: ${course.policy} \\([0-9a-f]{12}\\) takes the \\d+ steps that ${course.policy} \\(rules of the debugger's page\\) took; failed: ${course.end}\n$`),
    );
    const kept = `${FOLDER}${course.name}.json`;
    if (process.env.SWAPAROO_UPDATE) writeFileSync(kept, readFileSync(file));
    // Each has a different id.
    const [now, then] = [file, kept].map((file) => ({ ...JSON.parse(readFileSync(file, "utf8")), id: "" }));
    expect(now, `the page saves something else than ${kept}; SWAPAROO_UPDATE=1 writes it anew`).toEqual(then);
  });
}
