//! The judge on lists made by hand, and a small world both ways: in process, and written to a file and replayed.

#![expect(clippy::float_cmp, reason = "the expected quotients are made of the same small numbers")]

use skytrend_sim::quality::TermKind;
use skytrend_sim::quality::{
    Habit, NegativeKind, Shape, Tongue, TrackedTerm, TrueEvent, TrueNegative, TrueTerm,
};

use super::figures::Figures;
use super::judge::Judge;
use super::row::Row;
use super::subjects::{Source, Subjects};
use super::*;

/// Half an hour of warm-up, six hours that are scored.
const WARM: u32 = 30;
const SCORED: u32 = 360;

fn term(text: &str, kind: TermKind, weight: f32) -> TrueTerm {
    TrueTerm { text: text.to_owned(), kind, weight, is_fresh: true }
}

/// Two hours with `authors` a minute, and no more.
fn event(from: u32, authors: f32, terms: Vec<TrueTerm>) -> TrueEvent {
    TrueEvent {
        language: Tongue::English,
        shape: Shape::Plateau,
        t0: from,
        tpeak: from + 5,
        end: from + 119 + 15,
        peak: authors,
        is_fresh: true,
        is_night: false,
        terms,
        from,
        authors_per_minute: vec![authors; 120],
    }
}

/// A large event with two terms and a small one about a name; a flood and a wave; a daily word.
fn truth() -> Arc<Truth> {
    let negative = |kind, text: &str| TrueNegative {
        kind,
        language: Tongue::English,
        text: text.to_owned(),
        minutes: WARM + 200..WARM + 230,
        accounts: 5,
        words: vec!["cheapest".to_owned()],
    };
    Arc::new(Truth {
        settings: QualitySettings {
            warm_minutes: WARM,
            scored_minutes: SCORED,
            posts_per_minute: 100,
            ..QualitySettings::new(1)
        },
        outage: 0..0,
        surge: 0..0,
        events: vec![
            event(
                WARM + 40,
                20.0,
                vec![term("quake", TermKind::Word, 0.95), term("shakyground", TermKind::Hashtag, 0.5)],
            ),
            event(WARM + 45, 2.0, vec![term("mira sol", TermKind::Name, 0.95)]),
        ],
        negatives: vec![
            negative(NegativeKind::Flood, "buynow quickly"),
            negative(NegativeKind::Wave, "riseup"),
        ],
        tracked: vec![TrackedTerm { text: "morning".to_owned(), habit: Habit::Daily, bot_words: Vec::new() }],
    })
}

fn row(rank: u32, keywords: &[&str], z: f32) -> Row {
    let keywords = keywords.iter().map(|keyword| row::normalized(keyword)).collect();
    Row { minute: 0, rank, keywords, z, is_started: false }
}

/// Judges the lists that `list_of` gives for each minute of the scored period.
fn judged(list_of: impl Fn(u32) -> Vec<Row>) -> Judge {
    let truth = truth();
    let (mut subjects, mut judge) = (Subjects::new(&truth), Judge::new(Arc::clone(&truth)));
    for minute in WARM..WARM + SCORED {
        judge.rows(&mut subjects, minute, &list_of(minute - WARM));
    }
    judge.finish();
    judge
}

fn figures_of(list_of: impl Fn(u32) -> Vec<Row>) -> Figures {
    figures(&truth(), &judged(list_of), None, Some(6.0))
}

/// One row for each event, by size, while its posts are in the window.
fn perfect(minute: u32) -> Vec<Row> {
    match minute {
        40..45 => vec![row(1, &["#ShakyGround", "quake"], 20.0)],
        45..169 => vec![row(1, &["quake", "shakyground"], 20.0), row(2, &["Mira Sol"], 8.0)],
        169..173 => vec![row(1, &["Mira Sol"], 8.0)],
        _ => Vec::new(),
    }
}

#[test]
fn a_perfect_list_has_perfect_figures() {
    let figures = figures_of(perfect);
    assert_eq!((figures.average_precision, figures.native.recall), (1.0, 1.0));
    assert!(figures.ndcg.unwrap() > 1.0 - 1e-12, "{:?}", figures.ndcg);
    assert_eq!(figures.native.false_alarms_per_hour, 0.0);
    assert_eq!(figures.native.precision, Some(1.0));
    assert_eq!(figures.native.minutes_to_detect_median, Some(0.0));
    assert_eq!(figures.native.found_as_parts, 0);
    assert_eq!(figures.topics_pairwise_f1, Some(1.0));
    assert_eq!(figures.topic_twice_share, 0.0);
    assert_eq!(figures.episodes_per_keyword, Some(1.0));
}

