// Real posts of a trend, with links to Bluesky. Those that were deleted are gone from the next answer, and so from here.
import { element } from './dom.js';
import { foreign } from './foreign.js';
import { clock } from './format.js';

/** The post on bsky.app; null for a feed that isn't Bluesky's, whose posts aren't there. */
export function blueskyUrl({ uri, author_did: author }) {
  const key = uri.split('/').at(-1);
  if (!uri.startsWith('at://') || !/^did:(plc:[a-z2-7]{24}|web:[a-z0-9.-]+)$/.test(author)) return null;
  return `https://bsky.app/profile/${author}/post/${encodeURIComponent(key)}`;
}

function sample(post) {
  const url = blueskyUrl(post);
  const link = url && element('a', { href: url, rel: 'noopener noreferrer nofollow', target: '_blank' }, 'Open on Bluesky', element('span', { class: 'visually-hidden' }, ' (new tab)'), ' ↗');
  const text = post.text === '' ? element('p', { class: 'muted' }, 'Its text is not shown.') : element('p', { class: 'post-text' }, foreign(post.text));
  return element('li', { class: 'post' }, text,
    element('p', { class: 'post-about' }, element('time', { datetime: new Date(post.witnessed_at / 1000).toISOString() }, clock(post.witnessed_at)), link));
}

/** A list of posts, or a sentence where there are none. */
export function samples(posts) {
  if (posts.length === 0) return element('p', { class: 'muted' }, 'No post to show: they were deleted, or are hidden by a label.');
  return element('ul', { class: 'samples' }, posts.map(sample));
}
