import type { RunView, ConsumerView } from "../rules/types";
import { amount, type Bar, changed, figure, holdsOf, type ProviderNow, providersAt } from "../state/holdings";
import { memo } from "./memo";
import { NamedText } from "./NamedText";

/// Who holds what at one snapshot.
export function Holdings({ run, at }: { run: RunView; at: number }) {
  const now = run.snapshots[at];
  const before = at > 0 ? run.snapshots[at - 1] : undefined;
  if (!now) return null;
  return (
    <section class="panel holdings" aria-label="Who holds what">
      <h2>
        Who holds what <span class="faint">{at === 0 ? "before the first request" : `after exchange ${at}`}</span>
      </h2>
      <Out snapshot={now} />
      <div class="providers">
        {providersAt(run, at).map((provider) => (
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
            .filter((consumer) => consumer.role !== "other")
            .map((consumer) => (
              <Consumer key={consumer.id} consumer={consumer} changed={before !== undefined && changed(consumer, before)} />
            ))}
        </tbody>
      </table>
    </section>
  );
}

function Out({ snapshot }: { snapshot: RunView["snapshots"][number] }) {
  const out = [
    !snapshot.conductor && "the conductor is dead",
    !snapshot.placement && "Placement is unreachable",
    snapshot.late && "a request is still in transit",
  ].filter(Boolean);
  return out.length > 0 ? <p class="out">{out.join("; ")}</p> : null;
}

function Provider({ provider }: { provider: ProviderNow }) {
  const { generation, generationBefore } = provider;
  return (
    <div class={provider.nested ? "provider nested" : "provider"}>
      <h3>
        <NamedText text={provider.id} />
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
  const labels = bar.slices.filter((slice) => slice.amount > 0).map((slice) => `${slice.consumer.role} ${amount(bar.class, slice.amount)}`);
  return (
    <div class="bar-line">
      <span class="class" title={bar.class}>
        {bar.class}
      </span>
      <div class="bar" role="img" aria-label={`${name}, ${bar.class}: ${labels.join(", ") || "nothing held"}${bar.total ? ` of ${amount(bar.class, bar.total)}` : ""}`}>
        {bar.slices.map(({ consumer, amount: part, before }) => (
          <span
            key={consumer.id}
            class={`slice ${consumer.role}${consumer.alive ? "" : " gone"}${part === before ? "" : " changed"}`}
            style={{ inlineSize: share(part) }}
            title={`${consumer.role} ${consumer.id}: ${amount(bar.class, part)}`}
          >
            {/* A number that would be cut says another one. */}
            {consumer.role !== "other" && part / most > 0.03 * figure(bar.class, part).length && <span class={figure(bar.class, part).length > 2 ? "long" : undefined}>{figure(bar.class, part)}</span>}
          </span>
        ))}
      </div>
      <span class="total">
        {figure(bar.class, bar.used)}
        {bar.total === undefined ? "" : ` of ${figure(bar.class, bar.total)}`}
      </span>
    </div>
  );
}

const Legend = memo(function Legend() {
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
});

const UNKNOWN = { "not-asked": "not asked", "not-known": "not known" };

/// Whether a server exists; "not asked" if nova was not asked.
function Existence({ consumer: { existence, alive } }: { consumer: ConsumerView }) {
  if (existence !== "known") return <span class="tag unknown">{existence === "not-asked" ? "not asked whether it exists" : "not known whether it exists"}</span>;
  return <span class={alive ? "tag" : "tag gone"}>{alive ? "exists" : "deleted"}</span>;
}

function Consumer({ consumer, changed }: { consumer: ConsumerView; changed: boolean }) {
  const holds = holdsOf(consumer);
  return (
    <tr class={changed ? "changed" : ""}>
      <th scope="row">
        <i class={`dot ${consumer.role}`} aria-hidden="true" />
        <NamedText text={consumer.id} />
        {consumer.role === "server" && <Existence consumer={consumer} />}
        {consumer.status && consumer.status !== "unknown" && <span class="tag">{consumer.status}</span>}
      </th>
      <td>
        {consumer.holding !== "known" && <span class="tag unknown">{UNKNOWN[consumer.holding]}</span>}
        {consumer.holding === "known" && holds.length === 0 && <span class="faint">nothing</span>}
        {consumer.holding === "known" && holds.map(({ provider, text }) => (
          <div key={provider}>
            {text} <span class="faint">of</span> <NamedText text={provider} />
          </div>
        ))}
      </td>
      <td class="number">
        {consumer.holding === "known" && (consumer.generation ?? <span class="faint">none</span>)}
        {changed && <span class="visually-hidden"> changed</span>}
      </td>
    </tr>
  );
}
