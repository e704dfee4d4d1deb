//! `skytrend webhooks`: which there are, and a test message to one of them. Works beside a running skytrend, for it
//! touches no log.

use std::io::Write;

use anyhow::Context as _;
use skytrend_sink::settings::shown_url;
use skytrend_sink::{Answer, AttemptError, Verdict, Webhook, verdict_of};

use crate::settings::Settings;
use crate::status::wall_clock;

/// Lists the webhooks of the settings, one a line; looks up no secret.
pub fn list(settings: &Settings, out: &mut impl Write) -> anyhow::Result<()> {
    if settings.webhooks.is_empty() {
        writeln!(out, "no webhook is set: docs/webhooks.md says how")?;
    }
    for hook in &settings.webhooks {
        let signed = if hook.secret.is_empty() { "unsigned" } else { "signed" };
        writeln!(out, "{}  {}  {}  {signed}", hook.name, hook.shape.name(), shown_url(&hook.url))?;
    }
    Ok(())
}

/// Sends one test message and tells what was answered. An error unless the receiver took it.
pub fn test(settings: &Settings, name: &str, out: &mut impl Write) -> anyhow::Result<()> {
    let found = settings.webhooks.iter().find(|hook| hook.name == name);
    let found = found.with_context(|| {
        let names: Vec<&str> = settings.webhooks.iter().map(|hook| hook.name.as_str()).collect();
        format!("no webhook is called {name:?}; there are: {}", names.join(", "))
    })?;
    let webhook = Webhook::new(found)?;
    let now = wall_clock();
    let delivery = webhook.test_delivery(now);
    let signed = if webhook.is_signed() { "signed" } else { "unsigned" };
    writeln!(out, "{} ← {} bytes, {signed}, id {}", webhook.shown_url(), delivery.body.len(), delivery.id)?;
    let started = std::time::Instant::now();
    let attempt = crate::block_on(async { Ok(webhook.attempt(&delivery, now).await) })?;
    writeln!(out, "{} after {} ms", said(&attempt), started.elapsed().as_millis())?;
    let means = match verdict_of(&attempt) {
        Verdict::Delivered => return Ok(()),
        Verdict::Retry(_) => "an alert would be sent again",
        Verdict::Refused => "an alert would be a dead letter",
        Verdict::Gone => "no more alerts would be sent",
    };
    anyhow::bail!("the receiver did not take it: {means}")
}

/// An attempt in a few words, the receiver's own among them.
fn said(attempt: &Result<Answer, AttemptError>) -> String {
    match attempt {
        Ok(answer) if answer.excerpt.is_empty() => format!("answered {}", answer.status),
        Ok(answer) => format!("answered {}: {}", answer.status, answer.excerpt),
        Err(error) => error.to_string(),
    }
}
