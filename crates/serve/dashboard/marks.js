// What a trend is doing, in a word and a shape, so that no meaning hangs on a colour alone.
import { element } from './dom.js';
import { share } from './format.js';

const STATUSES = {
  started: ['◆', 'new'],
  rising: ['▲', 'rising'],
  peaking: ['●', 'steady'],
  fading: ['▼', 'fading'],
  ended: ['■', 'ended'],
};

/** Below this share of people who look like people who talk, the reader is warned. */
const ORGANIC_WARNING = 0.6;

/** Where it is in its life. */
export function statusMark(status) {
  const [shape, word] = STATUSES[status] ?? ['·', status];
  return element('span', { class: `mark status-${status}` }, element('span', { 'aria-hidden': 'true' }, shape), ` ${word}`);
}

/** That an alert is open, or nothing. */
export function alertMark(trend) {
  if (!trend.is_alerting) return null;
  return element('span', { class: 'mark alerting', title: 'Strong enough for an alert' },
    element('span', { 'aria-hidden': 'true' }, '!'), ' alert');
}

export function isPushed({ organic_share: organic }) {
  return Number.isFinite(organic) && organic < ORGANIC_WARNING;
}

/** That somebody may be pushing it, or nothing. */
export function organicMark(trend) {
  if (!isPushed(trend)) return null;
  return element('span', { class: 'mark pushed', title: 'Many of its posts look like copies, or come from accounts made for it' },
    element('span', { 'aria-hidden': 'true' }, '⚠'), ` ${share(trend.organic_share)} organic`);
}

/** Places gained or lost since the window before: `[text, words, direction]`. */
export function rankChange(change) {
  if (change === null || change === undefined) return ['new', 'new in the list', 'new'];
  if (change > 0) return [`▲${change}`, `up ${change}`, 'up'];
  if (change < 0) return [`▼${-change}`, `down ${-change}`, 'down'];
  return ['=', 'same place', 'same'];
}
