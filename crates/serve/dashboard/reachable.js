// Whether the server answers, and the banner that says since when it doesn't. Every request reports here.
import { element, setText } from './dom.js';
import { clock, duration } from './format.js';

/** A page that is open should say so soon; a server that is down should not be hammered. */
const RETRY_MILLIS = 3000;

const banner = document.getElementById('unreachable');
const callbacks = new Set();
let goneSince = null;
let timer = null;

/** An answer came, whatever it said. */
export function answered() {
  if (goneSince === null) return;
  goneSince = null;
  clearInterval(timer);
  banner.hidden = true;
  for (const callback of callbacks) callback();
}

/** No answer came. */
export function unanswered() {
  if (goneSince !== null) return;
  goneSince = Date.now();
  // Said once to screen readers; the seconds are for the eye.
  const counter = element('span', { 'aria-hidden': 'true' });
  const since = clock(goneSince * 1000);
  banner.replaceChildren(`skytrend hasn't answered since ${since}. What you see is from before. It is asked again and again. `, counter);
  banner.hidden = false;
  timer = setInterval(() => {
    setText(counter, `(${duration((Date.now() - goneSince) / 1000)})`);
    check();
  }, RETRY_MILLIS);
}

export function isGone() {
  return goneSince !== null;
}

/** Asks whether it answers; for those who have only a doubt. */
export async function check() {
  try {
    await fetch('/health/live', { cache: 'no-store', signal: AbortSignal.timeout(RETRY_MILLIS) });
    answered();
  } catch {
    unanswered();
  }
}

/** Calls back when the server answers again; returns what ends that. */
export function onReturn(callback) {
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}
