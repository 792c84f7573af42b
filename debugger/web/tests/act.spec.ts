// Acting from the page: what a change leads to is shown first, the server is named, and only then is something sent.

import { exchanges, place, verdict } from "./page";
import { act, acts, changes, failed, FIRST, live, nameField, open, rehearsal, SECOND, send, test, waits } from "./acts";
import { expect, test as base } from "./serve";

test("a question is answered from the page: each answer is rehearsed, the server is named, and the task goes on", async ({ page, serve }) => {
  test.slow();
  const sent = changes(page);
  const server = crypto.randomUUID();
  const { id } = await waits(serve, server);
  await open(page, serve, id);
  for (let round = 0; round < 5; round++) {
    await expect(acts(page).getByRole("button", { name: "Answer find-server..." }).or(live(page).getByText("finished", { exact: true }))).toBeVisible({ timeout: 10_000 });
    if (await live(page).getByText("finished", { exact: true }).isVisible()) break;
    const before = sent.length;
    const question = await live(page).getByText(/^\s*an answer to/).innerText();
    const dialog = await act(page, "Answer find-server");
    // Both answers are there with what they lead to.
    await expect(rehearsal(dialog).getByRole("listitem").filter({ has: page.getByRole("radio", { name: "it exists" }) })).toContainText("moved");
    await expect(rehearsal(dialog).getByRole("listitem").filter({ has: page.getByRole("radio", { name: /does not exist/ }) })).toContainText(/(source|target)-deleted/);
    await expect(dialog.getByRole("button", { name: /^Send:/ })).toBeDisabled();
    await expect(dialog.getByRole("textbox", { name: new RegExp(server) })).toHaveValue("");
    expect(sent.length).toBe(before);
    await send(dialog);
    await expect(dialog).toBeHidden();
    expect(sent.length).toBe(before + 1);
    await expect(live(page)).not.toContainText(/\(number \d+\)/.exec(question)?.[0] ?? "");
  }
  await expect(verdict(page)).toContainText("moved", { timeout: 10_000 });
  expect(sent.every(({ path, key }) => path === `/v1/tasks/${id}/replies` && /^page-[0-9a-f]{32}$/.test(key ?? ""))).toBe(true);
  const held = await (await serve.ask(`/v1/allocations/${server}`)).json();
  expect(held.allocations[0].resources).toEqual([{ class: "VCPU", amount: 2 }]);
});

test("an answer written by hand is sent only as it was rehearsed, and another answer is confirmed anew", async ({ page, serve }) => {
  const sent = changes(page);
  const server = crypto.randomUUID();
  const { id } = await waits(serve, server);
  await open(page, serve, id);
  const dialog = await act(page, "Answer find-server");
  await nameField(dialog).fill(server);
  await expect(dialog.getByRole("button", { name: /^Send:/ })).toBeEnabled();
  await dialog.getByText("My own answer (JSON)").click();
  const text = dialog.getByRole("textbox", { name: /The reply/ });
  await text.fill('{"kind":"cell"');
  await dialog.getByRole("button", { name: "Rehearse it" }).click();
  await expect(dialog.getByRole("alert")).toContainText("JSON");
  await text.fill('{"kind":"done"}');
  await dialog.getByRole("button", { name: "Rehearse it" }).click();
  await expect(dialog.getByRole("alert")).toContainText("find-server");
  await text.fill('{"kind":"server","state":"gone"}');
  await dialog.getByRole("button", { name: "Rehearse it" }).click();
  const own = dialog.getByRole("listitem").filter({ has: page.getByRole("radio", { name: "the answer below" }) });
  await expect(own).toContainText("source-deleted");
  await expect(nameField(dialog)).toHaveValue("");
  await expect(dialog.getByRole("button", { name: /^Send:/ })).toBeDisabled();
  expect(sent).toEqual([]);
  await send(dialog);
  await expect(dialog).toBeHidden();
  expect(sent.map(({ body }) => body)).toEqual([{ index: 2, reply: { kind: "server", state: "gone" } }]);
});

