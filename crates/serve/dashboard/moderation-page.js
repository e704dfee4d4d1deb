// For those who have a token: what trends, with buttons to hide it; what is hidden, reported, decided; who did what.
import { keywordOf } from './address.js';
import { getJson } from './api.js';
import { ACTIONS, decide, decideButton, line } from './decisions.js';
import { element, setText } from './dom.js';
import { foreign } from './foreign.js';
import { counted, languageName, moment } from './format.js';
import { follow } from './live.js';
import { signInForm, signOut, whoIsThere } from './session.js';

/** What others decide and report meanwhile. */
const REFRESH_MILLIS = 5000;
const AUDIT_PAGE = 20;

const KINDS = [['block', 'Block: never shown'], ['hold', 'Hold: not shown until somebody decides'], ['allow', 'Allow: shown although another pattern hides it']];
const HOURS = [['', 'until released'], ['1', 'for an hour'], ['24', 'for a day'], ['168', 'for a week']];

function card(title, hint, ...content) {
  return element('section', { class: 'card' }, element('h2', {}, title), element('p', { class: 'muted' }, hint), ...content);
}

function list(emptyWords) {
  const root = element('ul', { class: 'entries' });
  return {
    root,
    show(entries) {
      // Rows are made anew only when they differ, so that a button under the pointer stays.
      const key = JSON.stringify(entries.map(({ key: own }) => own));
      if (root.dataset.key === key) return;
      root.dataset.key = key;
      root.replaceChildren(...(entries.length > 0 ? entries.map(({ make }) => make()) : [element('li', { class: 'muted' }, emptyWords)]));
    },
  };
}

function words({ reason, by, at, expires_at: end }) {
  return [`by ${by}, ${moment(at)}`, end ? `until ${moment(end)}` : null, reason || null].filter(Boolean).join(' · ');
}

