//! What a person at the screen has chosen, and what each key changes in it. Pure: it gets what there is to show
//! ([`App::show`]) and keys ([`App::press`]), and says what is to be done outside as a [`Request`].

use std::sync::Arc;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use skytrend_event::{Trend, WindowKind};

use super::choice::Choice;
use super::draw::Shown;
use super::keys::{self, Command};
use crate::KeywordKey;
use crate::screen::ScreenModel;
use crate::view::KeywordHistory;

/// What is looked at.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Page {
    List,
    Alerts,
    Help,
    /// A trend as it was last in the list, and whether it is in it now.
    Trend {
        trend: Arc<Trend>,
        is_listed: bool,
    },
}

/// What the app can't do by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    Quit,
    Suspend,
    Redraw,
    /// The dashboard's page, by its URL.
    Browse(String),
}

/// The state of the screen.
#[derive(Debug)]
pub(super) struct App {
    pub(super) model: ScreenModel,
    pub(super) page: Page,
    pub(super) choice: Choice,
    pub(super) window: WindowKind,
    pub(super) is_typing: bool,
    pub(super) is_paused: bool,
    /// The row in the list, and the trend it is on: the row follows the trend.
    pub(super) row: usize,
    selected: Option<String>,
    /// Lines scrolled away on the other pages; drawing keeps it within them.
    pub(super) scroll: usize,
    /// Lines of the list or the page that the terminal had room for.
    pub(super) rows_visible: usize,
    pub(super) history: Option<KeywordHistory>,
    /// The answer to the last key, until the next.
    pub(super) message: Option<String>,
    before_help: Page,
}

impl App {
    /// The list of a window, in one language if asked for.
    pub(super) fn new(window: WindowKind, language: Option<String>) -> Self {
        Self {
            model: ScreenModel::default(),
            page: Page::List,
            choice: Choice { language, ..Choice::default() },
            window,
            is_typing: false,
            is_paused: false,
            row: 0,
            selected: None,
            scroll: 0,
            rows_visible: 1,
            history: None,
            message: None,
            before_help: Page::List,
        }
    }

    /// Takes what there is now. While it is paused only what must be known is taken.
    pub(super) fn show(&mut self, model: ScreenModel) {
        if self.is_paused {
            self.model.notice = model.notice;
            return;
        }
        self.model = model;
        if let Page::Trend { trend, is_listed } = &mut self.page {
            let now = self.model.trends.iter().find(|other| identity(other) == identity(trend));
            *is_listed = now.is_some();
            if let Some(now) = now {
                *trend = Arc::clone(now);
            }
        }
        let rows = self.choice.apply(&self.model.trends);
        let at = rows.iter().position(|trend| self.selected.as_deref() == Some(identity(trend)));
        self.select(at.unwrap_or(self.row));
    }

    /// Takes what there was room for.
    pub(super) fn fit(&mut self, shown: Shown) {
        (self.rows_visible, self.scroll) = (shown.rows, shown.scroll);
    }

    /// The keyword whose history is to be shown.
    pub(super) fn keyword(&self) -> Option<KeywordKey> {
        let Page::Trend { trend, .. } = &self.page else { return None };
        Some(KeywordKey::of(trend))
    }

    /// The trends listed, in order.
    pub(super) fn rows(&self) -> Vec<&Arc<Trend>> {
        self.choice.apply(&self.model.trends)
    }

