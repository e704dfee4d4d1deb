// Defines a watchlist: a form that is empty for a new one, or holds one that is to be changed.
import { sendJson } from './api.js';
import { element, setText } from './dom.js';
import { foreign } from './foreign.js';
import { moment } from './format.js';

/** Fields by the names of the API, with what a new list has. */
const FIELDS = {
  name: { label: 'Name', start: '', attributes: { required: true, maxlength: 64, pattern: '[A-Za-z0-9_\\-]+', placeholder: 'letters, digits, - and _' } },
  terms: { label: 'Terms, one a line', start: '', attributes: { required: true, rows: 6, spellcheck: 'false', placeholder: 'word\nstart*\ntwo words\n#tag\n/regular expression/' } },
  languages: { label: 'Languages, by their codes', start: '', attributes: { placeholder: 'all; or: en, de' } },
  alert_posts: { label: 'Alert from so many posts', start: '20', attributes: { type: 'number', required: true, min: 1, step: 1 } },
  alert_growth: { label: '… and so many times what is usual', start: '3', attributes: { type: 'number', required: true, min: 1, max: 1_000_000, step: 'any' } },
  cooldown_minutes: { label: 'Over after so many quiet minutes', start: '30', attributes: { type: 'number', required: true, min: 1, max: 1440, step: 1 } },
};

const parts = (text, separator) => text.split(separator).map((part) => part.trim()).filter((part) => part !== '');

/** What was said of a change, in a sentence. */
function outcome(list) {
  if (list.left_out) return `saved, but not watched: ${list.left_out}`;
  if (list.is_counted === null) return 'saved; the detector of another process takes it up';
  if (!list.is_counted) return 'saved; it is not counted yet';
  if (list.counts_from === null) return 'saved, and counted';
  return `saved; posts after ${moment(list.counts_from)} count`;
}

/** `{ root, edit(list) }`; calls back with a sentence when a list was put. */
export function watchlistForm(onPut) {
  const fields = {};
  let edited = null;
  const heading = element('h2', {});
  const problem = element('p', { class: 'said', role: 'alert' });
  const cancel = element('button', { type: 'button', onclick: () => edit(null) }, 'A new list instead');

  function labelled([name, { label, attributes }]) {
    const id = `list-${name}`;
    fields[name] = element(name === 'terms' ? 'textarea' : 'input', { id, 'aria-describedby': 'list-problem', ...attributes });
    return element('div', { class: name === 'terms' ? 'wide' : '' }, element('label', { for: id }, label), fields[name]);
  }

  function markWrong(name) {
    for (const [of, field] of Object.entries(fields)) field.setAttribute('aria-invalid', String(of === name));
    fields[name]?.focus();
  }

  function edit(list) {
    edited = list;
    heading.replaceChildren(...(list ? ['Change ', foreign(list.name)] : ['A new watchlist']));
    cancel.hidden = !list;
    for (const [name, field] of Object.entries(fields)) field.value = FIELDS[name].start;
    fields.name.readOnly = Boolean(list);
    if (list) {
      const { definition } = list;
      fields.name.value = list.name;
      fields.terms.value = definition.terms.join('\n');
      fields.languages.value = definition.languages.join(', ');
      for (const name of ['alert_posts', 'alert_growth', 'cooldown_minutes']) fields[name].value = definition[name];
      fields.terms.focus();
    }
    setText(problem, '');
    markWrong(null);
  }

  async function submit(event) {
    event.preventDefault();
    setText(problem, '');
    markWrong(null);
    const name = edited?.name ?? fields.name.value.trim();
    const definition = {
      terms: parts(fields.terms.value, '\n'),
      languages: parts(fields.languages.value, /[\s,]+/),
      alert_posts: Number(fields.alert_posts.value),
      alert_growth: Number(fields.alert_growth.value),
      cooldown_minutes: Number(fields.cooldown_minutes.value),
    };
    try {
      const put = await sendJson('PUT', `/api/v1/watchlists/${encodeURIComponent(name)}`, definition);
      edit(null);
      await onPut(`${name} is ${outcome(put)}.`);
    } catch (refused) {
      setText(problem, `That did not work: ${refused.message}.`);
      markWrong(refused.body?.field ?? null);
    }
  }

  problem.id = 'list-problem';
  const root = element('form', { class: 'card', onsubmit: submit }, heading,
    element('div', { class: 'decide' }, Object.entries(FIELDS).map(labelled)),
    problem, element('div', { class: 'actions' }, element('button', { class: 'primary' }, 'Save'), ' ', cancel));
  edit(null);
  return { root, edit };
}
