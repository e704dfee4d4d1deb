//! Styles of what is drawn. Only colours that are readable on light and on dark backgrounds: green, red and magenta
//! of the terminal's own sixteen, and otherwise its default. Nothing is said by colour alone.

use std::ffi::OsStr;

use ratatui::style::{Color, Modifier, Style};

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Plain,
    Strong,
    Quiet,
    Selected,
    Up,
    Down,
    New,
}

/// With or without colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Palette {
    colours: bool,
}

impl Palette {
    /// By the variable `NO_COLOR`: set and not empty means none.
    pub(super) fn of_environment() -> Self {
        Self::by_no_color(std::env::var_os("NO_COLOR").as_deref())
    }

    pub(super) fn by_no_color(no_color: Option<&OsStr>) -> Self {
        Self { colours: no_color.is_none_or(OsStr::is_empty) }
    }

    pub(super) fn style(self, role: Role) -> Style {
        let coloured = |colour: Color| if self.colours { Style::new().fg(colour) } else { Style::new() };
        match role {
            Role::Plain => Style::new(),
            Role::Strong => Style::new().add_modifier(Modifier::BOLD),
            Role::Quiet => Style::new().add_modifier(Modifier::DIM),
            Role::Selected => Style::new().add_modifier(Modifier::REVERSED),
            Role::Up => coloured(Color::Green),
            Role::Down => coloured(Color::Red),
            Role::New => coloured(Color::Magenta).add_modifier(Modifier::BOLD),
        }
    }
}
