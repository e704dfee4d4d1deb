//! The metrics of the program itself, declared once: name, unit, help. Stages record them through the functions
//! here. Other crates declare theirs.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

const RECORDS_EXPIRED_UNREAD: &str = "skytrend_records_expired_unread_total";
const EVENTS: &str = "skytrend_events_processed_total";
const POSTS: &str = "skytrend_posts_processed_total";
const DROPPED: &str = "skytrend_dropped_total";
const COMMIT: &str = "skytrend_ingest_commit_seconds";
const WINDOWS: &str = "skytrend_windows_written_total";
const DETECTION_LATENCY: &str = "skytrend_trend_detection_latency_seconds";
const SNAPSHOT_BYTES: &str = "skytrend_detector_snapshot_bytes";
const SNAPSHOT_SECONDS: &str = "skytrend_detector_snapshot_seconds";
const KEYWORDS: &str = "skytrend_detector_keywords";
const OCCURRENCES: &str = "skytrend_detector_occurrences";
const DETECTOR_MEMORY: &str = "skytrend_detector_memory_bytes";
const SHED: &str = "skytrend_detector_shed_total";
const ENGAGEMENTS: &str = "skytrend_detector_engagements_total";
const LIVE_COUNTS_SECONDS: &str = "skytrend_live_counts_seconds";
const LAG: &str = "skytrend_log_lag_records";
const MEMORY: &str = "skytrend_process_resident_bytes";

/// Tells the recorder the unit and the help of each metric, of the other crates too. Once, after it is installed.
pub fn describe() {
    skytrend_source::bluesky::metrics::describe();
    skytrend_log::metrics::describe();
    skytrend_serve::metrics::describe();
    skytrend_sink::metrics::describe();
    describe_counter!(EVENTS, Unit::Count, "Events appended to the log, by topic.");
    describe_counter!(POSTS, Unit::Count, "Posts created or updated, appended to the log.");
    describe_counter!(DROPPED, Unit::Count, "Inputs or parts of inputs dropped, by reason.");
    describe_histogram!(COMMIT, Unit::Seconds, "Time of one commit of ingested events.");
    describe_counter!(WINDOWS, Unit::Count, "Windows closed and written.");
    describe_histogram!(
        DETECTION_LATENCY,
        Unit::Seconds,
        "Time from closing windows to their results in the log."
    );
    describe_gauge!(SNAPSHOT_BYTES, Unit::Bytes, "Size of the detector's last snapshot.");
    describe_histogram!(SNAPSHOT_SECONDS, Unit::Seconds, "Time to save a snapshot of the detector.");
    describe_gauge!(KEYWORDS, Unit::Count, "Keywords with a baseline.");
    describe_gauge!(OCCURRENCES, Unit::Count, "Keyword occurrences in the open windows.");
    describe_gauge!(DETECTOR_MEMORY, Unit::Bytes, "Memory that the detector holds, about.");
    describe_counter!(
        SHED,
        Unit::Count,
        "What the detector left out or gave up at one of its limits, by what: late_events, events_out_of_time, \
         events_of_unknown_partition, events, posts, engagements, occurrences, keywords_of_a_post, keyword_baselines, sessions."
    );
    describe_counter!(
        ENGAGEMENTS,
        Unit::Count,
        "Reposts and likes that the detector read, where they have a weight, without those that it left out by it; by \
         what: counted, without_post, retracted."
    );
    describe_histogram!(
        LIVE_COUNTS_SECONDS,
        Unit::Seconds,
        "Time of one look at what has come since the newest windows, while somebody follows the live counts."
    );
    describe_gauge!(LAG, Unit::Count, "Records that a stage has yet to read, by stage.");
    describe_gauge!(MEMORY, Unit::Bytes, "Resident memory of this process.");
    describe_counter!(
        RECORDS_EXPIRED_UNREAD,
        Unit::Count,
        "Records removed by retention before their stage read them, by topic."
    );
}

/// One commit of ingested events.
pub fn ingested(topic: &'static str, events: u64) {
    counter!(EVENTS, "topic" => topic).increment(events);
}

/// Posts among them.
pub fn posts(count: u64) {
    counter!(POSTS).increment(count);
}

/// Input, or a part of one, that was dropped.
pub fn dropped(reason: &'static str, count: u64) {
    counter!(DROPPED, "reason" => reason).increment(count);
}

/// How long a commit of ingested events took.
pub fn ingest_committed(took: Duration) {
    histogram!(COMMIT).record(took.as_secs_f64());
}

/// Windows written, and how long it took from closing them.
pub fn windows_written(windows: u64, took: Duration) {
    counter!(WINDOWS).increment(windows);
    histogram!(DETECTION_LATENCY).record(took.as_secs_f64());
}

