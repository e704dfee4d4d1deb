//! The table that updates in place in a terminal.
//!
//! [`Screen`] owns the terminal from [`Screen::open`] until it is dropped: it then looks as it did before, also after
//! a panic of any thread. [`run`] is the loop around it. What is drawn is decided by a function of model and size
//! in [`layout`]. Whoever writes to standard output or standard error meanwhile spoils the picture: the program
//! sends its log elsewhere.

mod layout;
mod palette;
#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal, Stdout, Write, stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{execute, queue};

use crate::screen::ScreenModel;
use palette::Palette;

/// Whether a [`Screen`] holds the terminal. Global as the terminal is: the panic hook must know.
static HELD: AtomicBool = AtomicBool::new(false);

/// Whether standard output is a terminal that can be drawn on.
pub fn is_available() -> bool {
    stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The terminal, while it shows the table.
#[derive(Debug)]
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    palette: Palette,
}

impl Screen {
    /// Takes the terminal over: alternate screen, no echo, no cursor. Colours unless `NO_COLOR` is set
    /// (<https://no-color.org>).
    ///
    /// Errors if standard output is no terminal; what was changed until then is restored.
    pub fn open() -> io::Result<Self> {
        restore_on_panic();
        let terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
        enable_raw_mode()?;
        HELD.store(true, Ordering::SeqCst);
        // From here on, dropping restores.
        let screen = Self { terminal, palette: Palette::of_environment() };
        enter(&mut stdout())?;
        Ok(screen)
    }

    /// Draws the model; the terminal's present size is taken into account. After a panic anywhere in the process
    /// nothing is drawn any more, so that its message stays readable.
    pub fn draw(&mut self, model: &ScreenModel) -> io::Result<()> {
        if !HELD.load(Ordering::SeqCst) {
            return Ok(());
        }
        let palette = self.palette;
        self.terminal.draw(|frame| layout::draw(model, palette, frame)).map(drop)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Why [`run`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// `q`, Escape or Ctrl-C was pressed: the person wants the program to end.
    Asked,
    /// `stop` said so.
    Stopped,
}

/// Shows what `model` gives, again every `refresh` and when the terminal's size changes, until a person ends it or
/// `stop` says so (it is asked as often). Blocks its thread. The terminal is restored when it returns.
///
/// In a raw terminal Ctrl-C is a key and raises no signal, so the caller must end the program on
/// [`Ending::Asked`].
pub fn run(
    refresh: Duration,
    stop: impl Fn() -> bool,
    mut model: impl FnMut() -> ScreenModel,
) -> io::Result<Ending> {
    let mut screen = Screen::open()?;
    while !stop() {
        screen.draw(&model())?;
        if event::poll(refresh)? && is_quit(&event::read()?) {
            return Ok(Ending::Asked);
        }
    }
    Ok(Ending::Stopped)
}

fn is_quit(event: &Event) -> bool {
    let Event::Key(KeyEvent { code, modifiers, kind: KeyEventKind::Press, .. }) = event else { return false };
    match code {
        KeyCode::Char('c') => modifiers.contains(KeyModifiers::CONTROL),
        KeyCode::Char('q') | KeyCode::Esc => true,
        _ => false,
    }
}

fn enter(out: &mut impl Write) -> io::Result<()> {
    execute!(out, EnterAlternateScreen, Hide)
}

fn leave(out: &mut impl Write) -> io::Result<()> {
    queue!(out, LeaveAlternateScreen, Show)?;
    out.flush()
}

/// Gives the terminal back, once. Errors are not reported: there is no place left to show them.
fn restore() {
    if HELD.swap(false, Ordering::SeqCst) {
        let _ = leave(&mut stdout());
        let _ = disable_raw_mode();
    }
}

/// Lets the message of a panic appear on the restored terminal.
fn restore_on_panic() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            before(panic);
        }));
    });
}
