//! Where everything stands: a function of the app's state and the terminal's size.

mod curve;
mod list;
mod pages;
mod trend;

use ratatui::Frame;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::app::{App, Page};
use super::palette::{Palette, Role};
use crate::screen::text::{Align, fit, wrap};
use crate::screen::{Connection, headline};

/// The keys at the bottom, by page.
const LIST_KEYS: &str = "? help  q quit  Enter open  / filter  s sort  r reverse  a alerts  space pause  l language  t kind  w window";
const PAGE_KEYS: &str = "? help  q quit  Esc back  j k scroll  o in a browser  a alerts  space pause";

/// Lines of the terminal from which on the numbers may take two of them.
const ROOM_FOR_LONG_NUMBERS: usize = 20;

/// What there was room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// Lines of the list, or of the page.
    pub(super) rows: usize,
    /// Lines scrolled away, which may be fewer than asked for.
    pub(super) scroll: usize,
}

/// A frame's size and style.
#[derive(Clone, Copy, Debug)]
struct Canvas {
    palette: Palette,
    width: usize,
    height: usize,
}

impl Canvas {
    /// One line of our own making, with its spaces as they are; the frame cuts it.
    fn own(self, text: impl Into<String>, role: Role) -> Line<'static> {
        Line::styled(text.into(), self.palette.style(role))
    }

    /// One line in one style, cleaned and cut at the width.
    fn line(self, text: &str, role: Role) -> Line<'static> {
        Line::styled(fit(text, self.width, Align::Left), self.palette.style(role))
    }

    /// As many lines as the text takes.
    fn lines(self, text: &str, role: Role) -> impl Iterator<Item = Line<'static>> {
        wrap(text, self.width).into_iter().map(move |line| Line::styled(line, self.palette.style(role)))
    }
}

pub(super) fn draw(app: &App, palette: Palette, frame: &mut Frame<'_>) -> Shown {
    let area = frame.area();
    let canvas = Canvas { palette, width: usize::from(area.width), height: usize::from(area.height) };
    let mut lines = head(app, canvas);
    let room = canvas.height.saturating_sub(lines.len() + 1);
    let body = match &app.page {
        Page::List => list::lines(app, canvas, room),
        Page::Alerts => scrolled(pages::alerts(app, canvas), app.scroll, room),
        Page::Help => scrolled(pages::help(canvas), app.scroll, room),
        Page::Trend { trend, is_listed } => {
            scrolled(trend::lines(app, trend, *is_listed, canvas), app.scroll, room)
        }
    };
    lines.extend(body.lines);
    lines.resize(canvas.height.saturating_sub(1), Line::default());
    lines.push(foot(app, canvas));
    frame.render_widget(Paragraph::new(lines), area);
    body.shown
}

/// A page's lines, and what was shown of them.
struct Body {
    lines: Vec<Line<'static>>,
    shown: Shown,
}

/// The part of the lines that fits, from `scroll` on, but never beyond the last.
fn scrolled(lines: Vec<Line<'static>>, scroll: usize, room: usize) -> Body {
    let scroll = scroll.min(lines.len().saturating_sub(room));
    let lines = lines.into_iter().skip(scroll).take(room).collect();
    Body { lines, shown: Shown { rows: room, scroll } }
}

/// Source, numbers, and what must be known before all else.
fn head(app: &App, canvas: Canvas) -> Vec<Line<'static>> {
    let numbers_lines = if canvas.height < ROOM_FOR_LONG_NUMBERS { 1 } else { 2 };
    let mut lines = vec![source_line(app, canvas)];
    lines.extend(canvas.lines(&headline::numbers(&app.model), Role::Plain).take(numbers_lines));
    let room = (canvas.height / 4).clamp(1, 4);
    let notices = headline::notices(&app.model);
    lines.extend(notices.iter().flat_map(|notice| canvas.lines(notice, Role::Down)).take(room));
    lines
}

/// Name and source at the left, the time at the right.
fn source_line(app: &App, canvas: Canvas) -> Line<'static> {
    let model = &app.model;
    let pause = if app.is_paused { "PAUSED  " } else { "" };
    let time = format!("  {pause}{}", headline::time(model));
    let time_width = time.chars().count(); // of digits and Latin letters
    let (name, rest) = ("skytrend  ", canvas.width.saturating_sub("skytrend  ".len() + time_width));
    let role = match model.connection {
        Connection::Connected => Role::Up,
        Connection::Connecting | Connection::NotReading | Connection::Finished => Role::Plain,
        Connection::Reconnecting { .. } => Role::Down,
    };
    Line::from(vec![
        Span::styled(name, canvas.palette.style(Role::Strong)),
        Span::styled(fit(&headline::source(model), rest, Align::Left), canvas.palette.style(role)),
        Span::styled(time, canvas.palette.style(Role::Strong)),
    ])
}

/// The last line: what is being typed, the answer to the last key, or the keys.
fn foot(app: &App, canvas: Canvas) -> Line<'static> {
    if app.is_typing {
        return canvas
            .line(&format!("/{}▏  Enter keeps the filter, Esc leaves it", app.choice.text), Role::Strong);
    }
    if let Some(message) = &app.message {
        return canvas.line(message, Role::Strong);
    }
    let keys = if app.page == Page::List { LIST_KEYS } else { PAGE_KEYS };
    canvas.own(keys, Role::Quiet)
}
