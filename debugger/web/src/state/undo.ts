// What was done to the document, to take it back. Steps are not in it: the browser's Back goes to the step before.
import { computed, signal } from "@preact/signals";
import type { Document } from "./document";

/// What is shown: a document or none, and how.
export interface Place<View> {
  document: Document | undefined;
  view: View;
}

interface Done<View> {
  /// For display, as in "remove a course".
  what: string;
  place: Place<View>;
}

/// The most changes that can be taken back; each keeps its document in memory.
const MOST = 50;

export class Changes<View> {
  private readonly done = signal<Done<View>[]>([]);
  private readonly undone = signal<Done<View>[]>([]);
  /// What the next undo takes back.
  readonly last = computed(() => this.done.value.at(-1)?.what);

  /// Call before a change, with what is shown before it.
  remember(what: string, place: Place<View>): void {
    this.done.value = [...this.done.value, { what, place }].slice(-MOST);
    this.undone.value = [];
  }

  /// Takes back the last change: what was shown before it.
  undo(now: Place<View>): Place<View> | undefined {
    return step(this.done, this.undone, now);
  }

  redo(now: Place<View>): Place<View> | undefined {
    return step(this.undone, this.done, now);
  }
}

interface Stack<View> {
  value: Done<View>[];
}

function step<View>(from: Stack<View>, to: Stack<View>, now: Place<View>): Place<View> | undefined {
  const last = from.value.at(-1);
  if (!last) return undefined;
  from.value = from.value.slice(0, -1);
  to.value = [...to.value, { what: last.what, place: now }];
  return last.place;
}
