// Two or three policies on the same history, and forks, in columns.

import { exchanges, fork, openScenario, verdict } from "./page";
import { expect, test } from "./serve";

test("three policies on bug 1848343: where they part, who leaks, and how the ends differ", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  await page.getByRole("button", { name: "Compare" }).click();
  const column = (name: string) => page.getByRole("region", { name, exact: true });
  for (const name of ["standard", "seed", "nova-34"]) await expect(column(name)).toBeVisible();
  const differences = page.getByRole("list", { name: "Differences" });
  await expect(differences).toContainText("seed and nova-34 differ from exchange 17");
  await expect(differences).toContainText("nova-34: first harm at exchange 17");
  for (const name of ["standard", "seed", "nova-34"]) await expect(column(name).getByText("differs here")).toHaveCount(1);
  await expect(column("nova-34")).toContainText("LEAK the server, which is deleted, holds 2 GiB + 2 VCPU of source");
  await expect(column("standard")).toContainText("RIGHT");
  await expect(column("seed")).toContainText("RIGHT");

  const ends = page.getByRole("table");
  await expect(ends.getByRole("columnheader")).toHaveText(["Consumer", "Provider", "standard", "seed", "nova-34"]);
  const line = ends.getByRole("row", { name: /VCPU/ });
  await expect(line.getByRole("cell").nth(0)).toHaveText("the server");
  await expect(line.getByRole("cell").nth(1)).toHaveText("source");
  await expect(line.getByRole("cell").nth(2)).toHaveText("nothing");
  await expect(line.getByRole("cell").nth(4)).toContainText("leak");
});

test("a loss is named with the server and what it lacks", async ({ page, site }) => {
  await openScenario(page, site, /No valid host for a running server/);
  await page.getByRole("button", { name: "Compare" }).click();
  await expect(page.getByRole("region", { name: "seed", exact: true })).toContainText("LOSS the server runs without its 2 GiB + 2 VCPU of source");
  await expect(page.getByRole("row", { name: /VCPU/ }).getByRole("cell").nth(3)).toContainText("loss");
});

test("two policies, and their shared beginning on demand", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByRole("checkbox", { name: "seed" }).uncheck();
  await expect(page.getByRole("region", { name: "seed", exact: true })).toBeHidden();
  const first = page.getByText("ask what the ports of").first();
  await expect(first).toBeHidden();
  await page.getByRole("button", { name: /Show the first \d+, the same in all/ }).first().click();
  await expect(first).toBeVisible();
});

test("policies that do the same are said to", async ({ page, site }) => {
  await openScenario(page, site, /A successful resize/);
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByRole("checkbox", { name: "seed" }).uncheck();
  await page.getByRole("checkbox", { name: "nova-34" }).uncheck();
  await expect(page.getByText(/differ from/)).toBeHidden();
});

test("forks are compared beside policies, and a column opens step by step", async ({ page, site }) => {
  await openScenario(page, site, /A successful resize/);
  await fork(page, 13, /server is deleted/);
  await page.getByRole("button", { name: "Compare" }).click();
  for (const name of ["seed", "nova-34"]) await page.getByRole("checkbox", { name }).uncheck();
  await page.getByRole("checkbox", { name: "The story" }).check();
  const other = page.getByRole("region", { name: "The story" });
  await expect(other).toContainText("differs here");
  await other.getByRole("button", { name: "Step through" }).click();
  await expect(exchanges(page)).toBeVisible();
  await expect(verdict(page)).toContainText("started");
});

test("what runs ask alike stands in one row and at one place of the time, and the first harm is marked in both", async ({ page, site }) => {
  await openScenario(page, site, /Bug 1848343/);
  await page.getByRole("button", { name: "Compare" }).click();
  const row = (name: string) => page.getByRole("region", { name, exact: true }).getByRole("listitem").filter({ hasText: "ask the scheduler for a host" });
  const tops = await Promise.all(["standard", "seed", "nova-34"].map(async (name) => (await row(name).boundingBox())?.y));
  expect(new Set(tops).size).toBe(1);
  await expect(row("standard")).toContainText("11");
  await expect(row("seed")).toContainText("13");
  const refused = (name: string) => page.getByRole("group", { name: `Over time: ${name}` }).locator(".request.refusal");
  const lefts = await Promise.all(["standard", "seed", "nova-34"].map(async (name) => Math.round((await refused(name).boundingBox())?.x ?? -1)));
  expect(new Set(lefts).size).toBe(1);

  const harmed = page.getByRole("region", { name: "nova-34", exact: true });
  await expect(harmed.getByText("the first harm")).toHaveCount(1);
  await expect(harmed.getByRole("listitem").filter({ hasText: "the first harm" })).toContainText("POST allocations: the migration gets nothing");
  await expect(page.getByRole("group", { name: "Over time: nova-34" })).toContainText("the first harm, at exchange 17");
  await expect(page.getByRole("group", { name: "Over time: standard" }).getByText("the first harm")).toHaveCount(0);
});
