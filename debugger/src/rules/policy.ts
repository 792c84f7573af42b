// Which rules a course is of, and whether they are on this page. A policy is what its component is: name and digest.
import DIGESTS from "#module/policies.json";

/// Built in; or a component, by its digest; or the policy that a record names: its course is drawn, and not played.
export type PolicyRef =
  | { kind: "built-in"; name: string }
  | { kind: "component"; digest: string; name: string }
  | { kind: "recorded"; name: string; version: string; digest: string };
export type Recorded = PolicyRef & { kind: "recorded" };
export type Playable = Exclude<PolicyRef, Recorded>;

export const BUILT_IN = ["standard", "seed", "nova-34"] as const;

/// For people, and for lists to choose from.
export function policyKey(policy: PolicyRef): string {
  if (policy.kind === "recorded") return `recorded: ${policy.name} ${policy.version}`;
  return policy.kind === "built-in" ? policy.name : `${policy.name} ${policy.digest.slice(0, 12)}`;
}

/// What tells one policy from every other.
export function identity(policy: PolicyRef): string {
  return JSON.stringify([policy.kind, policy.name, policy.kind === "recorded" ? policy.version : "", policy.kind === "built-in" ? "" : policy.digest]);
}

export function samePolicy(one: PolicyRef, other: PolicyRef): boolean {
  return identity(one) === identity(other);
}

/// Name, version and digest of what a record was decided by.
export function wholeName({ name, version, digest }: Recorded): string {
  return `${name} ${version} (${digest ? `sha256 ${digest.slice(0, 12)}` : "rules of a debugger's page, without a digest"})`;
}

/// The policy of a record where it is on this page: the component of that digest, or the built-in rules whose component has
/// it. A record without a digest was made by a page's own rules; those of another version are others.
export function found(recorded: Recorded, components: Playable[], builtInVersion: (name: string) => string): Playable | undefined {
  const { name, version, digest } = recorded;
  const builtIn = BUILT_IN.find((known) => known === name);
  if (digest === "") return builtIn && builtInVersion(builtIn) === version ? { kind: "built-in", name } : undefined;
  if (builtIn && (DIGESTS as Record<string, string>)[builtIn] === digest) return { kind: "built-in", name };
  return components.find((component) => component.kind === "component" && component.digest === digest);
}
