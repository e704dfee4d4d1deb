// The one live region: says little, and not often, to those who listen rather than look.
import { setText } from './dom.js';

/** A reader should be able to finish a sentence of something else in between. */
const PAUSE_MILLIS = 20_000;

const region = document.getElementById('announcer');
let last = -Infinity;

/** Says it, unless something was said a moment ago. */
export function announce(sentence) {
  const now = performance.now();
  if (now - last < PAUSE_MILLIS) return;
  last = now;
  setText(region, sentence);
}