    /// What a key does.
    pub(super) fn press(&mut self, key: &KeyEvent) -> Option<Request> {
        self.message = None;
        if self.is_typing && !key.modifiers.contains(KeyModifiers::CONTROL) {
            self.type_key(key.code);
            return None;
        }
        let command = keys::command(key)?;
        match command {
            Command::Quit => return Some(Request::Quit),
            Command::Suspend => return Some(Request::Suspend),
            Command::Redraw => return Some(Request::Redraw),
            Command::Browse => return self.browse(),
            Command::Pause => self.is_paused = !self.is_paused,
            Command::Help if self.page == Page::Help => self.back(),
            Command::Help => self.before_help = std::mem::replace(&mut self.page, Page::Help),
            Command::Alerts if self.page == Page::Alerts => self.back(),
            Command::Alerts => self.page = Page::Alerts,
            Command::Back => self.back(),
            Command::Open => self.open(),
            Command::Up
            | Command::Down
            | Command::PageUp
            | Command::PageDown
            | Command::First
            | Command::Last => {
                self.step(command);
                return None;
            }
            Command::Window => self.switch_window(),
            Command::Filter => self.is_typing = true,
            Command::Sort => self.choice.sort = self.choice.sort.next(),
            Command::Reverse => self.choice.is_reversed = !self.choice.is_reversed,
            Command::Language => self.choice.next_language(&self.model.trends),
            Command::Kind => self.choice.next_kind(),
        }
        if matches!(
            command,
            Command::Filter
                | Command::Sort
                | Command::Reverse
                | Command::Language
                | Command::Kind
                | Command::Window
        ) {
            self.page = Page::List;
            self.select(0);
        }
        self.scroll = 0;
        None
    }

    fn type_key(&mut self, code: KeyCode) {
        match code {
            KeyCode::Char(c) => self.choice.type_char(c),
            KeyCode::Backspace => drop(self.choice.text.pop()),
            KeyCode::Enter => self.is_typing = false,
            KeyCode::Esc => {
                self.choice.text.clear();
                self.is_typing = false;
            }
            _ => {}
        }
        self.select(0);
    }

    fn back(&mut self) {
        self.page = match std::mem::replace(&mut self.page, Page::List) {
            Page::Help => std::mem::replace(&mut self.before_help, Page::List),
            Page::List => {
                self.choice.clear_filter();
                Page::List
            }
            Page::Trend { .. } | Page::Alerts => Page::List,
        };
    }

    fn open(&mut self) {
        if self.page != Page::List {
            return;
        }
        if let Some(trend) = self.rows().get(self.row).map(|trend| Arc::clone(trend)) {
            self.history = None;
            self.page = Page::Trend { trend, is_listed: true };
        }
    }

    fn switch_window(&mut self) {
        self.window = match self.window {
            WindowKind::Sliding => WindowKind::Tumbling,
            WindowKind::Tumbling => WindowKind::Sliding,
        };
        // What is frozen is of the other window.
        self.is_paused = false;
    }

    fn step(&mut self, command: Command) {
        let page = self.rows_visible.max(1);
        let moved = |at: usize| match command {
            Command::Up => at.saturating_sub(1),
            Command::Down => at.saturating_add(1),
            Command::PageUp => at.saturating_sub(page),
            Command::PageDown => at.saturating_add(page),
            Command::First => 0,
            _ => usize::MAX,
        };
        if self.page == Page::List {
            self.select(moved(self.row));
        } else {
            self.scroll = moved(self.scroll);
        }
    }

    /// Puts the row on the trend at this place, or on the last.
    fn select(&mut self, at: usize) {
        let rows = self.choice.apply(&self.model.trends);
        self.row = at.min(rows.len().saturating_sub(1));
        self.selected = rows.get(self.row).map(|trend| identity(trend).to_owned());
    }

    fn browse(&mut self) -> Option<Request> {
        let trend = match &self.page {
            Page::Trend { trend, .. } => Some(Arc::clone(trend)),
            _ => self.rows().get(self.row).map(|trend| Arc::clone(trend)),
        };
        let Some(dashboard) = &self.model.dashboard else {
            self.message = Some("there is no dashboard: this process does not serve one".to_owned());
            return None;
        };
        let dashboard = dashboard.trim_end_matches('/');
        Some(Request::Browse(match trend {
            Some(trend) => format!("{dashboard}/trend/{}", KeywordKey::of(&trend).in_path()),
            None => format!("{dashboard}/"),
        }))
    }
}

/// What a trend is known by from window to window: its topic, or for records without one its keyword.
fn identity(trend: &Trend) -> &str {
    if trend.topic_id.is_empty() { &trend.keyword } else { &trend.topic_id }
}
