// Which rules a run uses, and whether they are on this page. A policy is identified by its component: name and
// digest.
import DIGESTS from "#module/policies.json";

/// Built in; or a component, by its digest; or the policy that a record names, whose run is shown and not played.
export type PolicyRef =
  | { kind: "built-in"; name: string }
  | { kind: "component"; digest: string; name: string }
  | { kind: "recorded"; name: string; version: string; digest: string };
export type Recorded = PolicyRef & { kind: "recorded" };
export type Playable = Exclude<PolicyRef, Recorded>;

export const BUILT_IN = ["standard", "seed", "nova-34"] as const;

/// For display and for selection lists.
export function policyKey(policy: PolicyRef): string {
  if (policy.kind === "recorded") return `recorded: ${policy.name} ${policy.version}`;
  return policy.kind === "built-in" ? policy.name : `${policy.name} ${policy.digest.slice(0, 12)}`;
}

/// Identifies a policy.
export function identity(policy: PolicyRef): string {
  return JSON.stringify([policy.kind, policy.name, policy.kind === "recorded" ? policy.version : "", policy.kind === "built-in" ? "" : policy.digest]);
}

export function samePolicy(one: PolicyRef, other: PolicyRef): boolean {
  return identity(one) === identity(other);
}

/// Name, version and digest of the policy that decided a record.
export function wholeName({ name, version, digest }: Recorded): string {
  return `${name} ${version} (${digest ? `sha256 ${digest.slice(0, 12)}` : "rules of a debugger's page, without a digest"})`;
}

/// The policy of a record, if it is on this page: the component of that digest, or the built-in rules whose component
/// has it. A record without a digest was made by a page's built-in rules; rules of another version are another policy.
export function playableFor(recorded: Recorded, components: Playable[], builtInVersion: (name: string) => string): Playable | undefined {
  const { name, version, digest } = recorded;
  const builtIn = BUILT_IN.find((known) => known === name);
  if (digest === "") return builtIn && builtInVersion(builtIn) === version ? { kind: "built-in", name } : undefined;
  if (builtIn && (DIGESTS as Record<string, string>)[builtIn] === digest) return { kind: "built-in", name };
  return components.find((component) => component.kind === "component" && component.digest === digest);
}
