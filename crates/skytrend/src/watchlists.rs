//! What changing watchlists needs of this process: which lists are watched together, the log, and the clock. How the
//! detector takes a change up is in [`crate::detect`].

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use skytrend_event::{Micros, Topic, WatchlistDefinition, WatchlistRecord, codec};
use skytrend_log::{Log, NewRecord, Offset, ReadLimit, Transaction};
use skytrend_serve::watchlists::{Backend, Invalid, NotStored, Watchlists};
use skytrend_trend::{CompiledWatchlists, InvalidSettings, Watchlist};

use crate::status::wall_clock;

/// Records read at once.
const PAGE: ReadLimit = ReadLimit { records: 1_000, bytes: 4 << 20 };

/// Watchlists over this log, beside those of the settings. `is_detecting`: the detector runs in this process.
pub fn over(log: &Arc<dyn Log>, of_settings: &[Watchlist], is_detecting: bool) -> Arc<Watchlists> {
    let backend = OverLog { log: Arc::clone(log), of_settings: of_settings.to_vec() };
    let defined = of_settings.iter().map(|list| (list.name.clone(), definition(list)));
    Arc::new(Watchlists::new(Arc::new(backend), defined.collect(), is_detecting))
}

/// Applies all changes that there are; returns where to go on.
pub fn apply_all(watchlists: &Watchlists, log: &dyn Log) -> anyhow::Result<Offset> {
    let bounds = log.bounds(Topic::Watchlists.name(), 0)?;
    for_each_change(log, bounds.start, bounds.end, |offset, record| watchlists.apply(offset, record))?;
    Ok(bounds.end)
}

/// Reads the changes from one offset to before another, which are there.
pub fn for_each_change(
    log: &dyn Log,
    from: Offset,
    end: Offset,
    mut each: impl FnMut(Offset, WatchlistRecord),
) -> anyhow::Result<()> {
    let mut next = from;
    while next < end {
        let records = log.read(Topic::Watchlists.name(), 0, next, PAGE)?;
        let Some(last) = records.last() else { break };
        next = last.offset + 1;
        for record in records.iter().take_while(|record| record.offset < end) {
            let change = codec::decode::<WatchlistRecord>(&record.value)
                .with_context(|| format!("{}/0@{}", Topic::Watchlists, record.offset))?;
            each(record.offset, change);
        }
    }
    Ok(())
}

/// What is watched together.
pub struct Effective {
    /// Those of the settings, and those that were put and can be watched beside them.
    pub lists: CompiledWatchlists,
    /// Those that were put and can't, with the reason.
    pub left_out: BTreeMap<String, String>,
}

/// The lists of the settings, which win where two have one name, with those that were put. What was put is left out
/// where it can't be watched any more, as when the settings have grown since: that must not keep the program from
/// starting. Takes up to a second; where lists are left out, as much for each.
pub fn effective(
    of_settings: &[Watchlist],
    put: &BTreeMap<String, WatchlistDefinition>,
) -> Result<Effective, InvalidSettings> {
    let mut left_out = BTreeMap::new();
    let mut added = Vec::new();
    for (name, definition) in put {
        if of_settings.iter().any(|list| list.name == *name) {
            left_out.insert(name.clone(), "the settings have a list of this name".to_owned());
        } else {
            added.push(watchlist(name, definition));
        }
    }
    if let Ok(lists) = CompiledWatchlists::compile([of_settings, &added].concat()) {
        return Ok(Effective { lists, left_out });
    }
    let mut taken = of_settings.to_vec();
    for list in added {
        taken.push(list);
        if let Err(error) = CompiledWatchlists::compile(taken.clone())
            && let Some(list) = taken.pop()
        {
            left_out.insert(list.name, error.to_string());
        }
    }
    Ok(Effective { lists: CompiledWatchlists::compile(taken)?, left_out })
}

