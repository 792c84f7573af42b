import { useEffect, useState } from "preact/hooks";
import * as service from "../service";
import { openComponent } from "../state/files";
import { tryTo } from "./App";

/// Loads a policy of the service as a component, to play runs with.
export function Policies() {
  const [loaded, setLoaded] = useState<service.StoredPolicy[]>([]);
  useEffect(() => void service.policies().then(setLoaded, () => setLoaded([])), [service.token.value]);
  const take = async (digest: string) => {
    const policy = loaded.find((one) => one.digest === digest);
    if (policy) await openComponent(`${policy.name}.wasm`, await service.component(digest));
  };
  if (loaded.length === 0) return null;
  return (
    <label class="choice">
      <span>Run a policy of the service's</span>
      <select value="" onChange={(event) => void tryTo(() => take(event.currentTarget.value))}>
        <option value="">choose by digest</option>
        {loaded.map((policy) => (
          <option key={policy.digest} value={policy.digest}>
            {[policy.name, policy.version, policy.digest.slice(0, 12), service.rolesOf(policy)].join(" ")}
          </option>
        ))}
      </select>
    </label>
  );
}
