import { useEffect, useState } from "preact/hooks";
import { type Held, held } from "../acting";
import { amounts } from "../state/holdings";
import { errorText } from "../state/store";
import { Uuid } from "./Finding";

/// What consumers hold in Placement now, not at a step of a record. Read once, with the time at which it was so.
export function NowHeld({ consumers }: { consumers: string[] }) {
  const [{ all, at, problem }, set] = useState<{ all?: Held[]; at?: string; problem?: string }>({});
  const read = () =>
    void Promise.all(consumers.map(held)).then(
      (all) => set({ all, at: new Date().toISOString().slice(11, 19) }),
      (error: unknown) => set({ problem: errorText(error) }),
    );
  useEffect(read, [consumers.join()]);
  if (problem !== undefined) return <span class="error">Placement cannot be read: {problem}</span>;
  if (!all) return <span class="faint">Placement is read...</span>;
  return (
    <div role="region" aria-label="Who holds what now">
      {all.map(({ consumer, allocations }) => (
        <div key={consumer}>
          <Uuid id={consumer} />{" "}
          {allocations.map(({ provider, resources }) => (
            <span key={provider}>
              <strong>{amounts(Object.fromEntries(resources.map(({ class: name, amount }) => [name, amount])))}</strong> of <Uuid id={provider} />{" "}
            </span>
          ))}
          {allocations.length === 0 && <strong>nothing</strong>}
        </div>
      ))}
      <span class="faint">in Placement at {at} UTC</span>{" "}
      <button type="button" class="link" onClick={read}>
        Read again
      </button>
    </div>
  );
}
