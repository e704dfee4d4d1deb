//! Keys, and the screen at several sizes as a terminal would show it.

use std::ffi::OsStr;
use std::sync::Arc;

use proptest::prelude::*;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::{Color, Modifier};
use skytrend_event::{AlertKind, KeywordKind, Trend, TrendStatus};

use super::app::Page;
use super::*;
use crate::example::{alert, at, count, trend};
use crate::screen::{Connection, WarmUp};
use crate::view::{self, TrendView};

fn model() -> ScreenModel {
    let mut tokyo = Trend {
        status: TrendStatus::Started,
        rank_change: None,
        language: "ja".to_owned(),
        ..trend("#東京オリンピック2025開会式", 2, 10)
    };
    tokyo.sample_posts[0].text =
        "開会式が始まった！\u{202e}みんな見てる？ https://example.com/とても長いリンクです".to_owned();
    let mut emoji = Trend {
        status: TrendStatus::Fading,
        rank_change: Some(-11),
        kind: KeywordKind::Phrase,
        ..trend("👩\u{200d}🚀🚀🚀 to the moon again", 3, 10)
    };
    emoji.frequency = 1_234_567;
    let mut hostile =
        Trend { status: TrendStatus::Peaking, ..trend("\u{1b}]0;owned\u{7}evil\u{9b}2J", 4, 10) };
    hostile.sample_posts[0].text = "line one\r\n\u{1b}[31mline two\u{2066}".to_owned();
    hostile.growth_rate = f64::INFINITY;
    ScreenModel {
        source: "simulated world".to_owned(),
        connection: Connection::Connected,
        dashboard: Some("http://127.0.0.1:7077/".to_owned()),
        simulated_time: true,
        window_start: Some(at(0)),
        window_end: Some(at(10)),
        events_per_second: Some(1_234.0),
        lag_seconds: Some(1.5),
        warm_up: Some(WarmUp { minutes: 14, minutes_needed: 60 }),
        trends: [trend("quake", 1, 10), tokyo, emoji, hostile].map(Arc::new).to_vec(),
        alerts: vec![
            Arc::new(alert("quake", AlertKind::Started, 10)),
            Arc::new(alert("goal", AlertKind::Ended, 9)),
        ],
        waiting: Vec::new(),
        notice: None,
    }
}

fn app() -> App {
    let mut app = App::new(WindowKind::Sliding, None);
    app.show(model());
    app
}

fn key(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// Presses keys as they are typed: `\n` is Enter, `\u{1b}` Escape.
fn press(app: &mut App, keys: &str) -> Option<Request> {
    let mut last = None;
    for c in keys.chars() {
        let code = match c {
            '\n' => KeyCode::Enter,
            '\u{1b}' => KeyCode::Esc,
            c => KeyCode::Char(c),
        };
        last = app.press(&key(code));
    }
    last
}

fn shown(app: &mut App, width: u16, height: u16, no_color: Option<&str>) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a backend in memory");
    let palette = Palette::by_no_color(no_color.map(OsStr::new));
    terminal.draw(|frame| app.fit(draw::draw(app, palette, frame))).expect("a backend in memory");
    terminal
}

/// The lines without the spaces at their ends. A wide character's second cell is empty.
fn text(terminal: &Terminal<TestBackend>) -> String {
    let buffer = terminal.backend().buffer();
    let row = |y: u16| {
        let mut line = String::new();
        let mut covered = 0;
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if covered > 0 {
                covered -= 1;
                continue;
            }
            line.push_str(symbol);
            covered = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
        }
        format!("{}\n", line.trim_end())
    };
    (0..buffer.area.height).map(row).collect()
}

fn seen(app: &mut App, width: u16, height: u16) -> String {
    text(&shown(app, width, height, None))
}

/// Keywords on the screen, from top to bottom, by the beginning of each.
fn order(app: &mut App) -> Vec<usize> {
    let text = seen(app, 120, 30);
    let mut places: Vec<_> = ["1 ▲2", "2 new", "3 ▼11", "4 ▲2"]
        .iter()
        .enumerate()
        .filter_map(|(at, row)| text.find(row).map(|place| (place, at + 1)))
        .collect();
    places.sort_unstable();
    places.into_iter().map(|(_, rank)| rank).collect()
}

