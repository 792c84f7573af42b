// The places of the browser's history: where Back and Forward lead.
import { moving } from "./store";

/// Browsers slow down a page that makes more than 100 places in ten seconds. Some are saved up, and faster steps share one.
const SAVED_UP = 40;
const PER_SECOND = 8;
const QUIET_MS = 200;
export const places = {
  left: SAVED_UP,
  since: 0,
  /// The next writing is no new place: what is shown was read from the address.
  wasRead: false,
};
let quiet: ReturnType<typeof setTimeout> | undefined;

function mayPush(): boolean {
  const now = performance.now();
  places.left = Math.min(SAVED_UP, places.left + ((now - places.since) / 1000) * PER_SECOND);
  places.since = now;
  if (places.left < 1) return false;
  places.left--;
  return true;
}

/// Makes this the fragment of the address: a new place to go back to, unless it belongs to the one before.
export function write(text: string): void {
  const wanted = text ? `#${text}` : location.pathname + location.search;
  const same = (text ? `#${text}` : "") === location.hash;
  clearTimeout(quiet);
  const old = places.wasRead;
  places.wasRead = false;
  if (same) return;
  if (old) history.replaceState(null, "", wanted);
  else if (moving.current || !mayPush()) quiet = setTimeout(() => history.replaceState(null, "", wanted), QUIET_MS);
  else history.pushState(null, "", wanted);
}
