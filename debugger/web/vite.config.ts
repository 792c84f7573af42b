import preact from "@preact/preset-vite";
import { defineConfig } from "vite";

// Addresses are relative, since the page is served from `/` by the runner or from any folder of a static file server.
export default defineConfig({
  base: "./",
  plugins: [preact({ reactAliasesEnabled: false, prefreshEnabled: false })],
  resolve: { alias: { "#module": new URL("../../target/debugger-module", import.meta.url).pathname } },
  server: { fs: { allow: [".."] } },
  worker: { format: "es" },
  build: {
    outDir: "../../target/debugger",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
  },
});
