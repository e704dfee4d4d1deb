//! `skytrend alerts`: follows the alerts of a running skytrend, here or elsewhere, over its API; prints them, or runs a
//! command for each.
//!
//! What was handled is remembered by the id of the server's event, in a file if one is named: whoever comes back goes on
//! from there, so no alert is missed while the server holds it, and one of the last window may come a second time.

mod wanted;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use skytrend_event::{Alert, AlertKind};
use skytrend_serve::screen::clean;

use crate::api_client::ApiClient;
use crate::cli;
use crate::settings::Settings;
use wanted::Wanted;

/// A connection is renewed after so long, so that one whose other end has vanished is noticed. Nothing is missed by it.
const RENEWED_AFTER: Duration = Duration::from_secs(120);

/// Pauses before connecting again after an error, the last one from then on.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(10), Duration::from_secs(30)];

/// Prints what was asked for until the output goes away; with `once`, what the server holds.
pub fn run(settings: &Settings, asked: &cli::Alerts, out: &mut impl Write) -> anyhow::Result<()> {
    let server = ApiClient::of(&asked.server, settings)?;
    let wanted = Wanted::new(asked);
    let mut last_id = asked.position.as_deref().map(read_position).transpose()?.flatten();
    if last_id.is_none() {
        for alert in held(&server, asked.last)?.iter().rev().filter(|alert| wanted.has(alert)) {
            handle(alert, asked, out)?;
        }
    }
    if asked.once {
        return Ok(());
    }
    let mut failures = 0;
    loop {
        let ended = follow(&server, &wanted, asked, &mut last_id, out, &mut failures);
        match ended {
            Ok(()) => {}
            Err(error) if crate::is_broken_pipe(&error) => return Err(error),
            Err(error) => {
                let pause = PAUSES[failures.min(PAUSES.len() - 1)];
                eprintln!("skytrend alerts: {error:#}; trying again in {} s", pause.as_secs());
                failures += 1;
                std::thread::sleep(pause);
            }
        }
    }
}

/// Follows one connection to its end, or to the first error.
fn follow(
    server: &ApiClient,
    wanted: &Wanted,
    asked: &cli::Alerts,
    last_id: &mut Option<String>,
    out: &mut impl Write,
    failures: &mut usize,
) -> anyhow::Result<()> {
    let events = server.follow("/api/v1/stream?events=alerts", last_id.as_deref(), RENEWED_AFTER)?;
    *failures = 0;
    for event in events {
        let event = match event {
            Ok(event) => event,
            Err(error) if error.is_renewal() => return Ok(()),
            Err(error) => return Err(error).context("the connection ended"),
        };
        if event.kind == "alert" {
            let alert: Alert = serde_json::from_str(&event.data).context("an alert that can't be read")?;
            if wanted.has(&alert) {
                handle(&alert, asked, out)?;
            }
        }
        if let Some(id) = event.id {
            if let Some(path) = &asked.position {
                write_position(path, &id)?;
            }
            *last_id = Some(id);
        }
    }
    Ok(())
}

/// The newest alerts that the server holds, newest first.
fn held(server: &ApiClient, limit: u16) -> anyhow::Result<Vec<Alert>> {
    #[derive(serde::Deserialize)]
    struct Held {
        alerts: Vec<Alert>,
    }
    if limit == 0 {
        return Ok(Vec::new());
    }
    let text = server.get(&format!("/api/v1/alerts?limit={limit}"))?;
    Ok(serde_json::from_str::<Held>(&text).context("an answer that can't be read")?.alerts)
}

fn handle(alert: &Alert, asked: &cli::Alerts, out: &mut impl Write) -> anyhow::Result<()> {
    if let Some((program, arguments)) = asked.command.split_first() {
        return execute(alert, program, arguments);
    }
    if asked.json {
        serde_json::to_writer(&mut *out, alert)?;
        writeln!(out)?;
    } else {
        writeln!(out, "{}", line(alert))?;
    }
    Ok(out.flush()?)
}

/// Runs the command with the alert as JSON on its standard input. Its failure is told and stops nothing.
fn execute(alert: &Alert, program: &str, arguments: &[String]) -> anyhow::Result<()> {
    let mut child = Command::new(program)
        .args(arguments)
        .env("SKYTREND_ALERT_KIND", kind(alert))
        .env("SKYTREND_ALERT_KEYWORD", &alert.keyword)
        .env("SKYTREND_ALERT_LANGUAGE", &alert.language)
        .env("SKYTREND_ALERT_WATCHLIST", alert.watchlist.as_deref().unwrap_or_default())
        .stdin(Stdio::piped())
        .spawn()
        .with_context(|| format!("can't run {program}"))?;
    if let Some(mut input) = child.stdin.take() {
        // A command that does not read its input may have ended already.
        let _ = input.write_all(&serde_json::to_vec(alert)?);
    }
    let status = child.wait()?;
    if !status.success() {
        eprintln!("skytrend alerts: {program} ended with {status} for {:?}", alert.keyword);
    }
    Ok(())
}

const fn kind(alert: &Alert) -> &'static str {
    match alert.kind {
        AlertKind::Started => "started",
        AlertKind::Ended => "ended",
    }
}

/// An alert for people. What another server says is not trusted to be harmless on a terminal.
fn line(alert: &Alert) -> String {
    let list = alert.watchlist.as_deref().map(|_| " (watchlist)").unwrap_or_default();
    let place = if alert.rank == 0 { String::new() } else { format!("#{} ", alert.rank) };
    format!(
        "{} {:7} {place}{}{list} [{}] {} posts by {} people, ×{:.1}, z {:.1}",
        alert.window_end.to_rfc3339().get(..16).unwrap_or_default().replace('T', " "),
        kind(alert),
        clean(&alert.keyword),
        clean(&alert.language),
        alert.frequency,
        alert.unique_authors,
        alert.growth_rate,
        alert.z_score,
    )
}

fn read_position(path: &Path) -> anyhow::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim().to_owned()).filter(|id| !id.is_empty())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("can't read {}", path.display())),
    }
}

/// Whole or not at all: a process may be killed here.
fn write_position(path: &Path, id: &str) -> anyhow::Result<()> {
    let mut written = path.as_os_str().to_owned();
    written.push(".new");
    std::fs::write(&written, id)
        .and_then(|()| std::fs::rename(&written, path))
        .with_context(|| format!("can't write {}", path.display()))
}
