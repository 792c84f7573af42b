// Makes the pictures in docs/debugger/ from the page as the program serves it: `npm run screenshots`, after a build of
// both. Tests do not compare them. pngquant compresses them if it is installed.

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { chromium } from "@playwright/test";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const PROGRAM = process.env.SWAPAROO_PROGRAM ?? here("../../target/debug/swaparoo");
const FOLDER = here("../../docs/debugger/");
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };

const scenario = (page, title) => page.getByRole("button", { name: title }).click();
const since = (page) => page.getByRole("button", { name: /since exchange/ }).first().click();
const view = (page, name) => page.getByRole("navigation").getByRole("button", { name }).click();

const PICTURES = {
  step: async (page) => {
    await scenario(page, /Bug 1848343/);
    await since(page);
  },
  compare: async (page) => {
    await scenario(page, /Bug 1848343/);
    await view(page, "Compare");
  },
  explore: async (page) => {
    await scenario(page, /Bug 1848343/);
    await page.getByRole("slider").fill("13");
    await view(page, "Explore");
    await page.getByRole("main").getByRole("button", { name: "Explore" }).click();
    await page.getByText("all of them").waitFor();
  },
  "what-if": async (page) => {
    await scenario(page, /No valid host for a running server/);
    await page.getByRole("slider").fill("13");
    await page.getByRole("button", { name: "What if..." }).click();
    await page.getByRole("radio", { name: /server is deleted/ }).check();
  },
  welcome: async () => {},
};
const MORE = [
  ["step-dark", "step", WIDE, "dark"],
  ["compare-dark", "compare", WIDE, "dark"],
  ["step-390", "step", NARROW, "light"],
  ["welcome-390", "welcome", NARROW, "dark"],
];

/** 256 colours are enough for the page. */
function shrink(path) {
  const { error } = spawnSync("pngquant", ["--force", "--strip", "--nofs", "--speed", "1", "--output", path, "256", path]);
  if (error) console.warn("pngquant is not there: the pictures stay large");
}

async function serve() {
  const folder = mkdtempSync(join(tmpdir(), "swaparoo-screenshots-"));
  writeFileSync(join(folder, "placement.json"), JSON.stringify({ version: 1, providers: {}, consumers: {} }));
  writeFileSync(
    join(folder, "swaparoo.toml"),
    'listen = { socket = "", tcp = "127.0.0.1:0" }\nplacement = { embedded = "placement.json" }\njournal = { off = true }\nlog = { filter = "warn" }\n',
  );
  const child = spawn(PROGRAM, ["serve", "--config", "swaparoo.toml"], { cwd: folder, env: { ...process.env, XDG_CACHE_HOME: folder }, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /listening on (http:\S+)/.exec(line)?.[1];
    if (url) return { url, stop: () => (child.kill("SIGTERM"), rmSync(folder, { recursive: true, force: true })) };
  }
  throw new Error(`${PROGRAM} ended before it listened`);
}

mkdirSync(FOLDER, { recursive: true });
const service = await serve();
const browser = await chromium.launch({ executablePath: process.env.SWAPAROO_CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
try {
  const all = [...Object.keys(PICTURES).map((name) => [name, name, WIDE, "light"]), ...MORE];
  for (const [name, picture, viewport, colorScheme] of all) {
    const page = await browser.newPage({ viewport, colorScheme, reducedMotion: "reduce" });
    await page.goto(service.url);
    await page.getByRole("region", { name: /^Learn/ }).waitFor();
    await PICTURES[picture](page);
    await page.waitForLoadState("networkidle");
    const path = join(FOLDER, `${name}.png`);
    await page.screenshot({ path });
    shrink(path);
    console.log(`${path}: ${statSync(path).size} bytes`);
    await page.close();
  }
} finally {
  await browser.close();
  service.stop();
}
