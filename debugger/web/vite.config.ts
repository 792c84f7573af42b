import preact from "@preact/preset-vite";
import { defineConfig } from "vite";
import { ruleSources } from "./ruleSources";

const SHARED = /node_modules\/(preact|@preact)\/(?!compat)|src\/(audits|service|rules\/|state\/(address|document|hold|names|scale|share|store|undo)|workers\/(components|large)|views\/(memo|lazy|Named|App|Strips|Forks|Verdict|HoldingOver))|vite\/preload/;

// Addresses are relative, since the page is served from `/` by the runner or from any folder of a static file server.
export default defineConfig({
  base: "./",
  plugins: [preact({ reactAliasesEnabled: false, prefreshEnabled: false }), ruleSources()],
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
    // What the first load and later parts share is one file: it is smaller so than in several.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", test: SHARED }] } } },
  },
});
