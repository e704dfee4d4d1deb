//! Decisions about keywords, as the topic `moderation` tells them: what stands, what was reported, and how something
//! is decided. They are applied on the way out, by the view ([`crate::view`]); what is detected does not depend on
//! them.
//!
//! There is one way for a decision to take effect: it is appended to the log, the program reads it from there like
//! any other record ([`Moderation::apply`]), and [`Moderation::enforce`] gives the view its rules. So what stands
//! after a restart is what stood before.
//!
//! What a pattern means, the log and the clock are the program's ([`Backend`]).

mod list;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use skytrend_event::{KeywordKind, Micros, ModerationAction, ModerationRecord};
use tokio::sync::watch;

use crate::view::TrendView;
use list::Lists;
pub use list::{Decision, Report};

/// Characters of a reason: two sentences.
pub const REASON_CHARS_MAX: usize = 500;

/// Patterns about which a decision may stand. Each is held against everything that is shown, and with each change all
/// are made ready anew, which takes milliseconds for so many. More belong into `trend.moderation`.
pub const DECISIONS_MAX: usize = 5_000;

/// Expressions among them: a set of them takes much longer to make ready than words.
const EXPRESSIONS_MAX: usize = 200;

/// Keywords with an open report: more than a person can look at.
const REPORTS_MAX: usize = 1_000;

/// Patterns, ready to be held against what is shown.
pub trait Rules: fmt::Debug + Send + Sync {
    /// Whether a keyword must not be shown. `language`: the primary subtag that most of its posts are in, or `und`.
    fn hide(&self, kind: KeywordKind, normalized_keyword: &str, language: &str) -> bool;

    /// Whether a post has a word or hashtag that must not be shown.
    fn hide_text(&self, text: &str) -> bool;
}

/// A pattern that is none, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidPattern(pub String);

/// A record that was not stored, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the decision could not be stored: {0}")]
pub struct NotStored(pub String);

/// Records that could not be read, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what was decided can't be read: {0}")]
pub struct NotRead(pub String);

/// What the program does for [`Moderation`].
pub trait Backend: Send + Sync {
    /// The one way of writing a pattern; two that mean the same become one.
    fn canonical(&self, pattern: &str) -> Result<String, InvalidPattern>;

    /// Makes lists of canonical patterns ready: what to hide, and what is exempt from it.
    fn compile(&self, hide: &[String], allow: &[String]) -> Result<Arc<dyn Rules>, InvalidPattern>;

    /// The records of the topic `moderation` from this offset on, with theirs: some of them, at least one if there is
    /// one. Blocks.
    fn read(&self, from: u64) -> Result<Vec<(u64, ModerationRecord)>, NotRead>;

    /// Appends a record to the topic `moderation` and returns its offset when it is committed. Blocks.
    fn append(&self, record: &ModerationRecord) -> Result<u64, NotStored>;

    /// The time of day.
    fn now(&self) -> Micros;
}

