// One keyword's own page: now, or as of a moment; trending or not. Its address is permanent.
import { go, keywordOf, trendHref } from './address.js';
import { getJson } from './api.js';
import { chart } from './chart.js';
import { pointsOf, pointsOfSparkline, summarize, table } from './chart-words.js';
import { element, setText } from './dom.js';
import { foreign, plain, setForeign } from './foreign.js';
import { report } from './decisions.js';
import { added, counted, iso, languageName, moment } from './format.js';
import { follow } from './live.js';
import { alertMark, organicMark, statusMark } from './marks.js';
import { onReturn } from './reachable.js';
import { reasons } from './reasons.js';
import { samples } from './samples.js';
import { timeTravel } from './time-travel.js';
import { facts } from './trend-facts.js';

const KINDS = { word: 'word', hashtag: 'hashtag', phrase: 'phrase' };

function section(title, ...children) {
  return element('section', { class: 'card' }, element('h2', {}, title), ...children);
}

function chips(keywords, address) {
  return element('ul', { class: 'chips' }, keywords.map((keyword) => element('li', {},
    element('a', { href: trendHref(keyword, { window: address.window }) }, foreign(keyword)))));
}

/** The trend that a keyword names in a list: by itself, or as one of a topic's terms. */
function find(trends, keyword) {
  const wanted = keyword.normalize('NFKC').toLowerCase();
  return trends.find((trend) => keywordOf(trend) === wanted)
    ?? trends.find((trend) => trend.terms.some((term) => term.normalize('NFKC').toLowerCase() === wanted)) ?? null;
}

/** A language's list is never longer: all that are listed of it have their live counts. */
const LISTED_MAX = 100;

