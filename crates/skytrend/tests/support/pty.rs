//! A pseudo-terminal with a program in it, and what a person would see there.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::pty::OpenptFlags;
use rustix::termios::{LocalModes, Winsize};

/// How long something may take to be seen; far above what it needs, so that only a hang fails.
const PATIENCE: Duration = Duration::from_secs(180);

/// The program is killed when this is dropped.
pub struct Terminal {
    pub child: Child,
    master: File,
    screen: Arc<Mutex<vt100::Parser>>,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Terminal {
    /// Starts `skytrend` with these arguments in a terminal of this size, which is its controlling one.
    pub fn start(args: &[&str], columns: u16, rows: u16) -> Self {
        let master = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        rustix::pty::grantpt(&master).unwrap();
        rustix::pty::unlockpt(&master).unwrap();
        let slave = rustix::pty::ioctl_tiocgptpeer(&master, OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        rustix::termios::tcsetwinsize(&master, size).unwrap();
        let end = || slave.try_clone().unwrap();
        // util-linux's setsid makes the terminal the controlling one, and becomes the program.
        let child = Command::new("setsid")
            .arg("--ctty")
            .arg(env!("CARGO_BIN_EXE_skytrend"))
            .args(args)
            .env("TERM", "xterm-256color")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(
            NonZero::new(rows).unwrap(),
            NonZero::new(columns).unwrap(),
            0,
        )));
        let master = File::from(master);
        read(master.try_clone().unwrap().into(), Arc::clone(&screen));
        Self { child, master, screen }
    }

    /// What is on the screen, line by line.
    pub fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Waits until what is on the screen fulfils `done`.
    pub fn wait_until(&self, what: &str, done: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.text();
            if done(&text) {
                return;
            }
            assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}; on the screen:\n{text}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until the text is on the screen.
    pub fn wait_for(&self, text: &str) {
        self.wait_until(text, |screen| screen.contains(text));
    }

    /// Types.
    pub fn press(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the program has ended, and checks that the terminal is as it was before.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        let exit = loop {
            if let Some(exit) = self.child.try_wait().unwrap() {
                break exit;
            }
            assert!(Instant::now() < deadline, "it did not end; on the screen:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(50));
        };
        self.wait_until("the end of what was written", |_| {
            let parser = self.screen.lock().unwrap();
            !parser.screen().alternate_screen() && !parser.screen().hide_cursor()
        });
        let modes = rustix::termios::tcgetattr(&self.master).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG), "{modes:?}");
        exit
    }

    /// Whether the program has the terminal's other screen.
    pub fn is_taken_over(&self) -> bool {
        let parser = self.screen.lock().unwrap();
        parser.screen().alternate_screen() && parser.screen().hide_cursor()
    }
}

/// Reads what the program writes, until nobody holds the terminal's other end.
fn read(master: OwnedFd, screen: Arc<Mutex<vt100::Parser>>) {
    let mut master = File::from(master);
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = master.read(&mut bytes) {
            screen.lock().unwrap().process(&bytes[..count]);
        }
    });
}
