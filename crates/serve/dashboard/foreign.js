// Texts of strangers: keywords and posts. What they hold must not reach beyond their own box, neither by direction
// (each is isolated), nor by height (marks piled on one letter are cut), nor by size (length has a limit).
import { element } from './dom.js';

/** A post has at most 3,000 bytes; what is longer did not come from one. */
const CHARACTERS_MAX = 3000;

/** No orthography stacks more marks on a letter; thousands of them only serve to draw over others. */
const TOO_MANY_MARKS = /(\p{M}{8})\p{M}+/gu;

/** Overrides and embeddings; where a text can't be isolated, as in a window's title, they would turn what follows. */
const BIDI_CONTROLS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

function tamed(text) {
  return String(text ?? '').slice(0, CHARACTERS_MAX).replace(TOO_MANY_MARKS, '$1');
}

/** The text in an element that isolates its direction. */
export function foreign(text, className = '') {
  return element('bdi', { class: `foreign ${className}`.trim(), dir: 'auto' }, tamed(text));
}

/** Puts another text into an element made by `foreign`. */
export function setForeign(node, text) {
  const next = tamed(text);
  if (node.textContent !== next) node.textContent = next;
}

/** The text for places that know no isolation: titles, labels, announcements. */
export function plain(text) {
  return tamed(text).replace(BIDI_CONTROLS, '').slice(0, 120);
}
