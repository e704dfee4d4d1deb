// The watchlists: what is counted of each now; and for those who may write, adding, changing and removing them.
import { trendsHref } from './address.js';
import { getJson, sendJson } from './api.js';
import { element, setText } from './dom.js';
import { foreign } from './foreign.js';
import { counted, moment } from './format.js';
import { whoIsThere } from './session.js';
import { watchlistForm } from './watchlist-form.js';

/** Windows close meanwhile, and others change lists. */
const REFRESH_MILLIS = 5000;

const at = (name) => `/api/v1/watchlists/${encodeURIComponent(name)}`;

/** What is known of a list, in a line. */
function words({ origin, sliding, is_counted: isCounted, left_out: leftOut, changed_at: changedAt, changed_by: by }) {
  const posts = sliding ? `${counted(sliding.count, 'post')} by ${counted(sliding.unique_authors, 'person', 'people')} in the newest window` : 'not counted in a window yet';
  const change = changedAt ? `changed ${moment(changedAt)}${by ? ` by ${by}` : ''}` : null;
  const where = origin === 'settings' ? 'in the settings' : null;
  const trouble = leftOut ? `${origin === 'settings' ? 'another one, put here, is' : ''} not watched: ${leftOut}`.trim() : isCounted === false && 'the detector has not taken it up yet';
  return [posts, where, change, trouble || null].filter(Boolean).join(' · ');
}

/** The page, filled into `main`: `{ show(), close() }`. */
export function watchlistsPage(main) {
  let timer = null;
  let isClosed = false;
  let mayWrite = false;
  let shown = '';
  const said = element('p', { class: 'said', role: 'status' });
  const rows = element('ul', { class: 'entries lists' });
  const form = watchlistForm(async (sentence) => {
    setText(said, sentence);
    await refresh(true);
  });

  async function perform(call) {
    try {
      const sentence = await call();
      setText(said, sentence ?? '');
      if (sentence) await refresh(true);
    } catch (refused) {
      setText(said, `That did not work: ${refused.message}.`);
    }
  }

  function removeButton(name) {
    let isAsked = false;
    const say = (text, label) => {
      setText(button, text);
      button.setAttribute('aria-label', label);
    };
    const rest = () => {
      isAsked = false;
      say('Remove', `Remove ${name}`);
    };
    const button = element('button', {
      type: 'button',
      onblur: rest,
      'aria-label': `Remove ${name}`,
      onclick: () => {
        // Nothing brings a list's past back: the second press removes it.
        if (!isAsked) {
          isAsked = true;
          say('Really remove?', `Really remove ${name}`);
          return;
        }
        rest();
        perform(async () => {
          const answer = await sendJson('DELETE', at(name));
          return answer ? `${name}: ${answer.detail}.` : `${name} is removed.`;
        });
      },
    }, 'Remove');
    return button;
  }

  function row(list) {
    const change = () => perform(async () => { form.edit(await getJson(at(list.name))); });
    const isOpen = list.open_alert !== null;
    const buttons = mayWrite && (list.origin === 'api' || list.left_out !== null)
      ? [element('button', { type: 'button', 'aria-label': `Change ${list.name}`, onclick: change }, 'Change'), ' ', removeButton(list.name)]
      : [];
    return element('li', { class: 'entry', 'data-list': list.name },
      element('div', { class: 'about' }, foreign(list.name, 'name'), isOpen && element('span', { class: 'mark alerting' }, '! alert'), element('p', { class: 'muted' }, words(list))),
      element('div', { class: 'actions' }, element('a', { href: trendsHref({ watchlist: list.name }), 'aria-label': `Trends of ${list.name}` }, 'Trends'), ' ', buttons));
  }

  async function refresh(isChanged = false) {
    const { watchlists } = await getJson('/api/v1/watchlists');
    if (isClosed) return;
    // Rows stay where nothing has changed, and while somebody is on a button of them.
    const next = JSON.stringify([mayWrite, watchlists]);
    const isHeld = rows.contains(document.activeElement);
    if (next === shown || (isHeld && !isChanged)) return;
    shown = next;
    rows.replaceChildren(...(watchlists.length > 0 ? watchlists.map(row) : [element('li', { class: 'muted' }, 'There is no watchlist.')]));
    // The button that was pressed is gone.
    if (isHeld) main.focus({ preventScroll: true });
  }

  async function show() {
    clearInterval(timer);
    document.title = 'Watchlists · skytrend';
    try {
      mayWrite = (await whoIsThere()).rights === 'write';
    } catch {
      mayWrite = false;
    }
    if (isClosed) return;
    const signIn = element('p', {}, 'Who may write changes them here: ', element('a', { href: '/moderation' }, 'sign in'), '.');
    main.replaceChildren(
      element('div', { class: 'intro' }, element('h1', {}, 'Watchlists'),
        element('p', {}, 'Counted from their first post on, and with alerts of their own, however small they are.'), mayWrite ? null : signIn),
      said, element('section', { class: 'card', 'aria-label': 'All watchlists' }, rows), ...(mayWrite ? [form.root] : []));
    timer = setInterval(() => { if (!document.hidden) refresh().catch(() => {}); }, REFRESH_MILLIS);
    await refresh().catch((refused) => setText(said, `${refused.message}.`));
  }

  return {
    show,
    close() {
      isClosed = true;
      clearInterval(timer);
    },
  };
}
