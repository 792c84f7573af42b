// The rules of this policy: one function for each kind of task. Change them, and say in scenarios/ what must hold.

import * as ask from "./ask.js";
import { Failed } from "./replay.js";

/** How long a database replica behind Placement may need to catch up, in milliseconds. */
const CATCH_UP = 5000;
/** The pauses between questions to nova, in milliseconds: enough to restart a conductor. */
const PATIENCE = [5000, 10000, 15000];

/** Gives a server's allocations to its migration record, if it holds something of its compute node. */
export function* replace(run, { server, migration, sourceNode }, settings) {
  const node = sourceNode ?? (yield* ask.computeNode(run, server));
  const isOfNode = (held) => held.allocations.some(({ provider }) => provider === node);
  if (isOfNode(yield* settled(run, server, isOfNode))) {
    return yield* move(run, { source: server, target: migration, targetIsNew: true }, settings);
  }
  const [there] = yield* ask.holdings(run, migration);
  if (isOfNode(there)) return transfer("already-moved", server, migration, there.allocations);
  run.because("not-held", "the server holds nothing of its compute node", { node });
  return { tag: "not-held", val: { server, node } };
}

/** Gives them back after the migration failed. */
export function* revert(run, { server, migration }, settings) {
  return yield* move(run, { source: migration, target: server, targetIsNew: false }, settings);
}

/** Moves all allocations of the source to the target. */
export function* move(run, task, settings) {
  if (task.source === task.target) return yield* toItself(run, task);
  const known = { lost: null, gone: false, confirmed: false };
  try {
    return yield* attempts(run, task, settings, known);
  } catch (error) {
    // No other failure may hide that it is not known whether a write was done.
    const says = error instanceof Failed && ["leaked", "unsettled"].includes(error.failure.tag);
    throw error instanceof Failed && known.lost && !says ? unsettled(known.lost, []) : error;
  }
}

function* attempts(run, task, settings, known) {
  let refusal;
  for (let attempt = 1; attempt <= settings.attempts; attempt += 1) {
    run.because("read-both", `read what both hold (attempt ${attempt} of ${settings.attempts})`);
    const [from, to] = yield* ask.holdings(run, task.source, task.target);
    if (ask.holds(from)) {
      const intent = task.targetIsNew ? "give" : yield* intentOf(run, from, to, known);
      const written = yield* ask.write(run, intent === "give" ? ask.transfer(from, to) : ask.removal(from, to));
      if (written.result === "done") return yield* done(run, task, from, intent);
      if (written.result === "lost") known.lost = { at: run.last, from, intent };
      known.confirmed = written.result === "lost";
      refusal = written.refusal ?? refusal;
      run.because("write-again", "the write was refused or got no answer: read again after a pause");
      yield* ask.pause(run, 2000 * attempt);
    } else if (known.confirmed) {
      return yield* sourceIsEmpty(run, task, to, known);
    } else {
      known.confirmed = true;
      run.because("confirm", "the source holds nothing: read again after a pause, a replica may be behind");
      yield* ask.pause(run, CATCH_UP);
    }
  }
  return yield* lastLook(run, task, known, refusal);
}

/** After the last attempt: one more read, and no write. */
function* lastLook(run, task, known, refusal) {
  run.because("last-look", "the attempts are used up: read once more");
  const [from, to] = yield* ask.holdings(run, task.source, task.target);
  if (!ask.holds(from)) return yield* sourceIsEmpty(run, task, to, known);
  if (known.lost) throw unsettled(known.lost, [from, to]);
  if (!refusal) throw operator("source-changes", "the source held nothing, and holds something now: try again");
  throw new Failed({ tag: "allocation-move-failed", val: refusal });
}

/** Whether the target gets the allocations. Placement does not know whether a server exists; nova does. */
function* intentOf(run, from, to, known) {
  if (known.gone) return "remove";
  const state = yield* ask.server(run, to.consumer);
  run.because("server-state", `nova says that the server is ${state}`);
  if (state === "unknown") throw new Failed({ tag: "undecided", val: { server: to.consumer, holdings: [from, to] } });
  known.gone = state === "gone";
  return known.gone ? "remove" : "give";
}

