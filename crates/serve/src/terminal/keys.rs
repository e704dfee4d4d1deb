//! Which key does what: [`command`], and the same for people, [`HELP`].

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key asks for, wherever it is pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Quit,
    Suspend,
    Redraw,
    Help,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Open,
    Back,
    Browse,
    Filter,
    Sort,
    Reverse,
    Language,
    Kind,
    Window,
    Alerts,
    Pause,
}

/// The keys, for people.
pub(super) const HELP: [(&str, &str); 18] = [
    ("j k, arrows", "down, up"),
    ("PgDn PgUp", "a page down, a page up"),
    ("Home End, g G", "first, last"),
    ("Enter", "open the trend: its curve, why it trends, posts"),
    ("Esc", "back; in the list: no filters any more"),
    ("s", "order by rank, z, posts, people, growth, newest"),
    ("r", "the reverse order"),
    ("/", "filter by a text; Enter keeps it, Esc leaves it"),
    ("l", "only the next language; after the last all"),
    ("t", "only words, only hashtags, only phrases, all"),
    ("w", "sliding window or tumbling window"),
    ("a", "alerts, newest first"),
    ("o", "the dashboard's page of the trend, in a browser"),
    ("space", "pause: what is shown stays; again: go on"),
    ("Ctrl-L", "draw everything anew"),
    ("Ctrl-Z", "suspend; fg comes back"),
    ("?", "this help"),
    ("q, Ctrl-C", "quit"),
];

/// What the columns and signs mean, for people.
pub(super) const LEGEND: [(&str, &str); 9] = [
    ("#", "the place among all languages"),
    ("▲3 ▼2 = new", "places won or lost since the window before"),
    ("posts, authors", "in the window, and who wrote them"),
    ("growth", "how many times the usual"),
    ("score", "people more than usual, at least: the order of the list"),
    ("z", "how many of its own usual ups and downs; from 6 on an alert"),
    ("last hour", "posts in each minute"),
    ("status", "started, rising, peaking, fading; ! an alert is open"),
    ("why", "people that count, and how many are usual; what is special"),
];

/// What a key asks for where no text is typed.
pub(super) fn command(key: &KeyEvent) -> Option<Command> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Some(Command::Quit),
            KeyCode::Char('z') => Some(Command::Suspend),
            KeyCode::Char('l') => Some(Command::Redraw),
            KeyCode::Char('f') => Some(Command::PageDown),
            KeyCode::Char('b') => Some(Command::PageUp),
            _ => None,
        };
    }
    Some(match key.code {
        KeyCode::Char('q') => Command::Quit,
        KeyCode::Char('?' | 'h') | KeyCode::F(1) => Command::Help,
        KeyCode::Char('k') | KeyCode::Up => Command::Up,
        KeyCode::Char('j') | KeyCode::Down => Command::Down,
        KeyCode::PageUp => Command::PageUp,
        KeyCode::PageDown => Command::PageDown,
        KeyCode::Home | KeyCode::Char('g') => Command::First,
        KeyCode::End | KeyCode::Char('G') => Command::Last,
        KeyCode::Enter => Command::Open,
        KeyCode::Esc | KeyCode::Backspace => Command::Back,
        KeyCode::Char('o') => Command::Browse,
        KeyCode::Char('/') => Command::Filter,
        KeyCode::Char('s') => Command::Sort,
        KeyCode::Char('r') => Command::Reverse,
        KeyCode::Char('l') => Command::Language,
        KeyCode::Char('t') => Command::Kind,
        KeyCode::Char('w') => Command::Window,
        KeyCode::Char('a') => Command::Alerts,
        KeyCode::Char(' ') => Command::Pause,
        _ => return None,
    })
}
