// What stands in place of the list while there is nothing to list: what is waited for, and how long.
import { getJson } from './api.js';
import { element } from './dom.js';
import { count, duration } from './format.js';

/** The box, filled from what the pipeline says of itself. */
export async function showWaiting(root, { isFiltered, clearHref, matching }) {
  if (isFiltered && matching > 0) {
    const clear = element('a', { href: clearHref }, 'Show all');
    root.replaceChildren(element('h2', {}, 'Nothing here fits the filters'), element('p', {}, `There are ${count(matching)} trends without them. `, clear));
    return;
  }
  let status;
  try {
    status = await getJson('/api/v1/status');
  } catch {
    root.replaceChildren(element('h2', {}, 'No trends to show'), element('p', {}, 'skytrend does not say what it is doing.'));
    return;
  }
  const [heading, ...sentences] = reasons(status);
  root.replaceChildren(element('h2', {}, heading), ...sentences.map((sentence) => element('p', {}, sentence)));
}

/** A heading and sentences. */
function reasons({ source = {}, ingest = {}, detector = {}, simulated_speed: speed }) {
  if (source.reading && source.phase !== 'connected') {
    return ['Waiting for the network', `The source says: ${source.summary}.`, 'Trends come from posts; without a connection there are none. `make demo` works without the network.'];
  }
  if (!ingest.events && !detector.windows_written) return ['Waiting for the first post', `The source says: ${source.summary ?? 'nothing yet'}.`];
  const { history_minutes: have, history_minutes_needed: needed } = detector;
  if (have < needed) {
    const left = duration((needed - have) * 60 / (speed || 1));
    return [
      'Learning what is usual',
      `A trend is what is posted more than usual, so skytrend first learns what is: ${have} of ${needed} minutes so far, about ${left} to go.`,
      'The first trends can show up before that, from about half of it on.',
    ];
  }
  if (!detector.windows_written) return ['Waiting for the first window to close', 'Posts are coming in and being counted.'];
  return ['Nothing is trending', 'Posts are coming in, and nothing rises beyond what is usual. That is normal in quiet hours and for small languages.'];
}
