// Why a keyword trends: the parts of its score as sentences. What each part is: docs/reading-trends.md.
import { count, counted, decimal, duration, share, times } from './format.js';

/** What the detector lists from, and alerts from (settings of the same meaning in config/default.toml). */
const [LISTED_FROM, ALERT_FROM] = [4.5, 6];

/** Factors nearer to one than this say nothing to a reader. */
const SEASON_MATTERS = 0.15;

/** Over-dispersion: below it counts are about as even as chance has them, above the other they come in bursts. */
const [EVEN, BURSTY] = [0.1, 0.5];

/** An expectation of fewer minutes of history is a rough one. */
const HISTORY_ROUGH = 120;

/** Sentences about a trend, the most telling first. */
export function reasons(trend) {
  const { why } = trend;
  const span = duration((trend.window_end - trend.window_start) / 1e6);
  return [
    growth(trend, span), surprise(trend), burstiness(why), season(why), level(why),
    copies(why), newcomers(why), repeats(why), confidence(trend), sensible(why, span),
  ].filter((sentence) => sentence !== null);
}

function growth({ why, growth_rate: rate }, span) {
  const usual = why.expected < 1 ? 'fewer than one is usual' : `${decimal(why.expected)} are usual`;
  return `${counted(why.observed, 'person counts', 'people count')} in ${span}, where ${usual} at this hour: ${times(rate)} the usual (reckoned with one more, so that tiny numbers don’t look huge).`;
}

function surprise({ z_score: z }) {
  const strong = z >= ALERT_FROM ? `far enough for an alert (from ${ALERT_FROM})` : `enough to be listed (from ${LISTED_FROM})`;
  if (!(z >= LISTED_FROM)) return `It stands ${decimal(z)} of its own usual ups and downs above what is expected: on its own no longer enough to be listed (from ${LISTED_FROM}).`;
  return `That is ${decimal(z)} times its own usual ups and downs: ${strong}.`;
}

function burstiness({ dispersion }) {
  if (dispersion < EVEN) return 'It is usually even, so a rise means much.';
  if (dispersion > BURSTY) return 'It usually comes in bursts, so a rise has to be large to mean something; this is taken into account.';
  return null;
}

function season({ daily_season: day, weekly_season: week }) {
  const said = [];
  if (Math.abs(day - 1) > SEASON_MATTERS) said.push(`at this hour of the day it is usually at ${share(day)} of its average`);
  if (Math.abs(week - 1) > SEASON_MATTERS) said.push(`at this hour of the week at ${share(week)} of that day’s usual`);
  return said.length === 0 ? null : `Its rhythm is taken out: ${said.join(', ')}.`;
}

function level({ local_level: factor }) {
  if (!(Math.abs(factor - 1) > SEASON_MATTERS)) return null;
  return `In the last two hours it ran at ${share(factor)} of its long-run level; it is measured against that.`;
}

function copies({ copied_share: copied }) {
  if (!(copied >= 0.01)) return 'Hardly any of its posts are copies of one another.';
  return `${share(copied)} of its posts are near-copies of others; each text counts once.`;
}

function newcomers({ surplus_newcomers: surplus }) {
  if (!(surplus >= 0.5)) return null;
  return `${counted(Math.round(surplus), 'account')} new to the network beyond the usual number don’t count: they may have been made for this.`;
}

function repeats({ repeated }) {
  if (!(repeated >= 0.5)) return null;
  return `People who post about it again and again count less each time: that takes ${decimal(repeated)} away.`;
}

function confidence({ confidence_score: sure, why }) {
  const history = duration(why.history_minutes * 60);
  const rough = why.history_minutes < HISTORY_ROUGH ? `; only ${history} have been learned so far, so this is rough` : `, from ${history} of history`;
  if (!(sure >= 0.5)) return `Chance alone could do this: only ${share(sure)} sure that it isn’t${rough}.`;
  return `It is ${share(sure)} sure that this is not chance${rough}.`;
}

function sensible({ window_posts: all }, span) {
  return `${count(all)} posts were looked at in these ${span}.`;
}