#[test]
fn the_list_tells_source_numbers_trends_reasons_alerts_and_keys() {
    for (width, height) in [(80, 24), (120, 30), (200, 60)] {
        let text = seen(&mut app(), width, height);
        for part in [
            "simulated world, connected",
            "2025-03-01 12:10 UTC (simulated)",
            "1.2k events/s · lag 1.5 s · warming up, 14 of 60 min",
            "sliding window · by rank",
            "1 ▲2   quake",
            "×27.4",
            "rising !",
            "#東京オリ",
            "http://127.0.0.1:7077/",
            "quake: 0.0 count, 0.0 usual",
            "12:10 started · quake",
            "last hour: posts a minute",
            "? help",
        ] {
            assert!(text.contains(part), "{part:?} at {width}x{height} in\n{text}");
        }
    }
    assert!(seen(&mut app(), 120, 30).contains("status    why"), "a column of reasons");
}

#[test]
fn a_small_terminal_has_the_table_before_all_else() {
    let text = seen(&mut app(), 40, 10);
    assert!(text.contains("1 ▲2   quake") && text.contains("? help"), "{text}");
    assert!(!text.contains("alerts\n"), "{text}");
}

#[test]
fn orders_and_filters_change_the_list() {
    let mut app = app();
    assert_eq!(order(&mut app), [1, 2, 3, 4]);
    press(&mut app, "r");
    assert_eq!(order(&mut app), [4, 3, 2, 1]);
    press(&mut app, "rss");
    assert_eq!(order(&mut app), [3, 1, 2, 4], "by posts");
    press(&mut app, "tt");
    assert_eq!(order(&mut app), [2], "hashtags");
    press(&mut app, "\u{1b}l");
    assert_eq!(order(&mut app), [3, 1, 4], "in English");
    press(&mut app, "\u{1b}/MOON");
    let text = seen(&mut app, 80, 24);
    assert!(text.contains("/MOON▏") && text.contains("1 of 4 trends"), "{text}");
    assert_eq!(press(&mut app, "q"), None, "a key while typing is a letter");
    let text = seen(&mut app, 80, 24);
    assert!(text.contains("Nothing here fits the filters") && text.contains("There are 4 trends"), "{text}");
    press(&mut app, "\u{1b}");
    assert_eq!(order(&mut app), [3, 1, 2, 4], "Escape leaves the filter, the order stays");
}

#[test]
fn the_row_follows_its_trend_and_stays_within_the_list() {
    let mut app = app();
    press(&mut app, "jj");
    let mut next = model();
    next.trends.rotate_left(2);
    for (rank, trend) in (1..).zip(&mut next.trends) {
        Arc::make_mut(trend).rank = rank;
    }
    app.show(next);
    assert_eq!(app.row, 0);
    press(&mut app, "G");
    assert_eq!(app.row, 3);
    app.show(ScreenModel { trends: vec![Arc::new(trend("other one", 1, 11))], ..model() });
    assert_eq!(app.row, 0);
    app.show(ScreenModel { trends: Vec::new(), ..model() });
    press(&mut app, "jG\n");
    assert_eq!((app.row, &app.page), (0, &Page::List), "there is nothing to open");
}

#[test]
fn a_trends_page_has_its_curve_reasons_words_and_posts() {
    let mut app = app();
    press(&mut app, "\n");
    let view = TrendView::new(&view::Settings::default());
    for minute in 0..=10_i64 {
        view.apply_count(&count("quake", 10 * minute.unsigned_abs(), minute));
    }
    view.apply_trend(trend("quake", 1, 10));
    app.history = view.history(&app.keyword().expect("a trend is open"));
    let text = seen(&mut app, 80, 80);
    for part in [
        "rising · ! alert · word · en · rank 1 of all languages · since 12:07, 3 min",
        "412 posts by 371 people",
        "at most 100 posts, at 12:10; 100 in the last, where 12 were expected",
        "█ posts ░ what is usual",
        "Why it trends",
        "far enough for an alert",
        "confidence 100%",
        "Related earthquake",
        "12:10 did anyone else feel that?",
        "https://bsky.app/profile/did:plc:2222222222222222222222aa/post/3lzzzzzzzzz22",
    ] {
        assert!(text.replace('\n', " ").contains(part), "{part:?} in\n{text}");
    }
    assert!(text.contains('█') && text.contains('▓'), "{text}");
    app.show(ScreenModel { trends: Vec::new(), ..model() });
    assert!(seen(&mut app, 80, 24).contains("It has left the list; this is how it was at 12:10."));
    press(&mut app, "G");
    assert!(seen(&mut app, 80, 24).contains("https://bsky.app/"), "its end can be scrolled to");
    let end = app.scroll;
    press(&mut app, "jj");
    seen(&mut app, 80, 24);
    assert_eq!(app.scroll, end, "and nothing is beyond it");
    press(&mut app, "\u{1b}");
    assert_eq!(app.page, Page::List);
}

