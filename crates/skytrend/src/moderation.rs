//! What moderation of the served results needs of this process: the detector's meaning of patterns, the log, and the
//! clock.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use skytrend_event::{KeywordKind, Micros, ModerationRecord, Topic, codec};
use skytrend_log::{Log, NewRecord, Offset, ReadLimit, Transaction};
use skytrend_serve::moderation::{Backend, InvalidPattern, Moderation, NotRead, NotStored, Rules};
use skytrend_serve::view::TrendView;
use skytrend_trend::{ShownRules, canonical_pattern};

use crate::status::wall_clock;
use crate::supervisor::Supervisor;

/// Between two looks at whether a decision has expired.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(1);

/// Records read at once.
const PAGE: ReadLimit = ReadLimit { records: 1_000, bytes: 4 << 20 };

/// Moderation over this log.
pub fn over(log: &Arc<dyn Log>) -> Arc<Moderation> {
    Arc::new(Moderation::new(Arc::new(OverLog(Arc::clone(log)))))
}

/// Applies all that was ever decided, so that nothing is shown before; returns where to go on.
pub fn apply_all(moderation: &Moderation, view: &TrendView) -> anyhow::Result<Offset> {
    let next = moderation.catch_up()?;
    moderation.enforce(view).context("a decision that stands can't be enforced")?;
    Ok(next)
}

/// Lets decisions end when their time has come.
pub fn start_expiry(supervisor: &mut Supervisor, moderation: &Arc<Moderation>, view: &Arc<TrendView>) {
    let (moderation, view, shutdown) = (Arc::clone(moderation), Arc::clone(view), supervisor.shutdown());
    supervisor.task("expiry", async move {
        while tokio::time::timeout(EXPIRY_INTERVAL, shutdown.requested()).await.is_err() {
            moderation.enforce(&view).context("a decision that stands can't be enforced")?;
        }
        Ok(())
    });
}

struct OverLog(Arc<dyn Log>);

impl Backend for OverLog {
    fn canonical(&self, pattern: &str) -> Result<String, InvalidPattern> {
        canonical_pattern(pattern).map_err(|error| InvalidPattern(error.to_string()))
    }

    fn compile(&self, hide: &[String], allow: &[String]) -> Result<Arc<dyn Rules>, InvalidPattern> {
        match ShownRules::compile(hide, allow) {
            Ok(rules) => Ok(Arc::new(OfDetector(rules))),
            Err(error) => Err(InvalidPattern(error.to_string())),
        }
    }

    fn read(&self, from: u64) -> Result<Vec<(u64, ModerationRecord)>, NotRead> {
        let failed = |error: &dyn fmt::Display| NotRead(error.to_string());
        let topic = Topic::Moderation.name();
        let start = self.0.bounds(topic, 0).map_err(|error| failed(&error))?.start;
        let records = self.0.read(topic, 0, from.max(start), PAGE).map_err(|error| failed(&error))?;
        let decoded = records.iter().map(|record| {
            let decided = codec::decode(&record.value)
                .map_err(|error| failed(&format_args!("{topic}/0@{}: {error}", record.offset)))?;
            Ok((record.offset, decided))
        });
        decoded.collect()
    }

    fn append(&self, record: &ModerationRecord) -> Result<u64, NotStored> {
        let failed = |error: &dyn fmt::Display| NotStored(error.to_string());
        let value = codec::Encoder::default().encode_to_vec(record).map_err(|error| failed(&error))?;
        let record = NewRecord {
            timestamp_micros: record.at.0,
            key: record.pattern.clone().into(),
            value: value.into(),
        };
        let transaction = Transaction {
            appends: vec![(Topic::Moderation.name().to_owned(), 0, vec![record])],
            ..Transaction::default()
        };
        let committed = self.0.commit(transaction).map_err(|error| failed(&error))?;
        committed
            .offsets
            .first()
            .map(|offsets| offsets.start)
            .ok_or_else(|| failed(&"the log gave no offset"))
    }

