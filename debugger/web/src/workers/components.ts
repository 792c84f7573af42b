// The policies' components that were added to the page. What runs them is loaded with the first one.
import { signal } from "@preact/signals";
import type { Playable, PolicyRef } from "../rules/types";

export interface Component {
  name: string;
  version: string;
  bytes: Uint8Array;
  worker?: Worker;
  hasAnswered: boolean;
}

/// By digest.
export const components = new Map<string, Component>();
/// How many components were added; a change makes the views look again.
export const added = signal(0);

export function knownComponents(): Playable[] {
  void added.value;
  return [...components].map(([digest, { name }]) => ({ kind: "component", digest, name }));
}

/// Whether this page has a component of that digest.
export function hasComponent(digest: string): boolean {
  return components.has(digest);
}

/// A component's own version.
export function versionOf(policy: PolicyRef): string {
  return known(policy).version;
}

export function known(policy: PolicyRef): Component {
  const component = policy.kind === "component" ? components.get(policy.digest) : undefined;
  if (!component) throw new Error(`the component of ${policy.name} is not here: drop its .wasm, or choose it from the service`);
  return component;
}
