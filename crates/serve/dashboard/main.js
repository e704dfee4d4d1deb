// Which page the address asks for, and what all pages share: navigation, search, theme, keys.
import { current, go, onChange, trendsHref } from './address.js';
import { getJson, onTokenNeeded } from './api.js';
import { bindKeys } from './keyboard.js';
import { moderationPage } from './moderation-page.js';
import { pipelinePage } from './pipeline-page.js';
import { bindSearch } from './search.js';
import { bindThemeButton } from './theme.js';
import { trendPage } from './trend-page.js';
import { trendsPage } from './trends-page.js';
import { watchlistsPage } from './watchlists-page.js';

const PAGES = { trends: trendsPage, trend: trendPage, pipeline: pipelinePage, watchlists: watchlistsPage, moderation: moderationPage };
const byId = (id) => document.getElementById(id);
const main = byId('main');
let page = null;
let pageName = '';
let listHref = '/'; // the list as it was left, with its filters

function show(address) {
  if (address.page === 'trends') listHref = trendsHref(address);
  if (address.page !== pageName) {
    const isFirst = page === null;
    page?.close();
    pageName = address.page;
    page = PAGES[pageName](main, () => listHref);
    for (const link of document.querySelectorAll('nav a')) {
      if (link.dataset.page === pageName) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    // A reader by ear or keyboard goes on at the new page's beginning.
    if (!isFirst) {
      main.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
  }
  page.show(address);
}

onChange(show);
// Where reading needs a token, one signs in on the page of moderation.
onTokenNeeded(() => { if (pageName !== 'moderation') go('/moderation', { replace: true }); });
bindThemeButton(byId('theme'));
bindSearch(byId('search'), byId('search-text'), byId('search-found'));
bindKeys({
  searchField: byId('search-text'),
  helpDialog: byId('keys-dialog'),
  helpButton: byId('keys'),
  leave: () => (pageName === 'trends' ? null : listHref),
});
show(current());

// Who sees the demo must not take it for the network.
getJson('/api/v1/status').then(({ simulated_speed: speed }) => {
  if (speed === null || speed === undefined) return;
  byId('simulated').textContent = `simulated, ${speed} ×`;
  byId('simulated').hidden = false;
}).catch(() => {});
