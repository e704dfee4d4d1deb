//! Opens a page in the person's browser, by the desktop's own command, where there is a desktop.

use std::process::{Child, Command, Stdio};

/// The commands that were started and may not have ended.
#[derive(Debug, Default)]
pub(super) struct Browsers(Vec<Child>);

impl Browsers {
    /// Opens the page if it can; says what happened, with the URL, so that a person can open it by hand.
    pub(super) fn open(&mut self, url: &str) -> String {
        // Those that have ended are taken note of, so that no process is left behind.
        self.0.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
        let is_web = url.starts_with("http://") || url.starts_with("https://");
        let Some(command) = command().filter(|_| is_web) else { return format!("no display here: {url}") };
        let started = Command::new(command)
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match started {
            Ok(child) => {
                self.0.push(child);
                format!("opened {url}")
            }
            Err(error) => format!("can't run {command} ({error}): {url}"),
        }
    }
}

/// The desktop's command that opens a URL; none where there is no display.
fn command() -> Option<&'static str> {
    if cfg!(target_os = "macos") {
        return Some("open");
    }
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    (is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")).then_some("xdg-open")
}
