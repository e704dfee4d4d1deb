// Requests to skytrend's own HTTP API.
import { answered, unanswered } from './reachable.js';

/** The server gives up on a request after ten seconds; so do we, a little later. */
const TIMEOUT_MILLIS = 12_000;

/** An answer that is no success, with what the server says of it; status 0 where there was none. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? `the server answered ${status}`);
    this.status = status;
    this.suggestion = problem?.suggestion ?? null;
    this.body = problem;
  }
}

/** An address of the API, without the parameters that are empty. */
export function apiUrl(path, parameters = {}) {
  const set = Object.entries(parameters).filter(([, value]) => value !== '' && value !== null && value !== undefined);
  const query = new URLSearchParams(set).toString();
  return query ? `${path}?${query}` : path;
}

/** Called when the server wants a token to read. */
let needToken = () => {};

export function onTokenNeeded(callback) {
  needToken = callback;
}

async function request(url, options = {}) {
  let response;
  try {
    response = await fetch(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MILLIS) });
  } catch {
    unanswered();
    throw new Refused(0, { detail: 'skytrend does not answer' });
  }
  answered();
  return response;
}

/** The JSON at this address, or a `Refused`. */
export async function getJson(path, parameters) {
  const response = await request(apiUrl(path, parameters));
  const body = await response.json().catch(() => null);
  if (response.status === 401) needToken();
  if (!response.ok) throw new Refused(response.status, body);
  return body;
}

/** Sends JSON and returns the JSON of the answer, or a `Refused`. */
export async function sendJson(method, path, body = {}) {
  const headers = { 'content-type': 'application/json' };
  const response = await request(path, { method, headers, body: JSON.stringify(body) });
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

/** The text at this address, or a `Refused`. */
export async function getText(path) {
  const response = await request(path);
  if (!response.ok) throw new Refused(response.status, null);
  return response.text();
}

/** `/health/ready`, whose answer says the same with 200 and with 503. */
export async function getReadiness() {
  try {
    return await getJson('/health/ready');
  } catch (refused) {
    if (refused.body?.checks) return refused.body;
    throw refused;
  }
}
