//! The screen at several sizes, as a terminal would show it.

use std::ffi::OsStr;
use std::sync::Arc;

use proptest::prelude::*;
use ratatui::backend::TestBackend;
use ratatui::style::Color;
use skytrend_event::{AlertKind, Trend, TrendStatus};

use super::*;
use crate::example::{alert, at, trend};
use crate::screen::{Connection, WarmUp};

fn model() -> ScreenModel {
    let mut tokyo = Trend {
        status: TrendStatus::Started,
        rank_change: None,
        ..trend("#東京オリンピック2025開会式", 2, 10)
    };
    tokyo.sample_posts[0].text =
        "開会式が始まった！\u{202e}みんな見てる？ https://example.com/とても長いリンクです".to_owned();
    let mut emoji = Trend {
        status: TrendStatus::Fading,
        rank_change: Some(-11),
        ..trend("👩\u{200d}🚀🚀🚀 to the moon again", 3, 10)
    };
    emoji.frequency = 1_234_567;
    let mut hostile = Trend {
        status: TrendStatus::Peaking,
        rank_change: Some(0),
        ..trend("\u{1b}]0;owned\u{7}evil\u{9b}2J", 4, 10)
    };
    hostile.sample_posts[0].text = "line one\r\n\u{1b}[31mline two\u{2066}".to_owned();
    hostile.growth_rate = f64::INFINITY;
    ScreenModel {
        source: "simulated world".to_owned(),
        connection: Connection::Connected,
        dashboard: None,
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
        waiting_for: None,
    }
}

fn shown(model: &ScreenModel, width: u16, height: u16, no_color: Option<&str>) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a backend in memory");
    let palette = Palette::by_no_color(no_color.map(OsStr::new));
    terminal.draw(|frame| layout::draw(model, palette, frame)).expect("a backend in memory");
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

#[test]
fn eighty_columns() {
    assert_eq!(text(&shown(&model(), 80, 14, None)), include_str!("snapshots/80.txt"));
}

#[test]
fn one_hundred_and_twenty_columns() {
    assert_eq!(text(&shown(&model(), 120, 7, None)), include_str!("snapshots/120.txt"));
}

#[test]
fn two_hundred_columns() {
    assert_eq!(text(&shown(&model(), 200, 7, None)), include_str!("snapshots/200.txt"));
}

#[test]
fn an_empty_table_says_what_it_waits_for() {
    let waiting =
        ScreenModel { waiting_for: Some("the first full window".to_owned()), ..ScreenModel::default() };
    let text = text(&shown(&waiting, 80, 24, None));
    assert!(text.contains("\nno trends yet, waiting for the first full window\n"), "{text}");
}

#[test]
fn no_color_means_no_colour() {
    for (no_color, coloured) in [(None, true), (Some(""), true), (Some("1"), false)] {
        let terminal = shown(&model(), 120, 24, no_color);
        let any = terminal.backend().buffer().content().iter().any(|cell| cell.fg != Color::Reset);
        assert_eq!(any, coloured, "NO_COLOR={no_color:?}");
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

#[test]
fn q_escape_and_control_c_quit() {
    let key = |code, modifiers| Event::Key(KeyEvent::new(code, modifiers));
    assert!(is_quit(&key(KeyCode::Char('q'), KeyModifiers::NONE)));
    assert!(is_quit(&key(KeyCode::Esc, KeyModifiers::NONE)));
    assert!(is_quit(&key(KeyCode::Char('c'), KeyModifiers::CONTROL)));
    assert!(!is_quit(&key(KeyCode::Char('c'), KeyModifiers::NONE)));
    assert!(!is_quit(&Event::Resize(80, 24)));
}

proptest! {
    #[test]
    fn any_text_at_any_size_is_drawn_without_control_characters(
        keyword in ".{0,30}|[\\u{0}-\\u{10FFFF}]{0,30}", sample in "[\\u{0}-\\u{10FFFF}]{0,60}",
        width in 1..220_u16, height in 1..40_u16,
    ) {
        let mut model = model();
        let mut trend = trend(&keyword, 1, 10);
        trend.sample_posts[0].text = sample;
        model.trends.insert(0, Arc::new(trend));
        let terminal = shown(&model, width, height, None);
        let clean = terminal.backend().buffer().content().iter().all(|cell| !cell.symbol().chars().any(char::is_control));
        prop_assert!(clean);
    }
}
