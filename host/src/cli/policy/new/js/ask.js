// The effects that the rules ask for, and what their replies mean.

import { Failed } from "./replay.js";

/** Reads what several consumers hold, at the same time. */
export function* holdings(run, ...consumers) {
  const replies = yield consumers.map((consumer) => ({ tag: "get-allocations", val: { consumer } }));
  return replies.map((reply, index) => read(run, reply, consumers.length - index));
}

function read(run, { tag, val }, back) {
  switch (tag) {
    case "holding":
      return val;
    case "refused":
      throw new Failed({ tag: "allocation-retrieval-failed", val });
    case "foreign":
      throw new Failed({ tag: "malformed-answer", val });
    case "unreachable":
      throw new Failed({ tag: "unreachable", val });
    default:
      throw run.unexpected(back);
  }
}

/** True if the consumer holds something. */
export function holds(holding) {
  return holding.allocations.length > 0;
}

/**
 * Performs a write. Its result is "done", "refused" (another writer was first: read and decide again), or "lost" (it is not
 * known whether it was done). Any other reply fails the task.
 */
export function* write(run, effect) {
  const { tag, val } = yield effect;
  switch (tag) {
    case "written":
      return { result: "done" };
    case "lost":
      return { result: "lost" };
    case "refused":
      // Placement answers 5xx after any exception, also after one that follows its commit.
      if (val.status >= 500) return { result: "lost" };
      if (val.code === "placement.concurrent_update") return { result: "refused", refusal: val };
      throw new Failed({ tag: effect.tag === "delete-allocations" ? "allocation-delete-failed" : "refused", val });
    case "foreign":
      // A proxy's own 4xx shows that it did not forward the request; any other status shows nothing.
      if (val.status >= 400 && val.status < 500) throw new Failed({ tag: "malformed-answer", val });
      return { result: "lost" };
    case "unreachable":
      throw new Failed({ tag: "unreachable", val });
    default:
      throw run.unexpected();
  }
}

/** Gives the target all that the source holds, and the source nothing, in one write. */
export function transfer(from, to) {
  return { tag: "post-allocations", val: { consumers: [entry(from, from, []), entry(from, to, from.allocations)] } };
}

/** These hold nothing after this write; those that hold nothing now are left out. */
export function removal(...consumers) {
  const held = consumers.filter(holds);
  if (held.length > 1) {
    return { tag: "post-allocations", val: { consumers: held.map((one) => entry(one, one, [])) } };
  }
  const [{ consumer, owner }] = held;
  return { tag: "delete-allocations", val: { consumer, ...owner } };
}

/** The consumer of `to` holds these allocations after the write, at the generation that was read. */
function entry({ owner: { project, user } }, to, allocations) {
  return { consumer: to.consumer, project, user, generation: to.owner ? to.owner.generation : null, allocations };
}

/** Asks nova whether the server exists: "present", "gone", "deleting" or "unknown". No answer means "unknown", too. */
export function* server(run, id) {
  const { tag, val } = yield { tag: "find-server", val: { server: id } };
  switch (tag) {
    case "server":
      return val.state;
    case "unreachable":
    case "abandoned":
      return "unknown";
    default:
      throw run.unexpected();
  }
}

/** Asks nova on which compute node the server is. */
export function* computeNode(run, server) {
  const { tag, val } = yield { tag: "find-compute-node", val: { server } };
  switch (tag) {
    case "compute-node":
      if (val.node === null) throw new Failed({ tag: "compute-host-not-found", val: { server } });
      return val.node;
    case "unreachable":
    case "abandoned":
      throw new Failed({ tag: "unreachable", val });
    default:
      throw run.unexpected();
  }
}

/** Waits, so that other writers can finish. The host draws the time. */
export function* pause(run, upToMs) {
  const { tag } = yield { tag: "pause", val: { upToMs } };
  if (tag !== "paused") throw run.unexpected();
}
