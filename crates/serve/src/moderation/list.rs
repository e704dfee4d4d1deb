//! The fold of the topic `moderation`: for each pattern the last decision, and the report that nobody has answered.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use skytrend_event::{Micros, ModerationAction, ModerationRecord};

use crate::schema;

/// A decision that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Decision {
    /// Its place in the topic.
    pub offset: u64,
    /// Block, hold or allow; who, why, since when and until when.
    #[serde(flatten)]
    #[schemars(with = "schema::ModerationRecord")]
    pub record: ModerationRecord,
}

/// A report that waits for a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Report {
    /// Its place in the topic.
    pub offset: u64,
    /// Who, why and when.
    #[serde(flatten)]
    #[schemars(with = "schema::ModerationRecord")]
    pub record: ModerationRecord,
}

/// Patterns that are in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Patterns {
    pub(super) hide: Vec<String>,
    pub(super) allow: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Lists {
    decisions: BTreeMap<String, Decision>,
    reports: BTreeMap<String, Report>,
    /// The offset after the last record.
    next: u64,
    /// Whether the decisions are others than those that were taken last.
    is_changed: bool,
}

impl Lists {
    pub(super) fn apply(&mut self, offset: u64, record: ModerationRecord) {
        if offset < self.next {
            return;
        }
        self.next = offset + 1;
        let pattern = record.pattern.clone();
        match record.action {
            ModerationAction::Report => {
                self.reports.entry(pattern).or_insert(Report { offset, record });
            }
            ModerationAction::Dismiss => {
                self.reports.remove(&pattern);
            }
            ModerationAction::Release => {
                self.reports.remove(&pattern);
                self.is_changed |= self.decisions.remove(&pattern).is_some();
            }
            ModerationAction::Block | ModerationAction::Hold | ModerationAction::Allow => {
                self.reports.remove(&pattern);
                self.decisions.insert(pattern, Decision { offset, record });
                self.is_changed = true;
            }
        }
    }

    /// The offset after the last record that was applied.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// How far the records are applied, and the patterns if they are others than when they were taken last.
    pub(super) fn take_change(&mut self, now: Micros) -> (u64, Option<Patterns>) {
        let before = self.decisions.len();
        self.decisions.retain(|_, decision| decision.record.expires_at.is_none_or(|end| end > now));
        let is_changed = std::mem::take(&mut self.is_changed) || self.decisions.len() != before;
        (self.next, is_changed.then(|| self.patterns()))
    }

    pub(super) fn patterns(&self) -> Patterns {
        self.patterns_where(|action| action != ModerationAction::Allow)
    }

    /// Without those that only hold.
    pub(super) fn patterns_that_block(&self) -> Patterns {
        self.patterns_where(|action| action == ModerationAction::Block)
    }

    fn patterns_where(&self, hides: impl Fn(ModerationAction) -> bool) -> Patterns {
        let mut patterns = Patterns::default();
        for (pattern, decision) in &self.decisions {
            if hides(decision.record.action) {
                patterns.hide.push(pattern.clone());
            } else if decision.record.action == ModerationAction::Allow {
                patterns.allow.push(pattern.clone());
            }
        }
        patterns
    }

    pub(super) fn decisions(&self) -> Vec<Decision> {
        let mut decisions: Vec<_> = self.decisions.values().cloned().collect();
        decisions.sort_by_key(|decision| Reverse(decision.offset));
        decisions
    }

    pub(super) fn reports(&self) -> Vec<Report> {
        let mut reports: Vec<_> = self.reports.values().cloned().collect();
        reports.sort_by_key(|report| Reverse(report.offset));
        reports
    }

    pub(super) fn has_decision(&self, pattern: &str) -> bool {
        self.decisions.contains_key(pattern)
    }

    pub(super) fn is_reported(&self, pattern: &str) -> bool {
        self.reports.contains_key(pattern)
    }

    pub(super) fn reports_count(&self) -> usize {
        self.reports.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(action: ModerationAction, pattern: &str, expires_at: Option<i64>) -> ModerationRecord {
        ModerationRecord {
            action,
            pattern: pattern.to_owned(),
            reason: String::new(),
            by: "anna".to_owned(),
            at: Micros(0),
            expires_at: expires_at.map(Micros),
        }
    }

    #[test]
    fn the_last_decision_stands_until_it_expires_or_is_released() {
        use ModerationAction::{Allow, Block, Hold, Release};
        let mut lists = Lists::default();
        for (offset, action, pattern, end) in
            [(0, Block, "a", None), (1, Hold, "b", Some(50)), (2, Allow, "c", None), (3, Allow, "a", None)]
        {
            lists.apply(offset, record(action, pattern, end));
        }
        lists.apply(0, record(Block, "again", None));
        let patterns = |hide: &[&str], allow: &[&str]| Patterns {
            hide: hide.iter().map(|text| (*text).to_owned()).collect(),
            allow: allow.iter().map(|text| (*text).to_owned()).collect(),
        };
        assert_eq!(lists.take_change(Micros(10)), (4, Some(patterns(&["b"], &["a", "c"]))));
        assert_eq!(lists.take_change(Micros(49)), (4, None));
        assert_eq!(lists.take_change(Micros(50)), (4, Some(patterns(&[], &["a", "c"]))));
        lists.apply(4, record(Release, "a", None));
        assert_eq!(lists.take_change(Micros(51)), (5, Some(patterns(&[], &["c"]))));
    }

    #[test]
    fn a_report_is_open_until_somebody_has_decided() {
        use ModerationAction::{Block, Dismiss, Report};
        let mut lists = Lists::default();
        for (offset, action, pattern) in [
            (0, Report, "a"),
            (1, Report, "b"),
            (2, Report, "a"),
            (3, Dismiss, "b"),
            (4, Report, "c"),
            (5, Block, "c"),
        ] {
            lists.apply(offset, record(action, pattern, None));
        }
        let open: Vec<_> =
            lists.reports().into_iter().map(|report| (report.offset, report.record.pattern)).collect();
        assert_eq!(open, [(0, "a".to_owned())]);
    }
}
