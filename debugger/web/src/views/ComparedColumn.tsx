import { signal } from "@preact/signals";
import type { RunView } from "../rules/types";
import type { Rows } from "../state/align";
import { firstHarm } from "../state/holding";
import { type Column, stepThrough } from "./Compare";
import { NamedText } from "./NamedText";
import { Judged } from "./Verdict";

/// Whether what all have in common is shown.
const showsAlike = signal(false);
/// The most rows shown until the user asks for all.
const ROWS = 300;
const showsAll = signal(false);

interface Props {
  column: Column;
  run: RunView;
  index: number;
  rows: Rows;
  /// The number of rows at the beginning that are the same in all.
  alike: number;
  /// The row from which it differs from the first column; for the first column, from any.
  differsAt: number | undefined;
}

/// One run of a comparison. What others ask and this one does not is an empty row, so that the same stands side by side.
export function ColumnView({ column, run, index, rows, alike, differsAt }: Props) {
  // The last hidden exchange stays visible, to show the position.
  const hidden = Math.max(0, alike - 1);
  const from = showsAlike.value ? 0 : hidden;
  const to = showsAll.value ? rows.length : Math.min(rows.length, from + ROWS);
  const harm = firstHarm(run);
  return (
    <section class="panel column" aria-label={column.name} style={{ "--rows": to - from + 5 }}>
      <h2>
        {column.name}
        <button type="button" class="link" onClick={() => stepThrough(column, rows.slice(0, differsAt ?? 0).filter((row) => row[index] !== undefined).length)}>
          Step through
        </button>
      </h2>
      <ol class="brief">
        <li class="alike">
          {hidden > 0 && (
            <button type="button" class="link" aria-expanded={showsAlike.value} onClick={() => (showsAlike.value = !showsAlike.value)}>
              {showsAlike.value ? "Hide" : "Show"} the first {hidden}, the same in all
            </button>
          )}
        </li>
        {rows.slice(from, to).map((row, place) => (
          <Brief key={from + place} run={run} index={row[index]} differs={from + place === differsAt} harm={harm} />
        ))}
        <li class="alike">
          {to < rows.length && (
            <button type="button" class="link" onClick={() => (showsAll.value = true)}>
              Show {(rows.length - to).toLocaleString("en")} more
            </button>
          )}
        </li>
        <li class={`last${differsAt === rows.length ? " differs" : ""}`}>
          {differsAt === rows.length && <DiffersHere run={run} at={run.exchanges.length} />}
          <span class="number">{"\u25a0"}</span>
          <span>
            <code>{run.end.name}</code>
            {run.leaves_record_at === run.exchanges.length && <span class="badge played">played</span>}
            {harm === run.exchanges.length && <Harm />}
          </span>
        </li>
      </ol>
      <Judged run={run} />
    </section>
  );
}

interface BriefProps {
  run: RunView;
  /// None in an empty row.
  index: number | undefined;
  differs: boolean;
  harm: number | undefined;
}

/// One exchange as one line.
function Brief({ run, index, differs, harm }: BriefProps) {
  const exchange = index === undefined ? undefined : run.exchanges[index];
  if (index === undefined || !exchange) return <li class={differs ? "differs" : "gap"}>{differs && <p class="differs-here"><span class="badge accent">differs here</span> it does not ask this</p>}</li>;
  return (
    <li class={`${exchange.reply_class}${differs ? " differs" : ""}${harm === index ? " harm" : ""}`}>
      {differs && <DiffersHere run={run} at={index} />}
      {run.leaves_record_at === index && (
        <p class="differs-here">
          <span class="badge played">played</span> from here on, and not recorded
        </p>
      )}
      <span class="number">{index + 1}</span>
      <span>
        <NamedText text={exchange.effect_text} />
        <span class="faint">
          {" "}
          {"\u2192"} <NamedText text={exchange.reply_text} />
        </span>
        {harm === index && <Harm />}
      </span>
    </li>
  );
}

function Harm() {
  return <span class="badge bad">{"\u25b2"} the first harm</span>;
}

function DiffersHere({ run, at }: { run: RunView; at: number }) {
  const step = run.steps.find((one) => at >= one.at && at < one.at + Math.max(1, one.count));
  const [reason] = step?.reasons ?? [];
  return (
    <p class="differs-here">
      <span class="badge accent">differs here</span> {reason ? <NamedText text={reason.text} /> : ""}
    </p>
  );
}
