// The whole state as a link or a file, and a run as a test.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { runs, file, fork, openScenario, pick, place, saved, verdict } from "./page";
import { expect, PROGRAM, test } from "./serve";

test("a link opens the same forks at the same place in a fresh page", async ({ page, site, browser }) => {
  await openScenario(page, site, /No valid host for a running server/);
  await page.getByRole("combobox", { name: "Policy", exact: true }).selectOption("nova-34");
  await fork(page, 13, /server is deleted/);
  const said = await verdict(page).innerText();
  await page.getByRole("button", { name: "Share" }).click();
  const link = page.getByRole("dialog", { name: "Share" }).getByRole("textbox", { name: "Link" });
  await expect(link).toHaveValue(/#s=./);
  const fresh = await (await browser.newContext()).newPage();
  const asked: string[] = [];
  fresh.on("request", (request) => asked.push(request.url()));
  await fresh.goto(await link.inputValue());
  await expect(runs(fresh).getByRole("button", { pressed: true })).toContainText("13:");
  await expect(runs(fresh)).toContainText("The story");
  await expect(place(fresh)).toHaveText(/^13 \//);
  expect(await verdict(fresh).innerText()).toBe(said);
  // The link has the state in its fragment, which is not sent.
  expect(asked.filter((url) => url.includes("s="))).toEqual([]);
  await fresh.context().close();
});

test("the link is copied by a button", async ({ page, site, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await openScenario(page, site, /A successful resize/);
  await page.getByRole("button", { name: "Share" }).click();
  await page.getByRole("button", { name: "Copy the link" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("#s=");
});

test("a file opens the same in a fresh page", async ({ page, site }, info) => {
  await openScenario(page, site, /No valid host for a running server/);
  await fork(page, 13, /server is deleted/);
  await page.getByRole("button", { name: "Share" }).click();
  const state = await saved(page, "Save as a file", info.outputPath("state.json"));
  await page.goto(site);
  await pick(page, file("state.json", readFileSync(state)));
  await expect(runs(page).getByRole("button", { pressed: true })).toContainText("13:");
  await expect(place(page)).toHaveText(/^13 \//);
});

for (const [name, at, what] of [
  ["as it is", 0, undefined],
  ["a fork of it", 13, /server is deleted/],
] as const) {
  test(`${name}, saved as a test, is a record that the program decides in the same way`, async ({ page, site }, info) => {
    await openScenario(page, site, /No valid host for a running server/);
    await page.getByRole("combobox", { name: "Policy", exact: true }).selectOption("standard");
    if (what) await fork(page, at, what);
    await page.getByRole("button", { name: "Share" }).click();
    const record = await saved(page, "Save as a test", info.outputPath("scenario.json"));
    const same = spawnSync(PROGRAM, ["replay", record], { encoding: "utf8", env: { ...process.env, XDG_CACHE_HOME: info.outputDir } });
    expect(`${same.stdout}${same.stderr}`).toContain("no-valid-host");
    expect(same.status).toBe(0);
    // Other rules differ from it, so the file does contain the run.
    const other = spawnSync(PROGRAM, ["replay", record, "--policy", "seed"], { encoding: "utf8", env: { ...process.env, XDG_CACHE_HOME: info.outputDir } });
    expect(other.status).toBe(1);

    await page.keyboard.press("Escape");
    await page.goto(site);
    await pick(page, record);
    await expect(verdict(page)).toContainText("no-valid-host");
    await expect(verdict(page)).not.toContainText("leave the record");
  });
}