#[test]
fn help_names_every_key_and_alerts_have_a_page() {
    let mut app = app();
    press(&mut app, "\na?");
    let text = seen(&mut app, 80, 40);
    for (name, meaning) in keys::HELP {
        assert!(text.contains(name) && text.contains(meaning), "{name} in\n{text}");
    }
    press(&mut app, "\u{1b}");
    assert!(seen(&mut app, 80, 24).contains("12:09 ended · goal"));
    press(&mut app, "aa\u{1b}");
    assert_eq!(app.page, Page::List);
}

#[test]
fn paused_is_frozen_and_says_so() {
    let mut app = app();
    press(&mut app, " ");
    let away = Some("no answer from there".to_owned());
    app.show(ScreenModel { trends: Vec::new(), notice: away, ..model() });
    let text = seen(&mut app, 80, 24);
    assert!(
        text.contains("PAUSED") && text.contains("quake") && text.contains("no answer from there"),
        "{text}"
    );
    press(&mut app, " ");
    app.show(ScreenModel { trends: Vec::new(), ..model() });
    assert!(!seen(&mut app, 80, 24).contains("PAUSED"));
}

#[test]
fn q_and_control_c_quit_wherever_they_can_and_control_z_suspends() {
    let control = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
    for before in ["", "\n", "?", "a"] {
        let mut app = app();
        press(&mut app, before);
        assert_eq!(press(&mut app, "q"), Some(Request::Quit));
        assert_eq!(app.press(&control('c')), Some(Request::Quit));
    }
    let mut app = app();
    press(&mut app, "/");
    assert_eq!(press(&mut app, "q"), None);
    assert_eq!(app.press(&control('z')), Some(Request::Suspend));
    assert_eq!(app.press(&control('c')), Some(Request::Quit));
    assert_eq!(app.press(&control('q')), None);
}

#[test]
fn the_dashboards_page_is_opened_by_a_url_without_anything_strange() {
    let mut app = app();
    press(&mut app, "G");
    let Some(Request::Browse(url)) = press(&mut app, "o") else { panic!("no page") };
    assert_eq!(url, "http://127.0.0.1:7077/trend/%1B%5D0%3Bowned%07evil%C2%9B2j");
    app.show(ScreenModel { dashboard: None, ..model() });
    assert_eq!(press(&mut app, "o"), None);
    assert!(seen(&mut app, 80, 24).contains("there is no dashboard"));
}

#[test]
fn the_window_is_switched() {
    let mut app = app();
    press(&mut app, " w");
    assert_eq!((app.window, app.is_paused), (WindowKind::Tumbling, false));
    assert!(seen(&mut app, 80, 24).contains("tumbling window"));
}

#[test]
fn an_empty_table_says_what_it_waits_for() {
    let mut app = app();
    let waiting = vec!["Learning what is usual".to_owned(), "20 of 30 minutes so far".to_owned()];
    app.show(ScreenModel { waiting, ..ScreenModel::default() });
    let text = seen(&mut app, 80, 24);
    assert!(text.contains("\nLearning what is usual\n20 of 30 minutes so far\n"), "{text}");
}

#[test]
fn why_a_connection_is_lost_can_be_read_whole() {
    let reason = "can't reach wss://jetstream.example/subscribe, retrying in 14 s: the certificate of the host was \
                  issued by an authority that is not known here";
    let connection = Connection::Reconnecting { reason: reason.to_owned() };
    let mut app = app();
    app.show(ScreenModel { connection, ..model() });
    let text = seen(&mut app, 80, 24);
    assert!(text.contains("simulated world, reconnecting"), "{text}");
    assert!(text.replace('\n', " ").contains(reason), "{text}");
}

