// Counts what a user does: the browser's own clicks and keys, as the page gets them. What a script does to the page without
// them is not possible for a user, and so is not counted: tests use only clicks and keys.

import type { Page } from "@playwright/test";

/** A key that is held for another one, such as Ctrl in Ctrl-V, is part of it. */
const HELD = ["Control", "Shift", "Alt", "Meta"];

export interface Counted {
  /** Clicks and keys since the count began. */
  count(): number;
  /** Counts from 0. */
  begin(): void;
}

/** Call before the page is opened. */
export async function counted(page: Page): Promise<Counted> {
  let count = 0;
  await page.exposeFunction("countUse", () => void count++);
  await page.addInitScript((held) => {
    const use = (globalThis as unknown as { countUse: () => void }).countUse;
    // Only what comes from the user: events that a script made are not trusted.
    addEventListener("pointerdown", (event) => event.isTrusted && use(), true);
    addEventListener("keydown", (event) => event.isTrusted && !held.includes((event as KeyboardEvent).key) && use(), true);
  }, HELD);
  return { count: () => count, begin: () => void (count = 0) };
}