/** The outcome of a write that is known to be done. */
function* done(run, task, from, intent) {
  if (intent === "give") {
    if (!task.targetIsNew && (yield* isGone(run, task.target))) return yield* deleteTarget(run, task, from.allocations);
    return transfer("moved", task.source, task.target, from.allocations);
  }
  // The scheduler may have claimed for the deleted server meanwhile.
  const [to] = yield* ask.holdings(run, task.target);
  if (ask.holds(to)) return yield* deleteTarget(run, task, to.allocations);
  return { tag: "source-deleted", val: { consumer: task.source, allocations: from.allocations } };
}

/** A server may be deleted just before it gets its allocations back, and then nothing else deletes them again. */
function* isGone(run, server) {
  for (const pause of PATIENCE) {
    run.because("check-after-restore", "ask whether the server still exists");
    const state = yield* ask.server(run, server);
    if (state !== "unknown") return state === "gone";
    yield* ask.pause(run, pause);
  }
  throw operator("restore-not-checked", "nova does not say whether the server still exists");
}

/** Deletes what a deleted server holds. No other failure may hide that it still holds something. */
function* deleteTarget(run, { target }, allocations) {
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    run.because("server-is-gone", "the server does not exist: delete what it holds");
    try {
      const [to] = yield* ask.holdings(run, target);
      if (!ask.holds(to)) return { tag: "target-deleted", val: { consumer: target, allocations } };
      allocations = to.allocations;
      const written = yield* ask.write(run, ask.removal(to));
      if (written.result === "done") return { tag: "target-deleted", val: { consumer: target, allocations } };
    } catch (error) {
      throw error instanceof Failed ? leaked(target, allocations) : error;
    }
    yield* ask.pause(run, 2000 * attempt);
  }
  throw leaked(target, allocations);
}

/** The source holds nothing: the move was made before, by an earlier task or by a write of this one. */
function* sourceIsEmpty(run, task, to, { lost, gone }) {
  if (lost) {
    run.because("lost-write", "a write of this task got no answer, and the source holds nothing");
    const wanted = lost.intent === "give" ? lost.from.allocations : [];
    if (JSON.stringify(wanted) === JSON.stringify(to.allocations)) {
      return yield* done(run, task, lost.from, lost.intent);
    }
    throw unsettled(lost, []);
  }
  if (!ask.holds(to)) return { tag: "nothing-to-move" };
  const deleted = gone || (!task.targetIsNew && (yield* ask.server(run, task.target)) === "gone");
  if (deleted) return yield* deleteTarget(run, task, to.allocations);
  return transfer("already-moved", task.source, task.target, to.allocations);
}

function* toItself(run, { source, target }) {
  const held = yield* settled(run, source, ask.holds);
  return ask.holds(held) ? transfer("already-moved", source, target, held.allocations) : { tag: "nothing-to-move" };
}

/** Reads what a consumer holds, and again after a pause if it is not what is expected. */
function* settled(run, consumer, isExpected) {
  const [held] = yield* ask.holdings(run, consumer);
  if (isExpected(held)) return held;
  run.because("confirm", "this is not expected: read again after a pause, a replica may be behind");
  yield* ask.pause(run, CATCH_UP);
  return (yield* ask.holdings(run, consumer))[0];
}

function transfer(tag, source, target, allocations) {
  return { tag, val: { source, target, allocations } };
}

function unsettled({ at }, holdings) {
  return new Failed({ tag: "unsettled", val: { writeAt: at, holdings } });
}

function leaked(consumer, allocations) {
  return new Failed({ tag: "leaked", val: { consumer, allocations } });
}

/** A failure of this policy's own, for an operator. */
function operator(code, text) {
  return new Failed({ tag: "other", val: { code, text, needsOperator: true } });
}
