// What can be opened: the service's tasks; a record; pasted answers of Placement; and the built-in scenarios.


import { drop, exchanges, file, holds, paste, pick, place, tasks, verdict } from "./page";
import { expect, HOLDERS, NODE, test } from "./serve";

const SCENARIOS: [RegExp, string, RegExp][] = [
  [/Bug 1848343/, "no-valid-host", /LEAK.*which is deleted.*2 GiB \+ 2 VCPU of source/],
  [/No valid host for a running server/, "no-valid-host", /LOSS.*runs without its 2 GiB \+ 2 VCPU of source/],
  [/The answer to the swap is lost/, "no-valid-host", /LOSS.*LEAK.*the migration holds 2 GiB \+ 2 VCPU of source/],
  [/Two tasks move the same/, "allocation-move-failed", /RIGHT/],
  [/The conductor is killed/, "abandoned", /LOSS.*LEAK/],
  [/Placement is unavailable at the rollback/, "no-valid-host", /LOSS.*LEAK/],
  [/A successful resize/, "started", /RIGHT/],
];

for (const [title, end, says] of SCENARIOS) {
  test(`the scenario ${title.source} opens at its beginning and says how it ends`, async ({ page, site }) => {
    await page.goto(site);
    await page.getByRole("button", { name: title }).click();
    await expect(page.getByText("built-in story")).toBeVisible();
    await expect(place(page)).toHaveText(/^0 \/ \d+$/);
    await expect(exchanges(page).getByRole("listitem").nth(3)).toBeVisible();
    await expect(verdict(page)).toContainText(end);
    await expect(verdict(page)).toHaveText(says);
    await page.getByRole("button", { name: "Back to all tasks" }).click();
    await expect(page.getByRole("heading", { name: /^Learn/ })).toBeVisible();
  });
}

test("a task that waits for its caller is open as far as it has come", async ({ page, serve }) => {
  const waits = await serve.task({ kind: "revert", server: crypto.randomUUID(), migration: HOLDERS[1] });
  await page.goto(serve.url);
  await tasks(page).getByRole("link", { name: `revert ${waits.id.slice(-8)}` }).click();
  await expect(page.getByText("task of the service")).toBeVisible();
  await expect(verdict(page)).toContainText("Still running");
  await expect(exchanges(page)).toContainText("GET allocations of");
});

test("a record opens when it is picked, and when it is dropped", async ({ page, serve }) => {
  const target = crypto.randomUUID();
  const task = await serve.task({ kind: "move", source: HOLDERS[0], target, target_is_new: true });
  const record = await (await fetch(`${serve.url}/v1/tasks/${task.id}/record`)).text();

  await page.goto(serve.url);
  await pick(page, file("a move.json", record));
  await expect(page.getByText("a move.json")).toBeVisible();
  await expect(verdict(page)).toContainText("moved");
  await expect(verdict(page)).not.toContainText("leave the record");

  await drop(page, "another.json", Buffer.from(record));
  await expect(page.getByText("another.json")).toBeVisible();
  await expect(verdict(page)).toContainText("moved");
});

const SERVER = "c0ffee00-0000-0000-0000-0000000000aa";
const MIGRATION = "c0ffee00-0000-0000-0000-0000000000bb";
const RESOURCES = { VCPU: 2, MEMORY_MB: 2048 };
const FORMS = {
  "the answer of GET /allocations": {
    allocations: { [NODE]: { generation: 7, resources: RESOURCES } },
    project_id: "project",
    user_id: "user",
    consumer_generation: 3,
  },
  "what the command line prints": [{ resource_provider: NODE, generation: 7, resources: RESOURCES, project_id: "project", user_id: "user" }],
};

