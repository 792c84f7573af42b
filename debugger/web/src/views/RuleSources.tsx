import DIGESTS from "#module/policies.json";
import SOURCES from "virtual:rule-sources";
import type { RulePlace } from "../rules/sources";
import { activeFork } from "../state/document";
import { onThisPage, opened } from "../state/store";
import "../styles/sources.css";

/// The lines of the rules that give these reasons, and what they come from in nova.
export function RuleSources({ codes }: { codes: string[] }) {
  const policy = builtIn();
  if (policy === undefined) return <p class="faint">Only the sources of the built-in rules are on this page.</p>;
  // A policy shows its own reasons, and not those that only another one has.
  const places = [...new Set(codes)].flatMap((code) => (SOURCES[code] ?? []).filter(({ file }) => isOf(file, policy)).map((place) => ({ code, place })));
  if (places.length === 0) return <p class="faint">No line of the rules gives this reason by itself.</p>;
  return (
    <>
      <p class="faint">
        As in {policy}, sha256 {(DIGESTS as Record<string, string>)[policy]?.slice(0, 12)}.
      </p>
      <ul class="rule-sources">
        {places.map(({ code, place }) => (
          <li key={`${code} ${place.file} ${place.line}`}>
            <Place code={code} place={place} isOnly={places.length === 1} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Place({ code, place: { file, line, function: name, from, text, nova }, isOnly }: { code: string; place: RulePlace; isOnly: boolean }) {
  return (
    <>
      <p>
        <code>{code}</code>: <code>{`${file}:${line}`}</code>, in <code>{name}</code>
        {!isOnly && <span class="faint"> (one of the places that give it)</span>}
      </p>
      {nova.map(({ method, lines }) => (
        <p key={method}>
          nova: <code>{method}</code>
          {lines !== "" && `, line ${lines} of conductor/tasks/migrate.py of October 2019`}
        </p>
      ))}
      <pre tabIndex={0} aria-label={`${file}, from line ${from}`}>
        {text.map((one, index) => (
          <span key={index} class={from + index === line ? "here" : undefined}>
            <i>{from + index}</i> {one}
            {"\n"}
          </span>
        ))}
      </pre>
    </>
  );
}

/// The name of the built-in rules that decided the course that is shown.
function builtIn(): string | undefined {
  const document = opened.value;
  if (!document) return undefined;
  const { policy } = activeFork(document);
  const by = policy.kind === "recorded" ? onThisPage(policy) : policy;
  return by?.kind === "built-in" ? by.name : undefined;
}

function isOf(file: string, policy: string): boolean {
  return !file.includes("/policies/") || file.endsWith(`/${policy.replace("-", "_")}.rs`);
}
