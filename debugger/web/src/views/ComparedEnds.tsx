import type { RunView } from "../rules/types";
import { endDifferences } from "../state/compare";
import { amount } from "../state/holdings";
import type { Column } from "./Compare";
import { NamedText } from "./NamedText";

/// What differs in who holds what at the end.
export function Ends({ columns, runs }: { columns: Column[]; runs: RunView[] }) {
  const differences = endDifferences(runs);
  if (differences.length === 0) return <p class="aside">At the end each consumer holds the same in all of them, as far as this is known.</p>;
  return (
    <section class="panel">
      <h2>Who holds what at the end</h2>
      <table class="ends">
        <thead>
          <tr>
            <th scope="col">Consumer</th>
            <th scope="col">Provider</th>
            {columns.map(({ name }) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {differences.map((line) => (
            <tr key={`${line.consumer}${line.provider}${line.class}`}>
              <td>
                <NamedText text={line.consumer} />
              </td>
              <td>
                <NamedText text={line.provider} />
              </td>
              {line.amounts.map((held, at) => (
                <td key={columns[at]?.name} class={violationIn(runs[at], line) ? "bad" : ""}>
                  {held === undefined && <span class="faint">not known</span>}
                  {held !== undefined && (held > 0 ? amount(line.class, held) : <span class="faint">nothing</span>)}
                  {violationIn(runs[at], line) && <span class="badge bad">{"\u25b2"} {violationIn(runs[at], line)}</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function violationIn(run: RunView | undefined, line: { consumer: string; provider: string }): string | undefined {
  return run?.verdict.violations.find((violation) => violation.consumer === line.consumer && violation.provider === line.provider)?.kind;
}
