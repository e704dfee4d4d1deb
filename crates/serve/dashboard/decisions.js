// Calls and words of moderation.
import { keywordOf } from './address.js';
import { sendJson } from './api.js';
import { element } from './dom.js';
import { foreign } from './foreign.js';

export const ACTIONS = {
  block: 'blocked', hold: 'held', allow: 'allowed', release: 'released', report: 'reported', dismiss: 'dismissed',
};

export const decide = (decision) => sendJson('POST', '/api/v1/moderation/decisions', decision);

export const report = (trend, reason) =>
  sendJson('POST', '/api/v1/moderation/reports', { keyword: keywordOf(trend), kind: trend.kind, reason });

/** A button that decides about a pattern and then calls back; `sentence` is what a reader by ear hears. */
export function decideButton(action, label, pattern, onDone) {
  return element('button', {
    type: 'button', 'data-action': action, 'aria-label': `${label} ${pattern}`, onclick: () => onDone(() => decide({ action, pattern })),
  }, label);
}

/** One line: what it is about, what is known of it, what can be done. */
export function line(text, words, ...buttons) {
  return element('li', { class: 'entry' }, element('div', { class: 'about' }, foreign(text, 'name'), element('p', { class: 'muted' }, words)),
    element('div', { class: 'actions' }, buttons));
}