fn watchlist(name: &str, definition: &WatchlistDefinition) -> Watchlist {
    let WatchlistDefinition { terms, languages, alert_posts, alert_growth, cooldown_minutes } =
        definition.clone();
    let term_files = Vec::new();
    Watchlist {
        name: name.to_owned(),
        terms,
        term_files,
        languages,
        alert_posts,
        alert_growth,
        cooldown_minutes,
    }
}

fn definition(list: &Watchlist) -> WatchlistDefinition {
    // What the files say is among the terms.
    let Watchlist { terms, languages, alert_posts, alert_growth, cooldown_minutes, .. } = list.clone();
    WatchlistDefinition { terms, languages, alert_posts, alert_growth, cooldown_minutes }
}

struct OverLog {
    log: Arc<dyn Log>,
    of_settings: Vec<Watchlist>,
}

impl Backend for OverLog {
    fn check(
        &self,
        name: &str,
        definition: &WatchlistDefinition,
        others: &BTreeMap<String, WatchlistDefinition>,
    ) -> Result<(), Invalid> {
        let invalid = |InvalidSettings { name, rule }: InvalidSettings| {
            let field = name.strip_prefix("watchlists.").unwrap_or(name).to_owned();
            Invalid { field, rule: rule.into_owned() }
        };
        // What is left out already is no reason against another list.
        let watched = effective(&self.of_settings, others).map_err(invalid)?.lists;
        let all = watched.lists().iter().cloned().chain([watchlist(name, definition)]);
        CompiledWatchlists::compile(all.collect()).map(|_| ()).map_err(invalid)
    }

    fn append(&self, record: &WatchlistRecord) -> Result<u64, NotStored> {
        let failed = |error: &dyn std::fmt::Display| NotStored(error.to_string());
        let value = codec::Encoder::default().encode_to_vec(record).map_err(|error| failed(&error))?;
        let record =
            NewRecord { timestamp_micros: record.at.0, key: record.name.clone().into(), value: value.into() };
        let transaction = Transaction {
            appends: vec![(Topic::Watchlists.name().to_owned(), 0, vec![record])],
            ..Transaction::default()
        };
        let committed = self.log.commit(transaction).map_err(|error| failed(&error))?;
        let offsets = committed.offsets.first().ok_or_else(|| failed(&"the log gave no offset"))?;
        Ok(offsets.start)
    }

    fn now(&self) -> Micros {
        wall_clock()
    }
}

#[cfg(test)]
mod tests {
    use skytrend_log::TopicSpec;
    use skytrend_log::memory::MemoryLog;
    use skytrend_serve::watchlists::{Change, Refused, Standing};

    use super::*;

    fn log() -> Arc<dyn Log> {
        let log = MemoryLog::new();
        let name = Topic::Watchlists.name().to_owned();
        log.create_topic(&TopicSpec { name, partitions: 1, retention: None, retention_bytes: None }).unwrap();
        Arc::new(log)
    }

    fn list(name: &str, terms: &[&str]) -> Watchlist {
        let terms = terms.iter().map(|&term| term.to_owned()).collect();
        Watchlist { name: name.to_owned(), terms, ..Watchlist::default() }
    }

    fn named(lists: &CompiledWatchlists) -> Vec<&str> {
        lists.lists().iter().map(|list| list.name.as_str()).collect()
    }

    #[test]
    fn what_was_put_stands_again_after_a_restart() {
        let log = log();
        let watchlists = over(&log, &[list("weather", &["rain"])], true);
        let sea = definition(&list("sea", &["tide"]));
        assert_eq!(watchlists.put("sea", sea.clone(), "anna"), Ok(Change::Added(0)));
        assert_eq!(watchlists.put("sea", sea.clone(), "anna"), Ok(Change::Nothing(0)));
        assert_eq!(
            watchlists.put("land", definition(&list("land", &["hill"])), "anna"),
            Ok(Change::Added(1))
        );
        assert_eq!(watchlists.remove("land", "berta"), Ok(2));
        assert_eq!(watchlists.remove("land", "berta"), Err(Refused::Nothing));
        assert_eq!(watchlists.put("weather", sea.clone(), "anna"), Err(Refused::OfSettings));

        let again = over(&log, &[], true);
        assert_eq!(apply_all(&again, log.as_ref()).unwrap(), 3);
        assert_eq!(again.names(), ["sea"]);
        let Some(Standing::Changed(0, record)) = again.get("sea") else { panic!("it is there") };
        assert_eq!((&record.definition, &*record.by), (&Some(sea), "anna"));
    }

