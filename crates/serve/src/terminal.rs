//! The screen in a terminal: the live list of trends, each trend's own page, alerts and help, by keys.
//!
//! [`Screen`] owns the terminal from [`Screen::open`] until it is dropped: it then looks as it did before, also after
//! a panic of any thread. [`run`] is the loop around it: a [`Feed`] says what there is, [`app`] what a key changes, and
//! [`draw`] where it stands; the latter two are pure. The mouse is left to the terminal, so that text can be selected.
//! Whoever writes to standard output or standard error meanwhile spoils the picture: the program
//! sends its log elsewhere.

mod app;
mod choice;
mod keys;

mod draw;
mod palette;

mod browser;
#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal, Stdout, Write, stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use ratatui::crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{execute, queue};
use rustix::process::Signal;
use skytrend_event::WindowKind;

use crate::KeywordKey;
use crate::screen::ScreenModel;
use crate::view::KeywordHistory;
use app::{App, Request};
use browser::Browsers;
use palette::Palette;

/// From sending the signal that stops the process until all its threads are stopped; takes far less.
const STOPPED_WITHIN: Duration = Duration::from_millis(200);

/// Whether a [`Screen`] holds the terminal. Global as the terminal is: the panic hook must know.
static HELD: AtomicBool = AtomicBool::new(false);

/// Whether standard output is a terminal that can be drawn on.
pub fn is_available() -> bool {
    stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The terminal, while it is the screen's.
#[derive(Debug)]
struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    palette: Palette,
}

impl Screen {
    /// Takes the terminal over: alternate screen, no echo, no cursor. Colours unless `NO_COLOR` is set
    /// (<https://no-color.org>).
    ///
    /// Errors if standard output is no terminal; what was changed until then is restored.
    fn open() -> io::Result<Self> {
        restore_on_panic();
        let terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
        enable_raw_mode()?;
        HELD.store(true, Ordering::SeqCst);
        // From here on, dropping restores.
        let screen = Self { terminal, palette: Palette::of_environment() };
        enter(&mut stdout())?;
        Ok(screen)
    }

    /// Draws the app; the terminal's present size is taken into account, and told to it. After a panic anywhere in the
    /// process nothing is drawn any more, so that its message stays readable.
    fn draw(&mut self, app: &mut App) -> io::Result<()> {
        if !HELD.load(Ordering::SeqCst) {
            return Ok(());
        }
        let palette = self.palette;
        self.terminal.draw(|frame| app.fit(draw::draw(app, palette, frame))).map(drop)
    }

    /// Gives the terminal back, stops the process group as the terminal itself does on Ctrl-Z, and takes the terminal
    /// over again when it goes on.
    fn suspend(&mut self) -> io::Result<()> {
        restore();
        rustix::process::kill_current_process_group(Signal::TSTP)?;
        // Another thread may be the one that takes the signal: this one must not go on before all are stopped.
        std::thread::sleep(STOPPED_WITHIN);
        enable_raw_mode()?;
        HELD.store(true, Ordering::SeqCst);
        enter(&mut stdout())?;
        self.redraw()
    }

    /// Forgets what the terminal shows, so that the next drawing writes everything. Not by `Terminal::clear`, which asks
    /// the terminal for its cursor and fails where none answers.
    fn redraw(&mut self) -> io::Result<()> {
        execute!(stdout(), Clear(ClearType::All))?;
        self.terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Where the screen's content comes from: this process's own view, or a server's API. Asked from the screen's thread,
/// several times a second: it must answer at once with what it knows.
pub trait Feed {
    /// What there is now, with the trends of this kind of window.
    fn model(&mut self, window: WindowKind) -> ScreenModel;

    /// What is known of a keyword's past; none while it isn't known.
    fn history(&mut self, keyword: &KeywordKey) -> Option<KeywordHistory>;
}

/// Why [`run`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// `q` or Ctrl-C was pressed: the person wants the program to end.
    Asked,
    /// `stop` said so.
    Stopped,
}

/// What the screen begins with.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// The kind of window.
    pub window: WindowKind,
    /// Only trends in this language, by its primary subtag.
    pub language: Option<String>,
}

/// Shows what `feed` gives, again every `refresh`, with each key and when the terminal's size changes, until a person
/// ends it or `stop` says so (it is asked as often). Blocks its thread. The terminal is restored when it returns.
///
/// In a raw terminal Ctrl-C is a key and raises no signal, so the caller must end the program on
/// [`Ending::Asked`]. Ctrl-Z stops the process group, as it does in any terminal.
pub fn run(
    beginning: Beginning,
    refresh: Duration,
    stop: impl Fn() -> bool,
    mut feed: impl Feed,
) -> io::Result<Ending> {
    let mut app = App::new(beginning.window, beginning.language);
    let mut screen = Screen::open()?;
    let mut browsers = Browsers::default();
    while !stop() {
        app.show(feed.model(app.window));
        if let Some(keyword) = app.keyword() {
            app.history = feed.history(&keyword).or(app.history);
        }
        screen.draw(&mut app)?;
        let mut patience = refresh;
        // Keys that are there already are taken together: a held key does not lag behind.
        while event::poll(patience)? {
            patience = Duration::ZERO;
            let Event::Key(key) = event::read()? else { continue };
            if key.kind == KeyEventKind::Release {
                continue;
            }
            match app.press(&key) {
                None => {}
                Some(Request::Quit) => return Ok(Ending::Asked),
                Some(Request::Redraw) => screen.redraw()?,
                Some(Request::Suspend) => screen.suspend()?,
                Some(Request::Browse(url)) => app.message = Some(browsers.open(&url)),
            }
        }
    }
    Ok(Ending::Stopped)
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
