// "Save as a test": the page saves a record that `swaparoo replay` decides in the same way. The runs saved here are
// in tests/records, where the project's tests replay every file; SWAPAROO_UPDATE=1 writes them again.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { Page } from "@playwright/test";

import { PROGRAM, expect, test } from "./serve";

const FOLDER = fileURLToPath(new URL("../../../tests/records/", import.meta.url));

interface RunView {
  name: string;
  scenario: string;
  policy: string;
  /// The changes: at which exchange, and the page's text of what happens.
  fork?: { at: number; what: RegExp };
  end: string;
}

const RUNS: RunView[] = [
  { name: "bug-1848343-standard", scenario: "Bug 1848343", policy: "standard", end: "no-valid-host" },
  { name: "lost-answer-standard", scenario: "The answer to the swap is lost", policy: "standard", end: "no-valid-host" },
  {
    name: "lost-answer-standard-server-deleted",
    scenario: "The answer to the swap is lost",
    policy: "standard",
    fork: { at: 12, what: /server is deleted/ },
    end: "no-valid-host",
  },
  { name: "conductor-killed-nova-34", scenario: "The conductor is killed", policy: "nova-34", end: "abandoned" },
];

async function open(page: Page, { scenario, policy, fork }: RunView): Promise<void> {
  await page.getByRole("button", { name: scenario }).click();
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

for (const run of RUNS) {
  test(`saved as a test: ${run.name}`, async ({ page, serve }) => {
    await page.goto(serve.url);
    await open(page, run);
    const file = await saved(page);
    const replayed = spawnSync(PROGRAM, ["replay", file], { encoding: "utf8" });
    expect(replayed.stderr).toBe("");
    expect(replayed.stdout).toMatch(
      new RegExp(`^same: ${run.policy} \\([0-9a-f]{12}\\) takes the \\d+ steps that ${run.policy} \\(rules of the debugger's page\\) took; failed: ${run.end}\n$`),
    );
    const kept = `${FOLDER}${run.name}.json`;
    if (process.env.SWAPAROO_UPDATE) writeFileSync(kept, readFileSync(file));
    // Each has a different id.
    const [now, then] = [file, kept].map((file) => ({ ...JSON.parse(readFileSync(file, "utf8")), id: "" }));
    expect(now, `the page saves something else than ${kept}; SWAPAROO_UPDATE=1 writes it anew`).toEqual(then);
  });
}
