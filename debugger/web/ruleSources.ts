// A plugin for vite: the lines of the built-in rules that give each reason, with nova's method from docs/rules.md. The page shows
// them only for rules with the digest of a component that was built from these sources.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import type { Plugin } from "vite";
import type { RulePlace } from "./src/rules/sources";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const NAME = "virtual:rule-sources";
const BEFORE = 4;
const AFTER = 2;

export function ruleSources(): Plugin {
  return {
    name: "rule-sources",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load: (id) => (id === `\0${NAME}` ? `export default ${JSON.stringify(sources())}` : undefined),
  };
}

/// The places that give each reason, by its code.
export function sources(): Record<string, RulePlace[]> {
  const [codes, nova, all] = [codesOfVariants(), novaMethods(), {} as Record<string, RulePlace[]>];
  for (const file of rustFiles(join(ROOT, "plugin/src"))) {
    const lines = withoutTests(readFileSync(file, "utf8")).split("\n");
    const own = ownReasons(lines);
    lines.forEach((line, at) => {
      for (const code of codesIn(line, codes, own)) (all[code] ??= []).push(place(relative(ROOT, file), lines, at, nova));
    });
  }
  return all;
}

function codesIn(line: string, codes: Map<string, string>, own: Map<string, string>): string[] {
  const built = [...line.matchAll(/\bBuiltInReason::(\w+)/g)].flatMap(([, variant]) => codes.get(variant ?? "") ?? []);
  const named = own.get(/\bexplain\(([A-Z_]+)\)/.exec(line)?.[1] ?? "");
  return [...new Set([...built, ...(named === undefined ? [] : [named])])];
}

function place(file: string, lines: string[], at: number, nova: Map<string, RulePlace["nova"]>): RulePlace {
  const name = functionAt(lines, at);
  const rule = file.replace("plugin/src/", "");
  const from = Math.max(0, at - BEFORE);
  return { file, line: at + 1, function: name, from: from + 1, text: dedented(lines.slice(from, at + AFTER + 1)), nova: nova.get(`${rule} ${name}`) ?? nova.get(rule) ?? [] };
}

function functionAt(lines: string[], at: number): string {
  for (let line = at; line >= 0; line--) {
    const name = /^\s*(?:pub(?:\([^)]*\))? )?(?:const )?fn (\w+)/.exec(lines[line] ?? "")?.[1];
    if (name) return name;
  }
  return "";
}

function dedented(lines: string[]): string[] {
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  return lines.map((line) => line.slice(Math.min(...indents)));
}

function withoutTests(text: string): string {
  return text.replace(/\n#\[cfg\(test\)\]\nmod \w+ \{[\s\S]*$/, "\n");
}

/// As in `TargetIsNew = "target-is-new"`.
function codesOfVariants(): Map<string, string> {
  const text = readFileSync(join(ROOT, "contract/src/reason.rs"), "utf8");
  return new Map([...text.matchAll(/^\s+(\w+)(?:\([^)]*\))? = "([a-z0-9-]+)",$/gm)].map(([, variant, code]) => [variant ?? "", code ?? ""]));
}

/// Reasons that only one policy has: the name of the constant, and its code.
function ownReasons(lines: string[]): Map<string, string> {
  return new Map([...lines.join("\n").matchAll(/const (\w+): OwnReason =\s+OwnReason \{\s+code: "([a-z0-9-]+)"/g)].map(([, name, code]) => [name ?? "", code ?? ""]));
}

/// The rows of the table in docs/rules.md: by file and function, and by file.
function novaMethods(): Map<string, RulePlace["nova"]> {
  const text = readFileSync(join(ROOT, "docs/rules.md"), "utf8");
  const all = new Map<string, RulePlace["nova"]>();
  for (const [, methods, lines, file, name] of text.matchAll(/^\| (.+?) \| (.*?) ?\| `(rules\/[^`]+)` \| `(\w+)` \|/gm)) {
    if (!methods || /^none\b/.test(methods)) continue;
    const row = { method: methods.replaceAll("`", ""), lines: lines ?? "" };
    for (const key of [`${file} ${name}`, file ?? ""]) all.set(key, [...(all.get(key) ?? []), row]);
  }
  return all;
}

function rustFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".rs"))
    .sort()
    .map((name) => join(folder, name));
}