for (const [form, pasted] of Object.entries(FORMS)) {
  test(`${form} opens when it is pasted, and the rules are tried on it`, async ({ page, site }) => {
    await page.goto(site);
    const form = await paste(page);
    const server = form.getByRole("group", { name: "Server" });
    const migration = form.getByRole("group", { name: "Migration" });
    await server.getByLabel("UUID").fill(SERVER);
    await migration.getByLabel("UUID").fill(MIGRATION);
    await migration.getByLabel("Allocations").fill(JSON.stringify(pasted));
    await form.getByRole("button", { name: "Open" }).click();

    await expect(page.getByText("pasted from Placement")).toBeVisible();
    await expect(holds(page)).toContainText("2 VCPU");
    await expect(verdict(page)).toHaveText(/moved.*RIGHT/);
    await page.getByRole("button", { name: "To the end" }).click();
    await expect(holds(page).getByRole("row", { name: /the server/ })).toContainText("2 GiB + 2 VCPU");
  });
}

test("what is no answer of Placement's is refused with a reason, and stays to be mended", async ({ page, site }) => {
  await page.goto(site);
  const form = await paste(page);
  await form.getByRole("group", { name: "Server" }).getByLabel("UUID").fill(SERVER);
  const migration = form.getByRole("group", { name: "Migration" });
  await migration.getByLabel("UUID").fill(MIGRATION);
  await migration.getByLabel("Allocations").fill('{"allocations": 5}');
  await form.getByRole("button", { name: "Open" }).click();
  await expect(page.getByRole("alert")).toContainText(`what is pasted for ${MIGRATION} is neither`);
  await expect(migration.getByLabel("Allocations")).toHaveValue('{"allocations": 5}');
});

test("Placement is read through the service, and a release of the server itself is tried", async ({ page, site }) => {
  const [holder] = HOLDERS as [string];
  await page.goto(site);
  const form = await paste(page);
  const server = form.getByRole("group", { name: "Server" });
  const read = form.getByRole("button", { name: "Read it in Placement, through the service" });
  await expect(read).toBeDisabled();
  await server.getByLabel("UUID").fill(holder);
  await read.click();
  await expect(form).toContainText(/read at \d\d:\d\d:\d\d UTC/);
  await expect(server.getByLabel("Allocations")).toHaveValue(/"VCPU":2.*"consumer_generation":1/);
  await form.getByLabel("nova says the server").selectOption("is deleted");
  await form.getByLabel("Try").selectOption("release: release what the server should not hold");
  await form.getByRole("button", { name: "Open" }).click();
  await expect(verdict(page)).toHaveText(/released.*RIGHT/);
  await page.getByRole("button", { name: "To the end" }).click();
  await expect(holds(page).getByRole("row", { name: /the server/ })).toContainText("nothing");
  // What was typed is not what was read.
  await page.goBack();
  await page.goBack();
  await paste(page);
  await server.getByLabel("Allocations").fill("");
  await expect(form).not.toContainText("read at");
});

test("a release of what a migration holds is tried with the status that nova has", async ({ page, site }) => {
  const [, holder] = HOLDERS as [string, string];
  await page.goto(site);
  const form = await paste(page);
  await form.getByRole("group", { name: "Server" }).getByLabel("UUID").fill(SERVER);
  await form.getByRole("group", { name: "Migration" }).getByLabel("UUID").fill(holder);
  await form.getByRole("button", { name: "Read it in Placement, through the service" }).click();
  await expect(form.getByRole("group", { name: "Migration" }).getByLabel("Allocations")).toHaveValue(/"VCPU":2/);
  await form.getByLabel("nova says the server").selectOption("is deleted");
  await form.getByLabel("Try").selectOption("release: release what the migration should not hold");
  for (const [status, end] of [
    ["migrating", /still-in-use.*is migrating/],
    ["error", /released.*RIGHT/],
  ] as const) {
    await form.getByLabel("and the migration is").selectOption(status);
    await form.getByRole("button", { name: "Open" }).click();
    await expect(verdict(page)).toHaveText(end);
    await expect(verdict(page)).not.toContainText("LEAK");
    await page.getByRole("button", { name: "Back to all tasks" }).click();
    await paste(page);
  }
});