/// A snapshot of the detector.
pub fn snapshot_saved(bytes: usize, took: Duration) {
    gauge!(SNAPSHOT_BYTES).set(bytes as f64);
    histogram!(SNAPSHOT_SECONDS).record(took.as_secs_f64());
}

/// One look at what has come since the newest windows.
pub fn live_counted(took: Duration) {
    histogram!(LIVE_COUNTS_SECONDS).record(took.as_secs_f64());
}

/// The detector's own figures.
pub fn detector(stats: &skytrend_trend::Stats) {
    gauge!(KEYWORDS).set(stats.tracked_keywords as f64);
    gauge!(OCCURRENCES).set(stats.occurrences as f64);
    gauge!(DETECTOR_MEMORY).set(stats.memory_bytes as f64);
    let counters = &stats.counters;
    for (what, count) in [
        ("late_events", counters.events_late),
        ("events_out_of_time", counters.events_out_of_time),
        ("events_of_unknown_partition", counters.events_of_unknown_partition),
        ("events", counters.events_shed),
        ("posts", counters.posts_shed),
        ("engagements", counters.engagements_shed),
        ("occurrences", counters.occurrences_shed),
        ("keywords_of_a_post", counters.keywords_over_limit),
        ("keyword_baselines", counters.states_evicted),
        ("sessions", stats.sessions_cut),
    ] {
        counter!(SHED, "what" => what).absolute(count);
    }
    for (what, count) in [
        ("counted", counters.engagements_counted),
        ("without_post", counters.engagements_without_post),
        ("retracted", counters.engagements_retracted),
    ] {
        counter!(ENGAGEMENTS, "what" => what).absolute(count);
    }
}

/// Records that were gone when their stage came to read them.
pub fn expired_unread(topic: &'static str, records: u64) {
    counter!(RECORDS_EXPIRED_UNREAD, "topic" => topic).increment(records);
}

/// How far a stage is behind the log.
pub fn lag(stage: &'static str, records: u64) {
    gauge!(LAG, "stage" => stage).set(records as f64);
}

/// What the process holds in memory.
pub fn resident(resident_bytes: u64) {
    gauge!(MEMORY).set(resident_bytes as f64);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fmt::Write as _;
    use std::path::Path;
    use std::sync::Mutex;

    use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString};

    use super::*;

    /// Unit, kind and help by name.
    #[derive(Default)]
    struct Declared(Mutex<BTreeMap<String, (&'static str, &'static str, String)>>);

    impl Declared {
        fn add(&self, kind: &'static str, name: &KeyName, unit: Option<Unit>, help: &SharedString) {
            let unit = unit.expect("every metric has a unit").as_str();
            let before =
                self.0.lock().unwrap().insert(name.as_str().to_owned(), (kind, unit, help.to_string()));
            assert!(before.is_none(), "{} is declared twice", name.as_str());
        }
    }

    impl Recorder for Declared {
        fn describe_counter(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
            self.add("counter", &name, unit, &help);
        }

        fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
            self.add("gauge", &name, unit, &help);
        }

        fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
            self.add("histogram", &name, unit, &help);
        }

        fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
            Counter::noop()
        }

        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }

        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }

    fn declared() -> BTreeMap<String, (&'static str, &'static str, String)> {
        let recorder = Declared::default();
        metrics::with_local_recorder(&recorder, describe);
        recorder.0.into_inner().unwrap()
    }

    #[test]
    fn names_carry_prefix_and_unit() {
        for (name, (kind, unit, help)) in declared() {
            assert!(name.starts_with("skytrend_"), "{name}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{name}");
            let bare = name.trim_end_matches("_total");
            assert_eq!(unit == "bytes", bare.ends_with("_bytes"), "{name}");
            assert_eq!(unit == "seconds", bare.ends_with("_seconds"), "{name}");
            assert!(
                help.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit()) && help.ends_with('.'),
                "{name}: {help}"
            );
        }
    }

    /// The page is written from the declarations: `SKYTREND_BLESS=1` writes it anew.
    #[test]
    fn the_page_of_metrics_is_what_is_declared() {
        let mut page = "# Metrics\n\n\
             `GET /metrics` serves these in Prometheus' text format. Written from the program's own declarations; a test \
             compares.\n\n\
             | metric | kind | unit | what it says |\n|---|---|---|---|\n"
            .to_owned();
        for (name, (kind, unit, help)) in declared() {
            writeln!(page, "| `{name}` | {kind} | {unit} | {help} |").unwrap();
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
        if std::env::var_os("SKYTREND_BLESS").is_some() {
            std::fs::write(&path, &page).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(&path).unwrap_or_default(),
            page,
            "docs/metrics.md is not up to date"
        );
    }
}
