// What the page shows stands in its address, so that it can be kept, sent and gone back to.
//
//   /                   the trends:   window, language, kind, watchlist, at
//   /trend/<keyword>    one keyword:  window, at
//   /pipeline           how the pipeline is doing
//   /watchlists         the watchlists, and changing them
//   /moderation         what is decided about keywords; signing in

const FILTERS = ['window', 'language', 'kind', 'watchlist', 'at'];
let listener = () => {};

/** The address as `{ page, keyword, window, language, kind, watchlist, at }`; what isn't set is ''. */
export function current() {
  const { pathname, search } = window.location;
  const query = new URLSearchParams(search);
  const address = { page: 'trends', keyword: '' };
  for (const name of FILTERS) address[name] = query.get(name) ?? '';
  if (['/pipeline', '/watchlists', '/moderation'].includes(pathname)) address.page = pathname.slice(1);
  else if (pathname.startsWith('/trend/')) {
    address.page = 'trend';
    address.keyword = decoded(pathname.slice('/trend/'.length));
  }
  return address;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function withQuery(path, parameters) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value)).toString();
  return query ? `${path}?${query}` : path;
}

/** The list of trends with these filters. */
export function trendsHref({ window: kindOfWindow, language, kind, watchlist, at }) {
  return withQuery('/', { window: kindOfWindow, language, kind, watchlist, at });
}

/** A keyword's page; as the API, `#` in front means the hashtag. */
export function trendHref(keyword, { window: kindOfWindow, at } = {}) {
  return withQuery(`/trend/${encodeURIComponent(keyword)}`, { window: kindOfWindow, at });
}

/** How a trend is named in an address: by its normalized keyword, which stays while its spelling varies. */
export function keywordOf({ kind, normalized_keyword: normalized }) {
  return kind === 'hashtag' ? `#${normalized}` : normalized;
}

/** Calls back whenever the address changes. */
export function onChange(callback) {
  listener = callback;
  window.addEventListener('popstate', () => listener(current()));
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href^="/"]');
    const plainClick = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !plainClick || /^\/api(\/|$)/.test(link.pathname)) return;
    event.preventDefault();
    go(link.getAttribute('href'));
  });
}

/** Goes there; `replace` where going back should not stop in between. */
export function go(href, { replace = false } = {}) {
  if (replace) window.history.replaceState(null, '', href);
  else window.history.pushState(null, '', href);
  listener(current());
}
