// Looking back: a control that chooses a moment, and the banner that says one looks at the past. Moments are event
// time; "now" is the end of the newest window, because in a simulation the reader's clock says something else.
import { element, setText } from './dom.js';
import { iso, moment } from './format.js';

const MINUTE = 60e6;
const STEPS = [['An hour ago', 60 * MINUTE], ['A day ago', 24 * 60 * MINUTE], ['A week ago', 7 * 24 * 60 * MINUTE]];

/** `2025-03-01T13:10`, in the reader's zone, as the field wants it. */
function forField(micros) {
  const date = new Date(micros / 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** An address's `at` (RFC 3339 or microseconds) in microseconds; null where it is neither. */
export function parseMoment(text) {
  if (/^\d+$/.test(text)) return Number(text);
  const millis = Date.parse(text);
  return Number.isNaN(millis) ? null : millis * 1000;
}

/** `{ control, banner, show(address, newestEnd, shownEnd) }`; `onChoose(at)` with RFC 3339, or '' for now. */
export function timeTravel(onChoose) {
  let newest = null;
  let shown = null;
  const choose = (micros) => onChoose(newest !== null && micros >= newest ? '' : iso(micros));

  const field = element('input', { type: 'datetime-local', id: 'moment', required: true });
  const form = element('form', {
    class: 'moment', onsubmit: (event) => {
      event.preventDefault();
      const micros = parseMoment(field.value);
      if (micros !== null) { details.open = false; choose(micros); }
    },
  }, element('label', { for: 'moment' }, 'Trends as of'), field, element('button', {}, 'Show'));
  const steps = STEPS.map(([text, back]) => element('button', {
    type: 'button', onclick: () => { details.open = false; choose((newest ?? Date.now() * 1000) - back); },
  }, text));
  const details = element('details', {
    class: 'look-back', ontoggle: () => { if (details.open) field.value = forField(shown ?? newest ?? Date.now() * 1000); },
    onkeydown: (event) => {
      if (event.key !== 'Escape' || !details.open) return;
      event.preventDefault();
      details.open = false;
      details.firstElementChild.focus();
    },
  }, element('summary', {}, '↺ Look back'), element('div', { class: 'popover' }, form, element('p', { class: 'steps' }, steps)));

  const when = element('strong');
  const step = (text, label, by) => element('button', { type: 'button', 'aria-label': label, onclick: () => shown !== null && choose(shown + by) }, text);
  const banner = element('div', { class: 'banner past', role: 'status', hidden: true },
    element('span', {}, element('span', { 'aria-hidden': 'true' }, '↺ '), 'You look at the past: ', when), ' ',
    element('span', { class: 'steps' },
      step('−1 h', 'One hour earlier', -60 * MINUTE), step('−10 min', 'Ten minutes earlier', -10 * MINUTE),
      step('+10 min', 'Ten minutes later', 10 * MINUTE), step('+1 h', 'One hour later', 60 * MINUTE),
      element('button', { type: 'button', class: 'primary', onclick: () => onChoose('') }, 'Back to now')));

  function show({ at }, newestEnd, shownEnd) {
    newest = newestEnd ?? newest;
    const asked = at ? parseMoment(at) : null;
    shown = asked === null ? null : shownEnd ?? asked;
    banner.hidden = at === '';
    if (at !== '') setText(when, shown === null ? 'a moment that is no date' : moment(shown));
  }

  return { control: details, banner, show };
}
