// The first page: filters, the moment, and the ranked trends, live or as of a moment of the past.
import { go, trendsHref } from './address.js';
import { announce } from './announce.js';
import { getJson } from './api.js';
import { element, setText } from './dom.js';
import { filters } from './filters.js';
import { plain } from './foreign.js';
import { clock, counted, duration, moment } from './format.js';
import { follow } from './live.js';
import { isGone, onReturn } from './reachable.js';
import { timeTravel } from './time-travel.js';
import { trendList } from './trend-list.js';
import { showWaiting } from './waiting.js';
import { isWatched, watchlistNames, watchlistPanel } from './watchlist.js';

/** Which languages and watchlists there are changes slowly. */
const CHOICES_MILLIS = 60_000;

/** A window comes each minute; after three without one something stands still. */
const STILL_SECONDS = 180;

/** How much of what is listed, and of when. */
function summarize({ window_start: start, window_end: end, trends }, listed, isPast) {
  if (end === null) return 'No window has closed yet';
  const all = counted(trends.length, 'trend');
  const which = listed === trends.length ? all : `${listed} of ${all}`;
  return `${which} in the ${duration((end - start) / 1e6)} up to ${isPast ? moment(end) : clock(end)}`;
}

/** The page, filled into `main`: `{ show(address), close() }`. */
export function trendsPage(main) {
  let address = null;
  let languages = [];
  let watchlists = [];
  let newest = null; // the end of the newest live window
  let answer = null;
  let since = { window_end: null, posts: {} }; // what has come after a live window
  let receivedAt = 0;
  let leader = null;
  let stop = () => {};

  const choose = (name, value) => go(trendsHref({ ...address, [name]: value }), { replace: name !== 'at' });
  const bar = filters(choose);
  const travel = timeTravel((at) => choose('at', at));
  const panel = watchlistPanel();
  const list = trendList();
  const summary = element('p', { class: 'summary' });
  const freshness = element('p', { class: 'freshness' });
  const waiting = element('section', { class: 'card waiting', 'aria-label': 'No trends', hidden: true });
  main.replaceChildren(
    element('div', { class: 'intro' },
      element('h1', {}, 'Trends on Bluesky'),
      element('p', {}, 'What people post about more than usual. ×5 means five times as many people as usual, +12 that twelve more posts have come since the window ended.')),
    element('div', { class: 'bar' }, bar.root, travel.control),
    travel.banner,
    element('div', { class: 'line' }, summary, freshness),
    panel.root, list.root, waiting);

  async function render() {
    const of = address;
    const terms = of.at ? [] : await panel.load(of.watchlist, of.window);
    if (of.at) panel.root.hidden = true;
    if (of !== address || answer === null) return;
    const trends = answer.trends.filter((trend) => (!of.kind || trend.kind === of.kind)
      && (!of.watchlist || of.at || isWatched(trend, terms)));
    list.show(trends, answer.window_end, { window: of.window, at: of.at && answer.window_end ? of.at : '' });
    list.showSince(of.at || since.window_end !== answer.window_end ? {} : since.posts);
    travel.show(of, newest, answer.window_end);
    bar.show(of, languages, watchlists);
    const isFiltered = Boolean(of.kind || of.language || of.watchlist);
    setText(summary, summarize(answer, trends.length, of.at));
    list.root.hidden = trends.length === 0;
    waiting.hidden = trends.length > 0;
    if (trends.length === 0) {
      showWaiting(waiting, { isFiltered, clearHref: trendsHref({ window: of.window, at: of.at }), matching: answer.generated_from.trends });
    }
    tell(trends[0]);
  }

  function tell(first) {
    const key = first?.topic_id ?? null;
    if (leader !== null && key !== null && key !== leader) announce(`Now first: ${plain(first.keyword)}`);
    leader = key;
  }

  function showFreshness() {
    const seconds = (performance.now() - receivedAt) / 1000;
    const isLive = Boolean(address && !address.at && answer?.window_end && !isGone());
    const isStill = isLive && seconds > STILL_SECONDS;
    freshness.classList.toggle('warning', isStill);
    if (!isLive) setText(freshness, '');
    else if (isStill) setText(freshness, `⚠ no new window for ${duration(seconds)}`);
    else setText(freshness, `● live · newest window came ${seconds < 5 ? 'just now' : `${duration(seconds)} ago`}`);
  }

  function receive(next) {
    if (next.window_end !== answer?.window_end) receivedAt = performance.now();
    answer = next;
    newest = Math.max(newest ?? 0, next.window_end ?? 0) || null;
    render();
    showFreshness();
  }

  function receiveCounts(counts) {
    since = counts;
    if (counts.window_end === answer?.window_end) list.showSince(counts.posts);
  }

  function refuse(refused) {
    list.root.hidden = true;
    waiting.hidden = false;
    const isTooOld = refused.status === 404;
    waiting.replaceChildren(
      element('h2', {}, isTooOld ? 'Nothing is kept from so long ago' : 'This can’t be shown'),
      element('p', {}, `The server says: ${refused.message}. `, element('a', { href: trendsHref({ ...address, at: '' }) }, 'Back to now')));
    setText(summary, '');
  }

  async function lookBack() {
    const of = address;
    try {
      const then = await getJson('/api/v1/trends', { window: of.window, language: of.language, limit: 50, as_of: of.at });
      if (of !== address) return;
      answer = then;
      render();
    } catch (refused) {
      if (of === address) refuse(refused);
    }
  }

  async function loadChoices() {
    try {
      const all = await getJson('/api/v1/trends', { limit: 500 });
      const seen = [...languages, ...all.trends.map(({ language }) => language)];
      languages = [...new Set(seen)];
      newest = Math.max(newest ?? 0, all.window_end ?? 0) || null;
      watchlists = await watchlistNames();
      if (address) bar.show(address, languages, watchlists);
    } catch {
      // The choices stay as they are; the list itself says what is wrong.
    }
  }

  function show(next) {
    stop();
    address = next;
    answer = null;
    since = { window_end: null, posts: {} };
    leader = null;
    bar.show(address, languages, watchlists);
    travel.show(address, newest, null);
    showFreshness();
    document.title = 'Trends · skytrend';
    if (address.at) {
      stop = onReturn(lookBack);
      lookBack();
    } else {
      stop = follow({ window: address.window, language: address.language }, {
        onTrends: receive, onCounts: receiveCounts, onProblem: refuse,
        onAlert: (alert) => { if (alert.kind === 'started') announce(`Alert: ${plain(alert.keyword)}`); },
      });
    }
  }

  loadChoices();
  const choicesTimer = setInterval(loadChoices, CHOICES_MILLIS);
  const freshnessTimer = setInterval(showFreshness, 1000);
  return {
    show,
    close() {
      stop();
      clearInterval(choicesTimer);
      clearInterval(freshnessTimer);
      address = null;
    },
  };
}
