// Numbers from `/metrics`, which is in Prometheus's text format.

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Samples `{ name, labels, value }`. */
export function parseMetrics(text) {
  const samples = [];
  for (const line of text.split('\n')) {
    const match = line.startsWith('#') ? null : LINE.exec(line);
    if (match === null) continue;
    const labels = Object.fromEntries([...(match[2] ?? '').matchAll(LABEL)].map(([, name, value]) => [name, value]));
    samples.push({ name: match[1], labels, value: Number(match[3]) });
  }
  return samples;
}

/** The sum over all labels; null where there is none of that name. */
export function sumOf(samples, name) {
  const values = samples.filter((sample) => sample.name === name).map(({ value }) => value);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}

/** `[label value, number]` of those above zero, largest first. */
export function byLabel(samples, name, label) {
  const found = samples.filter((sample) => sample.name === name && sample.value > 0);
  return found.map(({ labels, value }) => [labels[label] ?? '', value]).sort((a, b) => b[1] - a[1]);
}
