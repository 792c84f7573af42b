// Runs a rule over the history of its task.
//
// A rule is a generator function. It yields an effect (or an array of effects that may run at the same time) and gets
// the reply (or an array of replies). The host calls the policy again after every step, with all that has happened so
// far: so the rule runs from its first line each time, over the recorded replies, and gets one step further. A rule must
// take the same path every time: it may use only its task, its settings and the replies.

/** The reply does not answer the effect, so these rules cannot have produced the history. */
class Unexpected extends Error {}

/** The task fails; `failure` is a case of the contract's `failure`. */
export class Failed extends Error {
  constructor(failure) {
    super(failure.tag);
    this.failure = failure;
  }
}

/** What a rule knows of the run: where it is, and why it goes on. */
export class Run {
  constructor(history) {
    this.history = history;
    this.at = 0;
    this.given = [];
  }

  /** Adds a reason to the next step. `text` is shown to people; `code` names the rule in tests and tools. */
  because(code, text, data = {}) {
    this.given.push([code, text, data]);
  }

  /** The reasons as the contract has them. Most are given for recorded steps, and are never read. */
  get reasons() {
    return this.given.map(([code, text, data]) => ({ code, data: JSON.stringify({ text, ...data }) }));
  }

  /** The position in the history of the effect that was answered last. */
  get last() {
    return this.at - 1;
  }

  /** For a reply of a kind that cannot answer the last effect. */
  unexpected(back = 1) {
    this.at -= back;
    return new Unexpected();
  }
}

/** The next step of `rule` after the exchanges of `run`. */
export function nextStep(run, rule) {
  try {
    let next = rule.next();
    while (!next.done) {
      const effects = Array.isArray(next.value) ? next.value : [next.value];
      const recorded = run.history.slice(run.at, run.at + effects.length);
      const wrong = recorded.findIndex((exchange, index) => !same(exchange.effect, effects[index]));
      if (wrong >= 0) return diverged(run.at + wrong, effects[wrong]);
      // If the host ended between the effects of a step, only the first ones are recorded.
      const rest = effects.slice(recorded.length);
      if (rest.length > 0) return { tag: "perform", val: { effects: rest, reasons: run.reasons } };
      run.at += effects.length;
      run.given = [];
      const replies = recorded.map((exchange) => exchange.reply);
      next = rule.next(Array.isArray(next.value) ? replies : replies[0]);
    }
    if (run.at < run.history.length) return diverged(run.at, null);
    return { tag: "finished", val: { outcome: next.value, reasons: run.reasons } };
  } catch (error) {
    if (error instanceof Unexpected) return diverged(run.at, run.history[run.at].effect);
    if (!(error instanceof Failed)) throw error;
    if (run.at < run.history.length) return diverged(run.at, null);
    return { tag: "failed", val: { failure: error.failure, reasons: run.reasons } };
  }
}

function diverged(index, asked) {
  return { tag: "failed", val: { failure: { tag: "diverged", val: { index, asked } }, reasons: [] } };
}

function same(one, other) {
  if (one === other) return true;
  // A field that is none is null from the host, and may be left out by a rule.
  if (one === null || typeof one !== "object" || other === null || typeof other !== "object") {
    return (one ?? null) === (other ?? null);
  }
  for (const key in one) if (!same(one[key], other[key])) return false;
  for (const key in other) if (!(key in one) && (other[key] ?? null) !== null) return false;
  return true;
}
