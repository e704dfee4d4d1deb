// What the pipeline's numbers mean, in plain words.

/** Reasons to drop something, for those that are common; others are shown by their name. */
export const DROPS = {
  other_collection: 'Records that are not posts, such as profiles and lists: nothing is wrong with them',
  duplicate: 'The same change came twice; once is enough',
  empty_text: 'Posts without words, such as a picture alone: kept',
  created_at_in_future: 'A clock of its author’s that runs ahead: post kept, our own time used',
  created_at_too_old: 'A date from before Bluesky existed: post kept, our own time used',
  invalid_created_at: 'A date that is none: post kept, our own time used',
  missing_created_at: 'No date: post kept, our own time used',
  invalid_language: 'A language tag that is none: post kept, language guessed',
  control_characters: 'Invisible control characters in a text: replaced by spaces',
  facet_out_of_range: 'A link or mention outside of the text: left out, post kept',
  facet_splits_char: 'A link or mention inside of a character: left out, post kept',
  invalid_facet: 'A link or mention of the wrong form: left out, post kept',
  missing_text: 'A post without a text: dropped',
  text_too_long: 'A text longer than the network allows: dropped',
  missing_block: 'A change without its content: dropped',
  cid_mismatch: 'Content whose hash is wrong, so perhaps forged: dropped',
  invalid_json: 'Not readable: dropped',
  invalid_cbor: 'Not readable: dropped',
  rev_out_of_order: 'A change older than one already seen: dropped',
  seq_out_of_order: 'A message out of order: dropped',
};

/** What the detector gave up at a limit. */
export const SHED = {
  late_events: 'posts that came too late for their window',
  events_out_of_time: 'posts with a time that can’t be',
  events: 'posts over the limit of memory',
  posts: 'posts over the limit of memory',
  engagements: 'likes and reposts over the limit of memory',
  occurrences: 'uses of a keyword over the limit of a window',
  keywords_of_a_post: 'keywords of posts with too many of them',
  keyword_baselines: 'rare keywords’ pasts',
  sessions: 'sessions of users over the limit of memory',
};
