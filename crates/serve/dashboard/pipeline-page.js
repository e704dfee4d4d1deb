// How the pipeline itself is doing: reading, keeping up, losing anything? Each answer with a mark and a sentence.
import { getJson, getReadiness, getText } from './api.js';
import { element, setText } from './dom.js';
import { ago, count, counted, decimal, duration, moment, share } from './format.js';
import { DROPS, SHED } from './pipeline-words.js';
import { byLabel, parseMetrics, sumOf } from './prometheus.js';
import { isGone } from './reachable.js';

const REFRESH_MILLIS = 2000;

/** Posts behind from which it is worth a look: some seconds of the network at its busiest. */
const LAG_LARGE = 2000;

/** Seconds since the newest event, in real time; the network is never silent for so long. */
const STALE_SECONDS = 30;

const MARKS = { good: ['✓', 'good'], watch: ['!', 'look at this'], bad: ['✗', 'bad'] };

/** A box with a mark, a name, a number and a sentence, changed in place. */
function gauge(name) {
  const mark = element('span', { class: 'verdict' });
  const value = element('b', { class: 'value' });
  const sentence = element('p');
  const root = element('li', { class: 'card gauge' }, element('h2', {}, mark, ' ', name), value, sentence);
  return {
    root,
    show(verdict, text, words) {
      const [sign, said] = MARKS[verdict];
      root.dataset.verdict = verdict;
      setText(mark, sign);
      mark.setAttribute('role', 'img');
      mark.setAttribute('aria-label', said);
      setText(value, text);
      setText(sentence, words);
    },
  };
}

function rows(list, total, words) {
  return list.map(([name, number]) => element('tr', {},
    element('th', { scope: 'row' }, words[name] ?? name.replaceAll('_', ' '), ' ', element('code', {}, name)),
    element('td', {}, count(number)), element('td', {}, total > 0 ? share(number / total) : '')));
}

/** The page, filled into `main`: `{ show(), close() }`. */
export function pipelinePage(main) {
  const source = gauge('Connection');
  const speed = gauge('Reading');
  const lag = gauge('Keeping up');
  const staleness = gauge('Freshness');
  const losses = gauge('Losses');
  const baseline = gauge('Baseline');
  const verdict = element('p', { class: 'overall' });
  const dropped = element('tbody');
  const droppedNone = element('p', { class: 'muted' }, 'Nothing so far.');
  const droppedTable = element('div', { class: 'table-box', tabindex: '0', role: 'region', 'aria-label': 'Dropped, by reason' },
    element('table', { class: 'drops' }, element('thead', {}, element('tr', {},
      ...['What and why', 'Number', 'Of all messages'].map((text) => element('th', { scope: 'col' }, text)))), dropped));
  const shed = element('ul', { class: 'reasons' });
  const about = element('p', { class: 'muted' });
  main.replaceChildren(
    element('div', { class: 'intro' }, element('h1', {}, 'How the pipeline is doing'), verdict),
    element('ul', { class: 'gauges' }, [source, speed, lag, staleness, losses, baseline].map(({ root }) => root)),
    element('section', { class: 'card' }, element('h2', {}, 'Dropped or mended, by reason'), droppedTable, droppedNone),
    element('section', { class: 'card' }, element('h2', {}, 'Left out at a limit'), shed), about);

  function showStatus(status) {
    const { source: from, ingest, detector, simulated_speed: simulated } = status;
    source.show(from.phase === 'connected' || !from.reading ? 'good' : 'bad', from.reading ? from.phase : 'not reading', from.summary);
    const isReading = ingest.events_per_second >= 0.5;
    speed.show(isReading ? 'good' : 'watch', `${count(ingest.events_per_second)} events/s`, `${count(ingest.events)} events so far, ${count(ingest.posts)} of them posts.`);
    const behind = detector.lag_records;
    lag.show(behind > LAG_LARGE ? 'watch' : 'good', behind === 0 ? 'no lag' : `${counted(behind, 'post')} behind`,
      behind > LAG_LARGE ? 'The detector catches up with what has been read.' : 'The detector has seen what has been read.');
    showStaleness(detector.applied_micros, simulated);
    showBaseline(detector);
    const entries = Object.entries(ingest.dropped).sort((a, b) => b[1] - a[1]);
    dropped.replaceChildren(...rows(entries, ingest.messages, DROPS));
    [droppedTable.hidden, droppedNone.hidden] = [entries.length === 0, entries.length > 0];
    const speedWords = simulated ? ` Time is simulated, ${simulated} times as fast as the clock.` : '';
    setText(about, `skytrend ${status.version}, up for ${duration(status.uptime_secs)}.${speedWords}`);
  }

  function showStaleness(applied, simulated) {
    if (!applied) return staleness.show('watch', 'nothing yet', 'No post has reached the detector.');
    // Simulated time is not the clock's: then only the time itself can be told.
    if (simulated) return staleness.show('good', moment(applied), 'is the simulated time that the detector has reached.');
    const now = Date.now() * 1000;
    const isStale = (now - applied) / 1e6 > STALE_SECONDS;
    staleness.show(isStale ? 'bad' : 'good', ago(applied, now), isStale ? 'The newest post that was counted is old: nothing comes, or it is catching up.' : 'is when the newest post that was counted was seen.');
  }

  function showBaseline({ history_minutes: have, history_minutes_needed: needed, trends_started: started, windows_written: windows }) {
    const found = `${counted(started, 'trend')} found in ${counted(windows, 'window')}.`;
    if (have === undefined) return baseline.show('good', counted(windows, 'window'), found);
    if (have < needed) return baseline.show('watch', 'learning', `What is usual is known from ${have} of ${needed} minutes. ${found}`);
    return baseline.show('good', 'learned', found);
  }

  function showMetrics(samples) {
    const missed = sumOf(samples, 'skytrend_source_missed_messages_total') ?? 0;
    const seconds = sumOf(samples, 'skytrend_source_missed_seconds_total') ?? 0;
    const isWhole = missed === 0 && seconds === 0;
    losses.show(isWhole ? 'good' : 'bad', isWhole ? 'none' : `${counted(missed, 'message')}`,
      isWhole ? 'Nothing was missed between connections.' : `were missed between connections (about), ${duration(seconds)} of the stream.`);
    const items = byLabel(samples, 'skytrend_detector_shed_total', 'what').map(([what, number]) => element('li', {}, `${count(number)} ${SHED[what] ?? what.replaceAll('_', ' ')}`));
    shed.replaceChildren(...(items.length > 0 ? items : [element('li', {}, 'Nothing: all that was read was counted.')]));
  }

  async function refresh() {
    if (document.hidden || isGone()) return;
    try {
      const [status, metrics, ready] = await Promise.all([getJson('/api/v1/status'), getText('/metrics'), getReadiness()]);
      showStatus(status);
      showMetrics(parseMetrics(metrics));
      const failing = ready.checks.filter(({ ok }) => !ok).map(({ name, reason }) => `${name}: ${reason}`);
      setText(verdict, failing.length === 0 ? '✓ Everything works.' : `✗ Not ready. ${failing.join('; ')}.`);
      verdict.classList.toggle('bad', failing.length > 0);
    } catch {
      setText(verdict, '✗ skytrend doesn’t answer.');
      verdict.classList.add('bad');
    }
  }

  const timer = setInterval(refresh, REFRESH_MILLIS);
  return {
    show() {
      document.title = 'Pipeline · skytrend';
      refresh();
    },
    close() {
      clearInterval(timer);
    },
  };
}
