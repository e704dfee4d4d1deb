// Follows the trends of one window kind and language, and what comes between windows: by server-sent events where the server has them, else by asking
// again. A page that nobody sees follows nothing, so that many open tabs cost nothing.
import { apiUrl, getJson } from './api.js';
import { answered, check, isGone, onReturn } from './reachable.js';

/** Windows come once a minute; sixty times as often in the demo. */
const POLL_MILLIS = 1500;

/**
 * Calls `onTrends(answer)` now and with every new window, `onCounts({ window_end, posts, watchlists })` with what has
 * come since, about twice a second, `onAlert(alert)` with every alert, `onProblem(refused)` when the server refuses.
 * Returns the function that ends it.
 */
export function follow(query, { onTrends, onCounts = () => {}, onAlert = () => {}, onProblem = () => {} }) {
  let stream = null;
  let timer = null;
  let ended = false;

  async function ask() {
    try {
      const answer = await getJson('/api/v1/trends', { limit: 50, ...query });
      if (!ended) onTrends(answer);
    } catch (refused) {
      if (!ended && refused.status !== 0) onProblem(refused);
    }
  }

  function poll() {
    clearInterval(timer);
    timer = setInterval(() => { if (!isGone()) ask(); }, POLL_MILLIS);
  }

  function listen() {
    stream = new EventSource(apiUrl('/api/v1/stream', { ...query, events: 'live' }));
    stream.addEventListener('open', answered);
    stream.addEventListener('trends', (event) => onTrends(JSON.parse(event.data)));
    stream.addEventListener('counts', (event) => onCounts(JSON.parse(event.data)));
    stream.addEventListener('alert', (event) => onAlert(JSON.parse(event.data)));
    stream.addEventListener('error', () => {
      // The browser reconnects by itself, except where the answer was no stream.
      if (stream?.readyState === EventSource.CLOSED) poll();
      else check();
    });
  }

  function pause() {
    clearInterval(timer);
    stream?.close();
    stream = null;
  }

  function resume() {
    pause();
    if (ended || document.hidden) return;
    ask();
    listen();
  }

  const forget = onReturn(resume);
  document.addEventListener('visibilitychange', resume);
  resume();
  return () => {
    ended = true;
    pause();
    forget();
    document.removeEventListener('visibilitychange', resume);
  };
}