/** The page, filled into `main`: `{ show(), close() }`. */
export function moderationPage(main) {
  let timer = null;
  let stop = () => {};
  let cursor = null;
  let isClosed = false;

  const said = element('p', { class: 'said', role: 'status' });
  const trends = list('Nothing trends.');
  const hidden = list('Nothing that trends now is hidden.');
  const reports = list('Nobody has reported anything.');
  const decisions = list('No decision stands.');
  const audit = element('ul', { class: 'entries' });
  const more = element('button', { type: 'button', hidden: true, onclick: () => showAudit(cursor) }, 'Earlier');

  async function perform(call) {
    setText(said, '');
    try {
      const done = await call();
      setText(said, `Done: ${ACTIONS[done.action] ?? 'changed'}.`);
      await refresh();
      await showAudit(null);
    } catch (refused) {
      setText(said, `That did not work: ${refused.message}.`);
    }
  }

  const button = (action, label, pattern) => decideButton(action, label, pattern, perform);

  function showTrends({ trends: now }) {
    trends.show(now.map((trend) => {
      const pattern = keywordOf(trend);
      return {
        key: pattern,
        make: () => line(trend.keyword, `${trend.kind}, ${languageName(trend.language)}`, button('hold', 'Hold', pattern), button('block', 'Block', pattern)),
      };
    }));
  }

  async function refresh() {
    const answer = await getJson('/api/v1/moderation');
    hidden.show(answer.hidden.map((trend) => {
      const pattern = keywordOf(trend);
      return {
        key: [pattern, trend.is_held],
        make: () => line(trend.keyword, `${trend.is_held ? 'waits for a decision' : 'blocked'} · ${trend.kind}, ${languageName(trend.language)}, ${counted(trend.frequency, 'post')}`,
          button('allow', 'Allow', pattern), trend.is_held && button('block', 'Block', pattern)),
      };
    }));
    reports.show(answer.reports.map((report) => ({
      key: report.offset,
      make: () => line(report.pattern, words(report), button('hold', 'Hold', report.pattern), button('block', 'Block', report.pattern), button('dismiss', 'Dismiss', report.pattern)),
    })));
    decisions.show(answer.decisions.map((decision) => ({
      key: decision.offset,
      make: () => line(decision.pattern, `${ACTIONS[decision.action]} ${words(decision)}`, button('release', 'Release', decision.pattern),
        decision.action === 'hold' && button('block', 'Block', decision.pattern)),
    })));
  }

  async function showAudit(before) {
    const answer = await getJson('/api/v1/moderation/audit', { limit: AUDIT_PAGE, cursor: before });
    const rows = answer.entries.map((entry) => element('li', { class: 'entry' },
      element('div', { class: 'about' }, element('b', {}, ACTIONS[entry.action]), ' ', foreign(entry.pattern, 'name'), element('p', { class: 'muted' }, words(entry)))));
    if (before === null) audit.replaceChildren(...rows);
    else audit.append(...rows);
    cursor = answer.next_cursor ?? null;
    more.hidden = cursor === null;
  }

  function decisionForm() {
    const options = (pairs) => pairs.map(([value, text]) => element('option', { value }, text));
    const pattern = element('input', { id: 'pattern', required: true, maxlength: 500, placeholder: 'word, start*, #tag, ja:word, /regex/' });
    const action = element('select', { id: 'action' }, options(KINDS));
    const hours = element('select', { id: 'hours' }, options(HOURS));
    const reason = element('input', { id: 'reason', maxlength: 500 });
    const label = (id, text, field) => element('div', {}, element('label', { for: id }, text), field);
    const submit = async (event) => {
      event.preventDefault();
      const end = hours.value ? new Date(Date.now() + Number(hours.value) * 3_600_000).toISOString() : null;
      await perform(async () => {
        const done = await decide({ action: action.value, pattern: pattern.value, reason: reason.value, expires_at: end });
        pattern.value = '';
        reason.value = '';
        return done;
      });
    };
    return element('form', { class: 'decide', onsubmit: submit }, label('pattern', 'Keywords', pattern), label('action', 'Decision', action),
      label('hours', 'How long', hours), label('reason', 'Why', reason), element('button', { class: 'primary' }, 'Decide'));
  }

  async function leave() {
    await signOut();
    await show();
  }

  function showSignIn(who) {
    const sentence = who.writing_is_possible || who.reading_needs_token
      ? 'The token that you were given; it is not kept in this browser, and you stay signed in for twelve hours.'
      : 'No token is set that may decide. On the server, `skytrend token new NAME` makes one and says what to do with it.';
    main.replaceChildren(element('div', { class: 'intro' }, element('h1', {}, 'Moderation')), signInForm(sentence, show));
  }

  async function show() {
    clearInterval(timer);
    stop();
    document.title = 'Moderation · skytrend';
    let who;
    try {
      who = await whoIsThere();
    } catch (refused) {
      main.replaceChildren(element('p', { class: 'notice' }, `${refused.message}.`));
      return;
    }
    if (isClosed) return;
    if (who.rights === null) {
      showSignIn(who);
      return;
    }
    const signedIn = element('p', {}, `Signed in as ${who.name}. `, element('button', { type: 'button', onclick: leave }, 'Sign out'));
    if (who.rights !== 'write') {
      main.replaceChildren(element('div', { class: 'intro' }, element('h1', {}, 'Moderation'), signedIn),
        element('p', { class: 'muted' }, 'With this token you may look at the trends; only one with the right to write may decide.'));
      return;
    }
    main.replaceChildren(element('div', { class: 'intro' }, element('h1', {}, 'Moderation'), signedIn), said,
      card('Decide about keywords', 'It takes effect at once, in every list, stream and feed. The detector goes on counting.', decisionForm()),
      element('div', { class: 'columns moderation' },
        card('Trends now', 'What everybody sees.', trends.root),
        card('Hidden trends', 'What would trend now. Those that are held wait for a decision.', hidden.root),
        card('Reports', 'What readers think should be looked at.', reports.root),
        card('Decisions in force', 'The newest first.', decisions.root)),
      card('Audit log', 'Who did what, the newest first.', audit, more));
    stop = follow({}, { onTrends: showTrends });
    timer = setInterval(() => { if (!document.hidden) refresh().catch(() => {}); }, REFRESH_MILLIS);
    await Promise.all([refresh(), showAudit(null)]).catch((refused) => setText(said, `${refused.message}.`));
  }

  return {
    show,
    close() {
      isClosed = true;
      clearInterval(timer);
      stop();
    },
  };
}
