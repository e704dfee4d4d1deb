// Numbers, times and languages for people, by Intl in the reader's own locale. Times are microseconds, as in the API.

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const oneDecimal = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 0 });
const smallPercent = new Intl.NumberFormat(undefined, { style: 'percent', maximumSignificantDigits: 1 });
const clockTime = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const dateTime = new Intl.DateTimeFormat(undefined, {
  weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit',
});
const languages = new Intl.DisplayNames(undefined, { type: 'language', fallback: 'code' });

/** A number that isn't finite arrives as null. */
const NONE = '–';

export function count(value) {
  return Number.isFinite(value) ? whole.format(value) : NONE;
}

/** `+12`, `+1.2K`: five characters at most, up to a million. */
export function added(value) {
  return `+${compact.format(value)}`;
}

/** One decimal where it matters: below ten. */
export function decimal(value) {
  if (!Number.isFinite(value)) return NONE;
  return Math.abs(value) < 10 ? oneDecimal.format(value) : whole.format(value);
}

export function share(value) {
  if (!Number.isFinite(value)) return NONE;
  return value > 0 && value < 0.01 ? smallPercent.format(value) : percent.format(value);
}

export function times(value) {
  return Number.isFinite(value) ? `×${decimal(value)}` : NONE;
}

/** `1 post`, `2 posts`. */
export function counted(value, singular, plural = `${singular}s`) {
  return `${count(value)} ${value === 1 ? singular : plural}`;
}

export function clock(micros) {
  return clockTime.format(micros / 1000);
}

export function moment(micros) {
  return dateTime.format(micros / 1000);
}

/** `45 s`, `12 min`, `3 h 5 min`, `2 days`. */
export function duration(seconds) {
  const total = Math.max(0, Math.round(seconds));
  if (total < 60) return `${total} s`;
  const minutes = Math.floor(total / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
}

/** How long before `now` something was; both in event time, which in a simulation is not the reader's. */
export function ago(micros, now) {
  const seconds = (now - micros) / 1e6;
  return seconds < 60 ? 'just now' : `${duration(seconds)} ago`;
}

export function languageName(tag) {
  if (!tag || tag === 'und') return 'unknown language';
  try {
    return languages.of(tag);
  } catch {
    return tag;
  }
}

export function iso(micros) {
  return new Date(micros / 1000).toISOString();
}
