import { defineConfig } from "@playwright/test";

// The browser is the system's: nothing is downloaded. `cargo xtask test` says where it is.
const executablePath = process.env.SWAPAROO_CHROMIUM ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: "tests",
  outputDir: "../target/debugger-tests",
  // One after the other: each test has a service and a browser of its own, and some measure time.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  reporter: "list",
  timeout: 60_000,
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
