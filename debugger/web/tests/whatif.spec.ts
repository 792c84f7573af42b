// What if: the history forks at a change, and the forks stay side by side.

import { runs, exchanges, fork, goTo, openScenario, place, verdict } from "./page";
import { expect, test } from "./serve";

const SCENARIO = /A successful resize/;

test("another fate of an answer forks the history there, and the first run stays", async ({ page, site }) => {
  await openScenario(page, site, /No valid host for a running server/);
  await page.getByRole("combobox", { name: "Policy", exact: true }).selectOption("nova-34");
  await expect(verdict(page)).toContainText("RIGHT");
  await fork(page, 17, /lost/);
  await expect(runs(page).getByRole("button", { pressed: true })).toContainText("17:");
  await expect(verdict(page)).toContainText("no-valid-host");
  await expect(exchanges(page).getByTitle("no answer").first()).toBeAttached();
  await runs(page).getByRole("button", { name: /The story/ }).click();
  await expect(verdict(page)).toContainText("RIGHT");
  await expect(exchanges(page).getByTitle("no answer")).toHaveCount(0);
});

test("an event between two steps: the server is deleted, and the conductor dies", async ({ page, site }) => {
  await openScenario(page, site, /No valid host for a running server/);
  await page.getByRole("combobox", { name: "Policy", exact: true }).selectOption("nova-34");
  await fork(page, 13, /server is deleted/);
  await expect(verdict(page)).toContainText("LEAK");
  await expect(exchanges(page)).toContainText("the server is deleted");
  await runs(page).getByRole("button", { name: /The story/ }).click();
  await fork(page, 13, /conductor/);
  await expect(runs(page).getByRole("button", { name: /^13:/ })).toHaveCount(2);
});

test("another move of the same allocations", async ({ page, site }) => {
  await openScenario(page, site, /Two tasks move the same/);
  await fork(page, 1, /another caller/);
  await expect(verdict(page)).toBeVisible();
  await expect(runs(page).getByRole("button", { pressed: true })).toContainText("1:");
});

test("a reply by hand: the page's own rules go on from it", async ({ page, site }) => {
  await openScenario(page, site, SCENARIO);
  await goTo(page, 6);
  await page.getByRole("button", { name: "What if..." }).click();
  const dialog = page.getByRole("dialog", { name: "What if, at exchange 6" });
  await dialog.getByRole("radio", { name: "My own answer (JSON)" }).check();
  const reply = dialog.getByRole("textbox", { name: /The reply/ });
  await expect(reply).toHaveValue(/"kind": "holding"/);
  await reply.fill(JSON.stringify({ kind: "refused", status: 409, code: "placement.concurrent_update", detail: "by hand" }));
  await dialog.getByRole("button", { name: "Fork here" }).click();
  await expect(dialog).toBeHidden();
  await expect(place(page)).toHaveText(/^6 \//);
  await expect(exchanges(page).locator("[aria-current=step]")).toContainText("by hand");
});

test("the reply by hand begins as that of the exchange at hand", async ({ page, site }) => {
  await openScenario(page, site, SCENARIO);
  const reply = page.getByRole("textbox", { name: /The reply/ });
  for (const [at, kind] of [
    [6, "holding"],
    [7, "written"],
  ] as const) {
    await goTo(page, at);
    await page.getByRole("button", { name: "What if..." }).click();
    await page.getByRole("radio", { name: "My own answer (JSON)" }).check();
    await expect(reply).toHaveValue(new RegExp(`"kind": "${kind}"`));
    await page.getByRole("button", { name: "Cancel" }).click();
  }
});

for (const [what, reply, says] of [
  ["no JSON", "{kind:", /the reply is not JSON/],
  ["no reply of the contract's", '{"kind":"maybe"}', /the reply is not of its form: unknown variant `maybe`/],
] as const) {
  test(`a reply that is ${what} is refused with a reason, and can be mended`, async ({ page, site }) => {
    await openScenario(page, site, SCENARIO);
    await goTo(page, 6);
    await page.getByRole("button", { name: "What if..." }).click();
    const dialog = page.getByRole("dialog", { name: /What if/ });
    await dialog.getByRole("radio", { name: "My own answer (JSON)" }).check();
    await dialog.getByRole("textbox", { name: /The reply/ }).fill(reply);
    await dialog.getByRole("button", { name: "Fork here" }).click();
    await expect(dialog.getByRole("alert")).toHaveText(says);
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await expect(runs(page).getByRole("button")).toHaveCount(1);
  });
}

test("a reply to another question than was asked is refused", async ({ page, site }) => {
  await openScenario(page, site, SCENARIO);
  await goTo(page, 6);
  await page.getByRole("button", { name: "What if..." }).click();
  const dialog = page.getByRole("dialog", { name: /What if/ });
  await dialog.getByRole("radio", { name: "My own answer (JSON)" }).check();
  await dialog.getByRole("textbox", { name: /The reply/ }).fill('{"kind":"written"}');
  await dialog.getByRole("button", { name: "Fork here" }).click();
  await expect(dialog.getByRole("alert")).toBeVisible();
  await expect(dialog.getByRole("alert")).toContainText("get-allocations");
});

test("forks are renamed and removed", async ({ page, site }) => {
  await openScenario(page, site, SCENARIO);
  await fork(page, 7, /lost/);
  const chosen = runs(page).getByRole("button", { pressed: true });
  await runs(page).getByRole("button", { name: /^Rename/ }).click();
  const asked = page.getByRole("dialog", { name: "Rename" });
  await expect(asked.getByLabel("A name for this course")).toHaveValue(/^7: /);
  await asked.getByLabel("A name for this course").fill("  ");
  await asked.getByRole("button", { name: "Rename" }).click();
  await expect(asked).toBeVisible();
  await asked.getByLabel("A name for this course").fill("the swap is lost");
  await page.keyboard.press("Enter");
  await expect(asked).toBeHidden();
  await expect(chosen).toContainText("the swap is lost");
  await runs(page).getByRole("button", { name: "Remove the swap is lost" }).click();
  await expect(chosen).toContainText("The story");
  await expect(runs(page).getByRole("button")).toHaveCount(1);
});