/** The page, filled into `main`: `{ show(address), close() }`; `listHref()` is the way back. */
export function trendPage(main, listHref) {
  let address = null;
  let seenEnd = null;
  let stop = () => {};
  let followed = null; // the language whose list is followed
  let topic = null;
  const since = element('span', { class: 'since' });
  const travel = timeTravel((at) => go(trendHref(address.keyword, { ...address, at })));
  const name = foreign('');
  const about = element('p', { class: 'about' });
  const link = element('button', { type: 'button', onclick: copyLink }, 'Copy permanent link');
  const reporting = element('button', { type: 'button', onclick: reportIt }, 'Report');
  const plot = chart();
  const caption = element('figcaption');
  const numbers = element('div', { class: 'table-box', tabindex: '0', role: 'region', 'aria-label': 'The curve as a table' });
  const curve = section('The curve', element('figure', {}, plot.root, caption,
    element('details', {}, element('summary', {}, 'As a table'), numbers)));
  const figures = element('div');
  const details = element('div', { class: 'columns' });
  const missing = element('section', { class: 'card waiting', hidden: true });
  main.replaceChildren(
    element('p', { class: 'back' }, element('a', { href: listHref() }, '← All trends')),
    travel.banner,
    element('div', { class: 'headline' }, element('h1', { class: 'keyword' }, name),
      element('div', { class: 'actions' }, travel.control, link, reporting)),
    about, figures, curve, missing, details);

  async function copyLink() {
    const url = new URL(trendHref(address.keyword, { window: address.window, at: address.at || (seenEnd ? iso(seenEnd) : '') }), window.location.href);
    try {
      await navigator.clipboard.writeText(url.href);
      setText(link, 'Copied');
    } catch {
      window.prompt('The permanent link:', url.href); // no clipboard without a secure context
    }
    setTimeout(() => setText(link, 'Copy permanent link'), 2000);
  }

  async function reportIt() {
    const reason = window.prompt('What is wrong with this trend? Moderators read it.');
    if (reason === null) return;
    const keyword = address.keyword;
    try {
      await report({ kind: keyword.startsWith('#') ? 'hashtag' : 'word', normalized_keyword: keyword.replace(/^#/, '') }, reason.slice(0, 500));
      setText(reporting, 'Reported');
    } catch (refused) {
      setText(reporting, refused.message);
    }
    setTimeout(() => setText(reporting, 'Report'), 2000);
  }

  function showTrend(trend, keyword) {
    const marks = trend ? [statusMark(trend.status), alertMark(trend), organicMark(trend)] : [element('span', { class: 'mark' }, '○ not trending')];
    const kind = KINDS[keyword.kind] ?? 'keyword';
    about.replaceChildren(...marks.filter((mark) => mark !== null), ` ${kind} · ${languageName(keyword.language)}`);
    figures.replaceChildren(trend ? facts(trend, address.at ? null : since) : '');
    if (trend === null) {
      details.replaceChildren();
      return;
    }
    const others = trend.terms.filter((term) => term !== trend.keyword);
    details.replaceChildren(
      section('Why it trends', element('ul', { class: 'reasons' }, reasons(trend).map((reason) => element('li', {}, reason)))),
      section('What people write', samples(trend.sample_posts)),
      ...(others.length > 0 ? [section('The same topic', chips(others, address))] : []),
      ...(trend.related.length > 0 ? [section('Related', chips(trend.related, address))] : []));
  }

  function showCurve(points, mark) {
    curve.hidden = points.length === 0;
    if (points.length === 0) return;
    plot.show(points, mark);
    setText(caption, summarize(points));
    numbers.replaceChildren(table(points));
  }

  function showMissing(heading, sentence, suggestion) {
    missing.hidden = false;
    missing.replaceChildren(element('h2', {}, heading), element('p', {}, sentence),
      suggestion ? element('p', {}, 'Did you mean ', element('a', { href: trendHref(suggestion) }, foreign(suggestion)), '?') : '');
  }

  async function historyOf(keyword) {
    try {
      return await getJson(`/api/v1/trends/${encodeURIComponent(keyword)}`);
    } catch (refused) {
      return { refused, history: [], counts: [], current: {} };
    }
  }

  async function load(of) {
    const kindOfWindow = of.window || 'sliding';
    const known = await historyOf(of.keyword);
    if (of !== address || known.refused?.status === 0) return;
    missing.hidden = true;
    if (!known.refused) setForeign(name, known.keyword);
    const points = pointsOf(known, kindOfWindow);
    if (of.at) return loadPast(of, known, points);
    const trend = known.current[kindOfWindow] ?? null;
    seenEnd = trend?.window_end ?? points.at(-1)?.end ?? null;
    topic = trend?.topic_id ?? null;
    setText(since, '…');
    if (trend && trend.language !== followed) listen(trend.language);
    travel.show(of, seenEnd, null);
    showCurve(points, null);
    if (known.refused) {
      const suggestion = known.refused.suggestion?.replace(/, written %23 in a URL$/, '');
      about.replaceChildren();
      if (known.refused.message.endsWith('hidden by moderation')) showMissing('Hidden', 'Moderators have decided that this is not shown.', null);
      else showMissing('Not seen lately', 'Nobody has used this in the hours that are kept, or so few people that it isn’t kept.', suggestion);
      showTrend(null, { kind: '', language: '' });
      about.replaceChildren();
      return;
    }
    showTrend(trend, known);
  }

  async function loadPast(of, known, points) {
    let then;
    try {
      then = await getJson('/api/v1/trends', { window: of.window, as_of: of.at, limit: 500 });
    } catch (refused) {
      if (of !== address) return;
      travel.show(of, null, null);
      showMissing('Nothing is kept of that time', `The server says: ${refused.message}.`, null);
      return;
    }
    if (of !== address) return;
    const trend = find(then.trends, of.keyword);
    travel.show(of, points.at(-1)?.end ?? null, then.window_end);
    const isCharted = points.length > 0 && points[0].end <= then.window_end;
    showCurve(isCharted || !trend ? points : pointsOfSparkline(trend), then.window_end);
    if (trend) setForeign(name, trend.keyword);
    else showMissing('It was not trending then', `${counted(then.trends.length, 'other trend')} had been found in the window up to ${moment(then.window_end)}.`, null);
    showTrend(trend, trend ?? { kind: known.kind, language: known.language });
  }

  /** Follows the windows and what comes between them, of the trend's language once that is known. */
  function listen(language) {
    const of = address;
    let newestEnd = null;
    stop();
    followed = language;
    stop = follow({ window: of.window, language, limit: LISTED_MAX }, {
      onTrends: ({ window_end: end }) => {
        if (end !== newestEnd && seenEnd !== null && end !== seenEnd) load(of);
        newestEnd = end;
      },
      onCounts: ({ window_end: end, posts }) => {
        if (end === seenEnd) setText(since, added(posts[topic] ?? 0));
      },
    });
  }

  function show(next) {
    stop();
    address = next;
    seenEnd = null;
    setForeign(name, next.keyword);
    document.title = `${plain(next.keyword)} · skytrend`;
    travel.show(next, null, null);
    load(next);
    if (next.at) stop = onReturn(() => load(next));
    else listen('');
  }

  return {
    show,
    close() {
      stop();
      plot.close();
      address = null;
    },
  };
}
