import { defineConfig } from "@playwright/test";

// Uses the system's browser, so nothing is downloaded. `cargo xtask test` sets its path.
const executablePath = process.env.SWAPAROO_CHROMIUM ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: "tests",
  outputDir: "../../target/debugger-tests",
  // Two files in parallel: each test has its own service and browser. The tests that measure time are in one file, which
  // runs alone.
  workers: 2,
  fullyParallel: false,
  forbidOnly: true,
  // The second one writes the file that PLAYWRIGHT_JSON_OUTPUT_FILE names.
  reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ? [["list"], ["json"]] : "list",
  timeout: 60_000,
  // `weight` measures time, so CI runs it while nothing else runs.
  projects: [
    { name: "weight", testMatch: "weight.spec.ts" },
    { name: "page", testIgnore: "weight.spec.ts" },
  ],
  use: {
    browserName: "chromium",
    launchOptions: {
      executablePath,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