    #[test]
    fn a_list_that_the_settings_hide_is_removed_and_no_reason_against_others() {
        let log = log();
        let sea = definition(&list("sea", &["tide"]));
        over(&log, &[], true).put("sea", sea.clone(), "anna").unwrap();
        // The settings have grown.
        let watchlists = over(&log, &[list("sea", &["wave"])], true);
        apply_all(&watchlists, log.as_ref()).unwrap();
        assert_eq!(watchlists.put("land", sea.clone(), "anna"), Ok(Change::Added(1)));
        assert_eq!(watchlists.put("sea", sea, "anna"), Err(Refused::OfSettings));
        assert_eq!(watchlists.remove("sea", "anna"), Ok(2));
        assert_eq!(watchlists.remove("sea", "anna"), Err(Refused::OfSettings));
        assert_eq!(watchlists.names(), ["land", "sea"]);
    }

    #[test]
    fn what_is_wrong_is_named_and_not_stored() {
        let log = log();
        let watchlists = over(&log, &[list("weather", &["rain"])], true);
        let whole = definition(&list("", &["tide"]));
        for (name, put, field) in [
            ("a b", whole.clone(), "name"),
            ("a", WatchlistDefinition { terms: vec!["/(/".to_owned()], ..whole.clone() }, "terms"),
            ("a", WatchlistDefinition { terms: Vec::new(), ..whole.clone() }, "terms"),
            (
                "a",
                WatchlistDefinition { languages: vec!["english".to_owned()], ..whole.clone() },
                "languages",
            ),
            (
                "a",
                WatchlistDefinition { languages: vec!["en".to_owned(); 201], ..whole.clone() },
                "languages",
            ),
            ("a", WatchlistDefinition { alert_posts: 0, ..whole.clone() }, "alert_posts"),
            ("a", WatchlistDefinition { alert_growth: 0.5, ..whole.clone() }, "alert_growth"),
            ("a", WatchlistDefinition { cooldown_minutes: 0, ..whole.clone() }, "cooldown_minutes"),
        ] {
            let Err(Refused::Invalid(invalid)) = watchlists.put(name, put, "anna") else {
                panic!("{name:?} was taken")
            };
            assert_eq!(invalid.field, field, "{invalid}");
        }
        // Those of the settings count.
        let many = (0..20_000).map(|term| format!("w{term}")).collect();
        let refused = watchlists.put("a", WatchlistDefinition { terms: many, ..whole.clone() }, "anna");
        assert!(matches!(refused, Err(Refused::Invalid(invalid)) if invalid.field == "terms"));
        assert_eq!(log.bounds(Topic::Watchlists.name(), 0).unwrap(), 0..0);
        for number in 0..99 {
            watchlists.put(&format!("l{number}"), whole.clone(), "anna").unwrap();
        }
        let refused = watchlists.put("one_more", whole, "anna");
        assert!(matches!(refused, Err(Refused::Invalid(invalid)) if invalid.field == "watchlists"));
    }

    #[test]
    fn the_settings_win_and_what_does_not_fit_is_left_out() {
        let put = |lists: &[Watchlist]| {
            lists.iter().map(|list| (list.name.clone(), definition(list))).collect::<BTreeMap<_, _>>()
        };
        let lists = [list("sea", &["tide"]), list("weather", &["sun"]), list("odd", &["/(/"])];
        let watched = effective(&[list("weather", &["rain"])], &put(&lists)).unwrap();
        assert_eq!(named(&watched.lists), ["weather", "sea"]);
        assert_eq!(watched.lists.lists()[0].terms, ["rain"]);
        assert_eq!(watched.left_out.keys().collect::<Vec<_>>(), ["odd", "weather"]);
    }
}
