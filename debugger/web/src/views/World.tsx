import type { Course, Held } from "../rules/types";
import { amount, type Bar, changed, holdsOf, type ProviderNow, providersAt } from "../state/world";
import { Words } from "./Words";

/// Who holds what at one moment.
export function World({ course, at }: { course: Course; at: number }) {
  const now = course.moments[at];
  const before = at > 0 ? course.moments[at - 1] : undefined;
  if (!now) return null;
  return (
    <section class="panel world" aria-label="Who holds what">
      <h2>
        Who holds what <span class="faint">{at === 0 ? "at the beginning" : `after exchange ${at}`}</span>
      </h2>
      <Out moment={now} />
      <div class="providers">
        {providersAt(course, at).map((provider) => (
          <Provider key={provider.id} provider={provider} />
        ))}
      </div>
      <Legend />
      <table class="consumers">
        <thead>
          <tr>
            <th scope="col">Consumer</th>
            <th scope="col">Holds</th>
            <th scope="col" title="Placement's consumer generation">
              Gen.
            </th>
          </tr>
        </thead>
        <tbody>
          {now.consumers
            .filter((held) => held.role !== "other")
            .map((held) => (
              <Consumer key={held.consumer} held={held} changed={before !== undefined && changed(held, before)} />
            ))}
        </tbody>
      </table>
    </section>
  );
}

function Out({ moment }: { moment: Course["moments"][number] }) {
  const out = [
    !moment.conductor && "the conductor is dead",
    !moment.placement && "Placement is unreachable",
    moment.late && "a request is still in transit",
  ].filter(Boolean);
  return out.length > 0 ? <p class="out">{out.join("; ")}</p> : null;
}

function Provider({ provider }: { provider: ProviderNow }) {
  const { generation, generationBefore } = provider;
  return (
    <div class={provider.nested ? "provider nested" : "provider"}>
      <h3>
        <Words text={provider.id} />
        {generation !== undefined && (
          <span class={generation === generationBefore ? "generation" : "generation changed"} title="the provider's generation">
            generation {generation}
          </span>
        )}
      </h3>
      {provider.bars.map((bar) => (
        <BarLine key={bar.class} bar={bar} name={provider.name} />
      ))}
    </div>
  );
}

function BarLine({ bar, name }: { bar: Bar; name: string }) {
  const most = bar.total ?? Math.max(bar.used, ...bar.slices.map((slice) => slice.before), 1);
  const share = (part: number) => `${(100 * part) / most}%`;
  const said = bar.slices.filter((slice) => slice.amount > 0).map((slice) => `${slice.held.role} ${amount(bar.class, slice.amount)}`);
  return (
    <div class="bar-line">
      <span class="class" title={bar.class}>
        {bar.class}
      </span>
      <div class="bar" role="img" aria-label={`${name}, ${bar.class}: ${said.join(", ") || "nothing held"}${bar.total ? ` of ${bar.total}` : ""}`}>
        {bar.slices.map(({ held, amount: part, before }) => (
          <span
            key={held.consumer}
            class={`slice ${held.role}${held.alive ? "" : " gone"}${part === before ? "" : " changed"}`}
            style={{ inlineSize: share(part) }}
            title={`${held.role} ${held.consumer}: ${amount(bar.class, part)}`}
          >
            {/* A number that would be cut says another one. */}
            {held.role !== "other" && part / most > 0.03 * String(part).length && <span class={part > 99 ? "long" : undefined}>{part}</span>}
          </span>
        ))}
      </div>
      <span class="total">
        {bar.used}
        {bar.total === undefined ? "" : ` / ${bar.total}`}
      </span>
    </div>
  );
}

function Legend() {
  const all: [string, string][] = [
    ["server", "server"],
    ["migration", "migration record"],
    ["other", "others"],
  ];
  return (
    <p class="legend" aria-hidden="true">
      {all.map(([role, name]) => (
        <span key={role}>
          <i class={`slice ${role}`} /> {name}
        </span>
      ))}
      <span>
        <i class="slice changed-mark" /> changed by this exchange
      </span>
    </p>
  );
}

const UNKNOWN = { "not-asked": "not asked", "not-known": "not known" };

/// Whether a server exists; "not asked" if nova was not asked.
function Existence({ held: { existence, alive } }: { held: Held }) {
  if (existence !== "known") return <span class="tag unknown">{existence === "not-asked" ? "not asked whether it exists" : "not known whether it exists"}</span>;
  return <span class={alive ? "tag" : "tag gone"}>{alive ? "exists" : "deleted"}</span>;
}

function Consumer({ held, changed }: { held: Held; changed: boolean }) {
  const holds = holdsOf(held);
  return (
    <tr class={changed ? "changed" : ""}>
      <th scope="row">
        <i class={`dot ${held.role}`} aria-hidden="true" />
        <Words text={held.consumer} />
        {held.role === "server" && <Existence held={held} />}
        {held.status && held.status !== "unknown" && <span class="tag">{held.status}</span>}
      </th>
      <td>
        {held.holding !== "known" && <span class="tag unknown">{UNKNOWN[held.holding]}</span>}
        {held.holding === "known" && holds.length === 0 && <span class="faint">nothing</span>}
        {held.holding === "known" && holds.map(({ provider, text }) => (
          <div key={provider}>
            {text} <span class="faint">of</span> <Words text={provider} />
          </div>
        ))}
      </td>
      <td class="number">
        {held.holding === "known" && (held.generation ?? <span class="faint">none</span>)}
        {changed && <span class="visually-hidden"> changed</span>}
      </td>
    </tr>
  );
}