test("a change is sent only if its server is named, by eight characters or more; the keyboard suffices for it", async ({ page, serve }) => {
  const sent = changes(page);
  const server = crypto.randomUUID();
  const { id } = await waits(serve, server);
  await open(page, serve, id);
  await acts(page).getByRole("button", { name: "Restart its deadlines..." }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Restart its deadlines" });
  const button = dialog.getByRole("button", { name: /^Send:/ });
  await expect(nameField(dialog)).toBeFocused();
  await page.keyboard.type(server.slice(0, 7));
  await expect(button).toBeDisabled();
  await page.keyboard.press("Enter");
  await page.keyboard.type(server[7] === "0" ? "1" : "0");
  await expect(dialog.getByRole("alert")).toHaveText("This names another server.");
  await expect(button).toBeDisabled();
  await page.keyboard.press("Enter");
  expect(sent).toEqual([]);
  await page.keyboard.press("Backspace");
  await page.keyboard.type(server[7]?.toUpperCase() ?? "");
  await expect(dialog.getByRole("alert")).toBeHidden();
  await expect(button).toBeEnabled();
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  expect(sent.map(({ path }) => path)).toEqual([`/v1/tasks/${id}/heartbeat`]);
});

test("the deadlines of a task are restarted", async ({ page, serve }) => {
  const { id } = await waits(serve);
  await open(page, serve, id);
  const dialog = await act(page, "Restart its deadlines");
  await expect(dialog).toContainText("Nothing changes but the deadlines");
  const answer = page.waitForResponse(/heartbeat$/);
  await send(dialog);
  expect((await answer).status()).toBe(204);
  await expect(dialog).toBeHidden();
});

test("a repair is tried on what Placement holds now, for all that nova may say, and then done", async ({ page, serve }) => {
  const sent = changes(page);
  const server = crypto.randomUUID();
  const { id } = await failed(serve, server);
  await open(page, serve, id);
  await expect(live(page).getByRole("region", { name: "Who holds what now" })).toContainText(`${SECOND} 2 VCPU of`);
  const dialog = await act(page, "Release what is left over");
  await expect(rehearsal(dialog)).toContainText(/Under standard .*, from what Placement holds for it at \d\d:\d\d:\d\d UTC/);
  const ended = rehearsal(dialog).getByRole("listitem").filter({ hasText: /If the server is deleted, the migration is .*error/ });
  await expect(ended).toContainText("released");
  await expect(ended).toContainText("the migration then holds nothing");
  await expect(rehearsal(dialog).getByRole("listitem").filter({ hasText: "nova does not answer" })).toContainText("undecided");
  expect(sent).toEqual([]);
  await dialog.getByRole("button", { name: "Cancel" }).click();
  expect(sent).toEqual([]);

  await send(await act(page, "Release what is left over"));
  // The new task is open, and is followed.
  await expect(page).toHaveURL(/#task=/);
  await expect(page).not.toHaveURL(new RegExp(id));
  await expect(live(page)).toContainText("waiting");
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({ path: "/v1/tasks", body: { kind: "release", server, consumer: SECOND } });
  await page.goBack();
  await expect(live(page)).toContainText(id);
});

test("a server itself can be released, a migration aborted, and a task tried again", async ({ page, serve }) => {
  const { id } = await failed(serve, crypto.randomUUID());
  await open(page, serve, id);
  for (const [name, says] of [
    ["Abort the migration", /pre-migrating.*aborted/],
    ["Release what the server holds", /If the server is deleted.*Ends nothing-held/],
    ["Try it again", /If the server exists.*moved/],
  ] as const) {
    const dialog = await act(page, name);
    await expect(rehearsal(dialog)).toContainText(says);
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
  }
});

test("what was rehearsed can be stepped through, and Undo leads back", async ({ page, serve }) => {
  const { id } = await failed(serve, crypto.randomUUID());
  await open(page, serve, id);
  const dialog = await act(page, "Try it again");
  const moved = rehearsal(dialog).getByRole("listitem").filter({ hasText: "If the server exists" });
  await moved.getByText(/\d+ requests, 1 write/).click();
  await moved.getByRole("button", { name: "Step through it" }).click();
  await expect(page.getByText("rehearsed on this page")).toBeVisible();
  await page.keyboard.press("End");
  await expect(place(page)).toHaveText("5 / 5");
  await expect(exchanges(page)).toContainText("it exists");
  await page.keyboard.press("Control+z");
  await expect(live(page)).toContainText(id);
});

test("a role that may not act sees what would follow, and why it cannot be sent", async ({ page, serve }) => {
  const sent = changes(page);
  const { id } = await waits(serve);
  await open(page, serve, id, "read");
  const dialog = await act(page, "Answer find-server");
  await expect(rehearsal(dialog)).toContainText("moved");
  await expect(dialog).toContainText(/It cannot be sent from this page: this needs the role tasks; token [0-9a-f]{8} has read\./);
  await expect(nameField(dialog)).toBeDisabled();
  await expect(dialog.getByRole("button", { name: /^Send:/ })).toBeDisabled();
  expect(sent).toEqual([]);
});

base("a service without tokens takes no changes from web pages, and the page says so", async ({ page, serve }) => {
  const { id } = await serve.task({ kind: "revert", server: crypto.randomUUID(), migration: SECOND });
  await page.goto(`${serve.url}/#task=${id}`);
  const dialog = await act(page, "Answer find-server");
  await expect(dialog).toContainText("this service asks for no tokens, so it takes no changes from web pages: set auth.tokens");
  await expect(dialog.getByRole("button", { name: /^Send:/ })).toBeDisabled();
});

test("a refused change loses nothing: the dialog says why, and sends the same again", async ({ page, serve }) => {
  const { id } = await failed(serve, crypto.randomUUID());
  await open(page, serve, id);
  const dialog = await act(page, "Try it again");
  const keys: (string | undefined)[] = [];
  await page.route(/\/v1\/tasks\?wait/, (route) => {
    keys.push(route.request().headers()["idempotency-key"]);
    return keys.length === 1 ? route.abort() : route.continue();
  });
  await send(dialog);
  await expect(dialog.getByRole("alert")).toContainText("the service does not answer");
  await dialog.getByRole("button", { name: /^Send:/ }).click();
  await expect(dialog).toBeHidden();
  expect(keys).toHaveLength(2);
  expect(keys[0]).toBe(keys[1]);
  await expect(page).not.toHaveURL(new RegExp(id));
});

base("a task that is parked is resumed", async ({ page, serve }) => {
  const { id } = await serve.task({ kind: "revert", server: crypto.randomUUID(), migration: FIRST });
  // No rules of the tests park a task: the service's answers are changed, and what is sent is looked at.
  const task = await (await serve.ask(`/v1/tasks/${id}?observe=true`)).json();
  await page.route(new RegExp(`/v1/tasks/${id}\\?`), (route) => route.fulfill({ json: { ...task, state: "parked", waiting_for: [], parked: "its policy is not here" } }));
  await page.route("**/v1/access", (route) => route.fulfill({ json: { user: "token 00000000", roles: ["tasks"], from_pages: true } }));
  let body: unknown;
  await page.route(/\/resume$/, (route) => {
    body = route.request().postDataJSON();
    return route.fulfill({ json: {} });
  });
  await page.goto(`${serve.url}/#task=${id}`);
  const dialog = await act(page, "Resume it");
  await expect(rehearsal(dialog)).toContainText("moved");
  await send(dialog);
  await expect(dialog).toBeHidden();
  expect(body).toEqual({});
});