#[test]
fn no_color_means_no_colour_and_the_selected_row_is_still_seen() {
    for (no_color, coloured) in [(None, true), (Some(""), true), (Some("1"), false)] {
        let terminal = shown(&mut app(), 120, 24, no_color);
        let cells = terminal.backend().buffer().content();
        let any = cells.iter().any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset);
        assert_eq!(any, coloured, "NO_COLOR={no_color:?}");
        assert!(cells.iter().any(|cell| cell.modifier.contains(Modifier::REVERSED)));
    }
}

#[test]
fn it_leaves_what_it_entered() {
    let (mut entered, mut left) = (Vec::new(), Vec::new());
    enter(&mut entered).expect("a Vec takes all");
    leave(&mut left).expect("a Vec takes all");
    assert_eq!(entered, b"\x1b[?1049h\x1b[?25l");
    assert_eq!(left, b"\x1b[?1049l\x1b[?25h");
}

fn any_text() -> impl Strategy<Value = String> {
    ".{0,30}|[\\u{0}-\\u{10FFFF}]{0,30}|[a👩\\u{200d}\\u{fe0f}東\\u{202e}\\u{301}\\u{1b}]{0,30}"
}

fn any_key() -> impl Strategy<Value = KeyEvent> {
    let code = prop_oneof![
        any::<char>().prop_map(KeyCode::Char),
        prop::sample::select("jkgGqsrltwao/? h\u{7}".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
        prop::sample::select(vec![
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Backspace,
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::Home,
            KeyCode::End,
            KeyCode::F(1),
        ]),
    ];
    (code, prop_oneof![9 => Just(KeyModifiers::NONE), 1 => Just(KeyModifiers::CONTROL)])
        .prop_map(|(code, modifiers)| KeyEvent::new(code, modifiers))
}

/// A trend with any text and any numbers.
fn any_trend() -> impl Strategy<Value = Trend> {
    let numbers =
        (any::<f64>(), any::<f64>(), any::<f64>(), any::<u64>(), any::<i64>(), any::<Option<i32>>());
    (any_text(), any_text(), any_text(), any_text(), numbers).prop_map(
        |(keyword, sample, related, id, numbers)| {
            let mut trend = trend(&keyword, 1, 10);
            let (expected, z, share, posts, instant, change) = numbers;
            (trend.expected, trend.z_score, trend.organic_share) = (expected, z, share);
            (trend.why.observed, trend.why.dispersion, trend.why.repeated) = (z, share, expected);
            (trend.frequency, trend.rank_change) = (posts, change);
            // Within the years that have a date.
            trend.started_at.0 = instant >> 8;
            trend.sample_posts[0].uri.push_str(&sample);
            trend.sample_posts[0].text = sample;
            (trend.related, trend.topic_id) = (vec![related.clone()], id);
            (trend.terms, trend.language) = (vec![keyword.clone(), related.clone()], related);
            trend
        },
    )
}

proptest! {
    #[test]
    fn any_keys_at_any_size_on_any_texts_draw_without_control_characters(
        trends in prop::collection::vec(any_trend(), 0..4),
        texts in prop::collection::vec(any_text(), 3),
        keys in prop::collection::vec(any_key(), 0..12),
        width in 1..220_u16, height in 1..70_u16,
    ) {
        let mut hostile = model();
        hostile.trends.extend(trends.into_iter().map(Arc::new));
        hostile.connection = Connection::Reconnecting { reason: texts[0].clone() };
        (hostile.source, hostile.notice) = (texts[1].clone(), Some(texts[2].clone()));
        (hostile.waiting, hostile.dashboard) = (texts.clone(), texts.first().cloned());
        Arc::make_mut(&mut hostile.alerts[0]).keyword.clone_from(&texts[2]);
        let mut app = App::new(WindowKind::Sliding, None);
        app.show(hostile.clone());
        for pressed in keys {
            app.press(&pressed);
            let terminal = shown(&mut app, width, height, None);
            let cells = terminal.backend().buffer().content();
            prop_assert!(!cells.iter().any(|cell| cell.symbol().chars().any(char::is_control)));
            app.show(hostile.clone());
        }
    }
}