#[test]
fn an_empty_list_has_none() {
    let figures = figures_of(|_| Vec::new());
    assert_eq!((figures.average_precision, figures.ndcg), (0.0, Some(0.0)));
    assert_eq!((figures.native.recall, figures.native.precision), (0.0, None));
    assert_eq!(figures.native.minutes_to_detect_median, None);
}

#[test]
fn precision_is_that_of_the_mixture() {
    // Five words without an event score between the two events; one of them comes back an hour later.
    let figures = figures_of(|minute| {
        let mut rows = perfect(minute);
        if (60..70).contains(&minute) {
            rows.extend(["a1", "b1", "c1", "d1"].map(|word| row(3, &[word], 10.0)));
            rows.push(row(7, &["morning"], 9.0));
        }
        if minute == 125 {
            rows.push(row(3, &["morning"], 9.5));
        }
        rows
    });
    // The first event is found before any false alarm, the second after six: 1/1 and 2/8.
    assert_eq!(figures.average_precision, f64::midpoint(1.0, 0.25));
    assert_eq!(figures.native.false_alarms_per_hour, 1.0);
    assert_eq!(figures.native.false_alarms_by_source[&Source::Filler], 4);
    assert_eq!(figures.native.false_alarms_by_source[&Source::Daily], 2);
    // At 0.2 an hour one false alarm is allowed, and equal ones go together: none of the four counts.
    assert_eq!(figures.at_budgets[0].recall, 0.5);
    assert_eq!(figures.at_budgets[1].recall, 1.0);
    assert_eq!(figures.alerts.unwrap().recall, 1.0);
}

#[test]
fn words_of_a_name_find_it_but_are_told_apart() {
    let figures = figures_of(|minute| if minute == 60 { vec![row(1, &["mira"], 5.0)] } else { Vec::new() });
    assert_eq!((figures.native.recall, figures.native.found_as_parts), (0.5, 1));
    assert_eq!(figures.native.minutes_to_detect_median, Some(15.0));
    assert_eq!(figures.native.false_alarms_per_hour, 0.0);
}

#[test]
fn a_second_row_about_the_same_event_gains_nothing() {
    let doubled = |minute: u32| match minute {
        45..160 => {
            vec![row(1, &["quake"], 20.0), row(2, &["shakyground"], 15.0), row(3, &["mira sol"], 8.0)]
        }
        _ => Vec::new(),
    };
    let figures = figures_of(doubled);
    assert!(figures.ndcg.unwrap() < figures_of(perfect).ndcg.unwrap());
    assert!(figures.ndcg_by_term.unwrap() > figures.ndcg.unwrap());
    assert_eq!(figures.topics_pairwise_f1, Some(0.0));
    assert!(figures.topic_twice_share > 0.2);
}

#[test]
fn two_events_in_one_row_are_a_mistake() {
    let mixed = |minute: u32| match minute {
        60..100 => vec![row(1, &["quake", "shakyground", "mira sol"], 20.0)],
        _ => Vec::new(),
    };
    // Three pairs in one row, of which one belongs together.
    assert_eq!(figures_of(mixed).topics_pairwise_f1, Some(0.5));
}

#[test]
fn rows_long_before_an_event_are_false_alarms_and_rows_just_before_are_not() {
    let only_at = |at: u32| {
        figures_of(move |minute| if minute == at { vec![row(1, &["quake"], 5.0)] } else { Vec::new() }).native
    };
    let (early, just_before) = (only_at(10), only_at(30));
    assert_eq!((early.recall, early.false_alarms_by_source.len()), (0.0, 1));
    assert_eq!((just_before.recall, just_before.false_alarms_by_source.len()), (0.0, 0));
}

#[test]
fn spam_is_named_and_waves_are_apart() {
    let figures = figures_of(|minute| match minute {
        210 => vec![
            row(1, &["buynow quickly"], 9.0),
            row(2, &["riseup"], 8.0),
            row(3, &["cheapest"], 7.0),
            row(4, &["quickly"], 6.0),
        ],
        300 => vec![row(1, &["buynow quickly"], 9.0)],
        _ => Vec::new(),
    });
    assert_eq!(
        figures.native.false_alarms_by_source[&Source::Flood],
        3,
        "the other words of its text and of its name, too"
    );
    assert_eq!(
        figures.native.false_alarms_by_source[&Source::Filler],
        1,
        "an hour after the flood it is a word"
    );
    assert_eq!(figures.native.false_alarms_per_hour, 4.0 / 6.0, "waves are not among them");
    assert_eq!(figures.native.wave_alarms, 1);
}

