// A task is stopped before its next write, from the page, and goes on from the page.

import type { Locator, Page } from "@playwright/test";

import { act, acts, changes, live, open, rehearsal, send, test, waits } from "./acts";
import { verdict } from "./page";
import { expect } from "./serve";

/** Says that the server exists, as often as the task asks, until this is to be seen. */
async function answersUntil(page: Page, seen: Locator): Promise<void> {
  const answer = acts(page).getByRole("button", { name: "Answer find-server..." });
  for (let round = 0; round < 5; round++) {
    await expect(answer.or(seen).first()).toBeVisible({ timeout: 10_000 });
    if (await seen.isVisible()) return;
    const number = /\(number \d+\)/.exec(await live(page).innerText())?.[0] ?? "";
    const dialog = await act(page, "Answer find-server");
    await send(dialog);
    await expect(dialog).toBeHidden();
    await expect(live(page)).not.toContainText(number);
  }
  await expect(seen).toBeVisible();
}

test("a task stops before its next write, the page plays what follows, and lets it go on", async ({ page, serve }) => {
  test.slow();
  const sent = changes(page);
  const server = crypto.randomUUID();
  const { id } = await waits(serve, server);
  await open(page, serve, id);
  const stop = await act(page, "Stop before its next write");
  await expect(stop).toContainText("Nothing changes but where it stops");
  await send(stop);
  await expect(stop).toBeHidden();
  // Its questions come before the write.
  const stopped = live(page).getByText(/a breakpoint of .* before it sends post-allocations/);
  await answersUntil(page, stopped);
  await expect(stopped).toBeVisible();
  await expect(live(page)).toContainText(/it goes on by itself at .* left\)/);
  const held = async () => (await (await serve.ask(`/v1/allocations/${server}`)).json()).allocations;
  expect(await held()).toEqual([]);
  const goOn = await act(page, "Go on");
  await expect(rehearsal(goOn)).toContainText("moved");
  await send(goOn);
  await expect(goOn).toBeHidden();
  await answersUntil(page, live(page).getByText("finished", { exact: true }));
  await expect(verdict(page)).toContainText("moved");
  expect((await held())[0].resources).toEqual([{ class: "VCPU", amount: 2 }]);
  const { breakpoints } = await (await serve.ask("/v1/breakpoints")).json();
  expect(breakpoints).toEqual([]);
  expect(sent.map(({ path }) => path.replace(/[0-9a-f-]{36}/, "ID")).filter((path) => path.includes("breakpoints"))).toEqual(["/v1/breakpoints", "/v1/breakpoints/ID"]);
});

test("the lines to copy set a breakpoint, too", async ({ page, serve }) => {
  const { id } = await waits(serve);
  await open(page, serve, id);
  await live(page).getByText("What you can do").click();
  await expect(live(page).getByText(/^swaparoo breakpoints set --consumer [0-9a-f-]{36} --url/)).toBeVisible();
  await expect(live(page).getByText(/^curl .*\/v1\/breakpoints'$/)).toBeVisible();
});