/// Why nothing was decided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No such pattern can be.
    #[error(transparent)]
    Pattern(#[from] InvalidPattern),
    /// The reason is too long, or the end lies in the past.
    #[error("{0}")]
    Invalid(&'static str),
    /// At a limit.
    #[error("{0}")]
    TooMany(&'static str),
    /// Nothing stands about the pattern, or it has no report.
    #[error("{0}")]
    Nothing(&'static str),
    /// The log failed.
    #[error(transparent)]
    NotStored(#[from] NotStored),
    /// The log failed.
    #[error(transparent)]
    NotRead(#[from] NotRead),
}

/// What somebody wants to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What.
    pub action: ModerationAction,
    /// About which keywords.
    pub pattern: String,
    /// Why.
    pub reason: String,
    /// Who wants it.
    pub by: String,
    /// Until when it is to stand.
    pub expires_at: Option<Micros>,
}

/// What stands and what is open, shared by those who apply records, those who decide, and those who look.
pub struct Moderation {
    backend: Arc<dyn Backend>,
    lists: Mutex<Lists>,
    /// One decision after the other, so that the limits hold.
    deciding: Mutex<()>,
    /// One enforcement after the other, so that the later one's rules stay.
    enforcing: Mutex<()>,
    /// The offset after the last record whose rules the view has.
    in_force: watch::Sender<u64>,
}

impl Moderation {
    /// Nothing stands yet.
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        Self {
            backend,
            lists: Mutex::default(),
            deciding: Mutex::default(),
            enforcing: Mutex::default(),
            in_force: watch::Sender::default(),
        }
    }

    /// Applies the record at `offset` of the topic. Once more, it changes nothing.
    pub fn apply(&self, offset: u64, record: ModerationRecord) {
        self.lists().apply(offset, record);
    }

    /// Applies what the topic holds and was not applied yet; returns the offset after it. Blocks.
    pub fn catch_up(&self) -> Result<u64, NotRead> {
        loop {
            let next = self.lists().next();
            let records = self.backend.read(next)?;
            if records.is_empty() {
                return Ok(next);
            }
            for (offset, record) in records {
                self.apply(offset, record);
            }
        }
    }

    /// Gives the view the rules of what stands now, and publishes it, if that is not what it has: after records were
    /// applied, and as time passes, since decisions may expire. Fails only when a pattern that was once taken can't be
    /// made ready any more; nothing may be shown then.
    pub fn enforce(&self, view: &TrendView) -> Result<(), InvalidPattern> {
        let _one_at_a_time = self.enforcing.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, changed) = self.lists().take_change(self.backend.now());
        if let Some(patterns) = changed {
            let rules = if patterns.hide.is_empty() {
                None
            } else {
                Some(self.backend.compile(&patterns.hide, &patterns.allow)?)
            };
            view.set_rules(rules);
            view.publish();
        }
        self.in_force.send_if_modified(|in_force| std::mem::replace(in_force, next) != next);
        Ok(())
    }

    /// Tells the offset after the last record that is in force.
    pub fn follow(&self) -> watch::Receiver<u64> {
        self.in_force.subscribe()
    }

    /// Stores a decision or a report; it is in force when [`Self::follow`] has passed the offset. None for a report of
    /// what is reported already. Blocks.
    pub fn decide(&self, wanted: Wanted) -> Result<Option<(u64, ModerationRecord)>, Refused> {
        let _one_at_a_time = self.deciding.lock().unwrap_or_else(PoisonError::into_inner);
        if wanted.reason.chars().nth(REASON_CHARS_MAX).is_some() {
            return Err(Refused::Invalid("a reason has at most 500 characters"));
        }
        if wanted.reason.chars().any(|c| c.is_control() && c != '\n') {
            return Err(Refused::Invalid("a reason holds no control characters"));
        }
        let now = self.backend.now();
        if wanted.expires_at.is_some_and(|end| end <= now) {
            return Err(Refused::Invalid("expires_at has passed already"));
        }
        let record = ModerationRecord {
            action: wanted.action,
            pattern: self.backend.canonical(&wanted.pattern)?,
            reason: wanted.reason,
            by: wanted.by,
            at: now,
            expires_at: wanted.expires_at,
        };
        // What was stored a moment ago may not have come back by the log yet: it could be the same, or the one too many.
        self.catch_up()?;
        if !self.is_needed(&record)? {
            return Ok(None);
        }
        let offset = self.backend.append(&record)?;
        Ok(Some((offset, record)))
    }

    /// The decisions that stand, the newest first.
    pub fn decisions(&self) -> Vec<Decision> {
        self.lists().decisions()
    }

    /// The open reports, the newest first.
    pub fn reports(&self) -> Vec<Report> {
        self.lists().reports()
    }

    /// Whether the keyword is hidden by a decision to hold alone, so that somebody has yet to decide.
    pub fn held(&self) -> impl Fn(KeywordKind, &str, &str) -> bool + use<> {
        let patterns = self.lists().patterns_that_block();
        let blocked = self.backend.compile(&patterns.hide, &patterns.allow).ok();
        move |kind, normalized_keyword, language| {
            !blocked.as_ref().is_some_and(|rules| rules.hide(kind, normalized_keyword, language))
        }
    }

    /// Whether the record changes anything; refused where it can't be.
    fn is_needed(&self, record: &ModerationRecord) -> Result<bool, Refused> {
        let mut patterns = {
            let lists = self.lists();
            match record.action {
                ModerationAction::Report if lists.is_reported(&record.pattern) => return Ok(false),
                ModerationAction::Report if lists.reports_count() >= REPORTS_MAX => {
                    return Err(Refused::TooMany("1,000 keywords are reported and wait for a decision"));
                }
                ModerationAction::Report => return Ok(true),
                ModerationAction::Dismiss if lists.is_reported(&record.pattern) => return Ok(true),
                ModerationAction::Dismiss => {
                    return Err(Refused::Nothing("nobody has reported this pattern"));
                }
                ModerationAction::Release if lists.has_decision(&record.pattern) => return Ok(true),
                ModerationAction::Release => {
                    return Err(Refused::Nothing("no decision about this pattern stands"));
                }
                ModerationAction::Block | ModerationAction::Hold | ModerationAction::Allow => {}
            }
            lists.patterns()
        };
        // As they will be with this decision, which takes the place of one about the same pattern.
        patterns.hide.retain(|pattern| *pattern != record.pattern);
        patterns.allow.retain(|pattern| *pattern != record.pattern);
        if patterns.hide.len() + patterns.allow.len() >= DECISIONS_MAX {
            return Err(Refused::TooMany("5,000 decisions stand; release some, or use trend.moderation"));
        }
        match record.action {
            ModerationAction::Allow => patterns.allow.push(record.pattern.clone()),
            _ => patterns.hide.push(record.pattern.clone()),
        }
        let expressions = patterns.hide.iter().chain(&patterns.allow).filter(|text| text.ends_with('/'));
        if record.pattern.ends_with('/') && expressions.count() > EXPRESSIONS_MAX {
            return Err(Refused::TooMany("decisions about 200 expressions stand; release some"));
        }
        // Refused now, it can't stop anybody later.
        self.backend.compile(&patterns.hide, &patterns.allow)?;
        Ok(true)
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        self.lists.lock().expect("the lists panic nowhere; if they did, they could not be trusted")
    }
}
