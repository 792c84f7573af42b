import { useRef, useState } from "preact/hooks";
import { BUILT_IN, type Playable, policyKey, type PolicyRef, samePolicy } from "../rules/types";
import { activeFork } from "../state/document";
import { choosePolicy, chooseFork, opened, removeFork } from "../state/store";
import { knownComponents } from "../workers/components";
import { lazyDialog } from "./lazy";

const Rename = lazyDialog(async () => (await import("./Rename")).Rename);

/// The runs side by side, and the rules that play the chosen one.
export function Forks() {
  const [naming, setNaming] = useState<{ id: number; name: string }>();
  const document = opened.value;
  if (!document) return null;
  const fork = activeFork(document);
  return (
    <div class="forks">
      <div class="fork-tabs" role="group" aria-label="Courses">
        {document.forks.map(({ id, name, policy }) => (
          <span key={id} class={id === fork.id ? "fork chosen" : "fork"}>
            <button type="button" aria-pressed={id === fork.id} onClick={() => chooseFork(id)} onDblClick={() => setNaming({ id, name })} title={`${name}, under ${policyKey(policy)}`}>
              {name}
              {!name.includes(policy.name) && <span class="faint"> {policy.kind === "recorded" ? `${policy.name} ${policy.version}` : policy.name}</span>}
            </button>
            {id !== 1 && (
              <>
                <button type="button" class="quiet small" aria-label={`Rename ${name}`} title="Rename" onClick={() => setNaming({ id, name })}>
                  {"\u270e"}
                </button>
                <button type="button" class="quiet small" aria-label={`Remove ${name}`} title="Remove" onClick={() => removeFork(id)}>
                  {"\u00d7"}
                </button>
              </>
            )}
          </span>
        ))}
      </div>
      <div class="choice">
        {fork.policy.kind !== "built-in" && fork.policy.digest && <code title={`SHA-256 of the component: ${fork.policy.digest}`}>sha256 {fork.policy.digest.slice(0, 12)}</code>}
        <PolicyChoice label="Policy" value={fork.policy} choose={choosePolicy} />
      </div>
      <Rename open={naming !== undefined} fork={naming} close={() => setNaming(undefined)} />
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: PolicyRef;
  among?: PolicyRef[];
  choose: (policy: PolicyRef) => void;
}

export function PolicyChoice({ label, value, among, choose }: ChoiceProps) {
  const all = among ?? policies(value);
  const byPointer = useRef(false);
  return (
    <label class="choice">
      <span>{label}</span>
      <select
        value={policyKey(value)}
        onPointerDown={() => (byPointer.current = true)}
        onKeyDown={() => (byPointer.current = false)}
        onChange={(event) => {
          choose(all.find((one) => policyKey(one) === event.currentTarget.value) ?? value);
          // The arrow keys then step again, and do not choose another policy.
          if (byPointer.current) event.currentTarget.blur();
        }}
      >
        {all.map((one) => (
          <option key={policyKey(one)} value={policyKey(one)}>
            {policyKey(one)}
          </option>
        ))}
      </select>
    </label>
  );
}

export function policies(besides?: PolicyRef): PolicyRef[] {
  const all = playable();
  return besides && !all.some((one) => samePolicy(one, besides)) ? [...all, besides] : all;
}

/// The policies that this page can run.
export function playable(): Playable[] {
  return [...BUILT_IN.map((name): Playable => ({ kind: "built-in", name })), ...knownComponents()];
}