#[test]
fn coming_back_after_ten_minutes_is_a_second_finding() {
    let figures = figures_of(|minute| {
        let is_on = (50..60).contains(&minute) || (75..90).contains(&minute);
        let is_started = minute == 50 || minute == 75;
        if is_on { vec![Row { is_started, ..row(1, &["quake"], 9.0) }] } else { Vec::new() }
    });
    assert_eq!(figures.native.findings_per_event, Some(2.0));
    assert_eq!(figures.episodes_per_keyword, Some(2.0));
}

#[test]
fn keywords_are_compared_as_people_read_them() {
    assert_eq!(row::normalized("#ShakyGround"), "shakyground");
    assert_eq!(row::normalized("Taylor  Swift"), "taylor swift");
    assert_eq!(row::normalized("น\u{e49}ำ"), row::normalized("น\u{e49}\u{e4d}\u{e32}"));
}

#[test]
fn a_world_that_is_written_and_replayed_scores_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.jsonl");
    let settings = QualitySettings {
        posts_per_minute: 40,
        warm_minutes: 120,
        scored_minutes: 240,
        ..QualitySettings::new(11)
    };
    let all = Settings::from_layers(&crate::settings::layers::Layers::defaults()).unwrap();

    let world = QualityWorld::new(settings, false).unwrap();
    let mut writer = QualityWriter::create(&path).unwrap();
    for minute in world.clone() {
        writer.write(&minute).unwrap();
    }
    writer.finish().unwrap();
    let trends = folder.path().join("trends.jsonl");
    let asked = cli::Replay {
        map: None,
        files: vec![path],
        speed: 0.0,
        out: Some(trends.clone()),
        events: None,
        summary: cli::Summary::Json,
        log_dir: None,
    };
    crate::replay::run(&all, &asked).unwrap();

    let truth = Arc::clone(world.truth());
    let from_file = pipeline::judge_file(&trends, &truth).unwrap().judge;
    let in_process = pipeline::run(world, &all.trend, false, |_| ()).unwrap().judged.judge;
    let told = |judge: &Judge| serde_json::to_string(&figures(&truth, judge, None, Some(6.0))).unwrap();
    assert_eq!(told(&from_file), told(&in_process));
    assert!(figures(&truth, &in_process, None, None).native.recall > 0.3, "something was found");
}

#[test]
fn rivals_find_events_in_a_small_world_and_the_oracle_finds_most() {
    let settings = QualitySettings {
        posts_per_minute: 60,
        warm_minutes: 360,
        scored_minutes: 240,
        ..QualitySettings::new(12)
    };
    let world = QualityWorld::new(settings, true).unwrap();
    let judged = pipeline::run_rivals(world, |_| ());
    let recall = |at: usize| judged[at].figures.native.recall;
    assert_eq!(judged.len(), 8);
    assert!(recall(0) > 0.5 && judged[0].figures.native.false_alarms_per_hour > 20.0, "the seeds' rule");
    let oracle = judged.last().unwrap();
    assert!(oracle.figures.native.recall > 0.8, "{}", oracle.figures.native.recall);
    let best = judged.iter().map(|method| method.figures.average_precision).fold(0.0, f64::max);
    assert!(oracle.figures.average_precision >= best - 0.1);
}

#[test]
fn examples_name_what_was_missed_and_what_was_not_there() {
    let truth = truth();
    let (mut subjects, mut judge) = (Subjects::new(&truth), Judge::new(Arc::clone(&truth)));
    judge.rows(&mut subjects, WARM + 60, &[row(1, &["quake"], 9.0), row(2, &["#Nothing"], 7.0)]);
    judge.finish();
    let examples = examples(&truth, &judge, &subjects, Some(8.0));
    assert_eq!(examples.missed.len(), 1);
    assert_eq!((&*examples.missed[0].terms[0], examples.missed[0].best), ("mira sol", None));
    assert_eq!(examples.false_alarms.len(), 1);
    assert_eq!(examples.false_alarms[0].keyword, "nothing");
}