    fn now(&self) -> Micros {
        wall_clock()
    }
}

#[derive(Debug)]
struct OfDetector(ShownRules);

impl Rules for OfDetector {
    fn hide(&self, kind: KeywordKind, normalized_keyword: &str, language: &str) -> bool {
        self.0.hide(kind, normalized_keyword, language)
    }

    fn hide_text(&self, text: &str) -> bool {
        self.0.hide_text(text)
    }
}

#[cfg(test)]
mod tests {
    use skytrend_event::ModerationAction;
    use skytrend_log::TopicSpec;
    use skytrend_log::local::LocalLog;
    use skytrend_serve::moderation::{Refused, Wanted};

    use super::*;

    fn open(path: &std::path::Path) -> Arc<dyn Log> {
        let log = LocalLog::open(path, skytrend_log::local::Settings::default()).unwrap();
        let name = Topic::Moderation.name().to_owned();
        log.create_topic(&TopicSpec { name, partitions: 1, retention: None, retention_bytes: None }).unwrap();
        Arc::new(log)
    }

    fn wanted(action: ModerationAction, pattern: &str) -> Wanted {
        Wanted {
            action,
            pattern: pattern.to_owned(),
            reason: "why".to_owned(),
            by: "anna".to_owned(),
            expires_at: None,
        }
    }

    #[test]
    fn decisions_stand_again_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let view = TrendView::new(&skytrend_serve::view::Settings::default());
        {
            let moderation = over(&open(folder.path()));
            moderation.decide(wanted(ModerationAction::Block, "BadWord")).unwrap();
            moderation.decide(wanted(ModerationAction::Hold, "#spam")).unwrap();
        }
        let log = open(folder.path());
        let moderation = over(&log);
        assert_eq!(apply_all(&moderation, &view).unwrap(), 2);
        let stand: Vec<_> =
            moderation.decisions().into_iter().map(|decision| decision.record.pattern).collect();
        assert_eq!(stand, ["#spam", "badword"]);
        assert_eq!(*moderation.follow().borrow(), 2);
        let hidden = skytrend_serve::KeywordKey::new("badword", KeywordKind::Word);
        assert!(view.is_hidden(&hidden));
    }

    #[test]
    fn what_can_not_be_decided_is_not_stored() {
        let folder = tempfile::tempdir().unwrap();
        let log = open(folder.path());
        let moderation = over(&log);
        for (action, pattern) in [(ModerationAction::Block, "/(/"), (ModerationAction::Block, " ")] {
            assert!(
                matches!(moderation.decide(wanted(action, pattern)), Err(Refused::Pattern(_))),
                "{pattern}"
            );
        }
        let late = Wanted { expires_at: Some(Micros(1)), ..wanted(ModerationAction::Block, "word") };
        assert!(matches!(moderation.decide(late), Err(Refused::Invalid(_))));
        let wordy = Wanted { reason: "x".repeat(501), ..wanted(ModerationAction::Block, "word") };
        assert!(matches!(moderation.decide(wordy), Err(Refused::Invalid(_))));
        for action in [ModerationAction::Release, ModerationAction::Dismiss] {
            assert!(matches!(moderation.decide(wanted(action, "word")), Err(Refused::Nothing(_))));
        }
        assert_eq!(log.bounds(Topic::Moderation.name(), 0).unwrap(), 0..0);
    }
    #[test]
    fn what_was_decided_a_moment_ago_counts_before_it_came_back_by_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let log = open(folder.path());
        let moderation = over(&log);
        assert!(moderation.decide(wanted(ModerationAction::Report, "word")).unwrap().is_some());
        assert!(moderation.decide(wanted(ModerationAction::Report, "word")).unwrap().is_none());
        // Another process over the same log.
        assert!(over(&log).decide(wanted(ModerationAction::Dismiss, "word")).unwrap().is_some());
        assert!(moderation.decide(wanted(ModerationAction::Report, "word")).unwrap().is_some());
    }
}
