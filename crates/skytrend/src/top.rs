//! `skytrend top`: the screen of `skytrend run` for a skytrend that runs here or elsewhere, over its API.

mod received;
mod remote;

use anyhow::Context as _;
use skytrend_event::{Language, WindowKind};
use skytrend_serve::plain;
use skytrend_serve::terminal::Beginning;

use crate::api_client::ApiClient;
use crate::settings::Settings;
use crate::supervisor::Supervisor;
use crate::{cli, show};
use remote::Remote;

/// Shows until `q`, Ctrl-C or SIGTERM; with `once` only what is there now.
pub fn run(settings: &Settings, asked: &cli::Top) -> anyhow::Result<()> {
    let client = ApiClient::of(&asked.server, settings)?;
    let beginning = Beginning { window: window(asked.window), language: language(asked)? };
    if asked.once {
        let model = remote::fetch(&client, beginning.window)?.model(&client, beginning.window);
        let model = show::in_language(model, beginning.language.as_deref());
        return Ok(plain::write(&model, &mut std::io::stdout().lock())?);
    }
    crate::block_on(async move {
        let mut supervisor = Supervisor::default();
        let shutdown = supervisor.shutdown();
        supervisor.thread("top", move || {
            let tell = |waiting: &str| eprintln!("skytrend top: {waiting}");
            show::show(Remote::start(client)?, beginning, &shutdown, tell)
        });
        supervisor.run().await
    })
}

const fn window(asked: cli::Window) -> WindowKind {
    match asked {
        cli::Window::Sliding => WindowKind::Sliding,
        cli::Window::Tumbling => WindowKind::Tumbling,
    }
}

/// The primary subtag in lower case, as trends have it.
fn language(asked: &cli::Top) -> anyhow::Result<Option<String>> {
    let Some(text) = &asked.language else { return Ok(None) };
    let tag = Language::parse(text.to_ascii_lowercase());
    let tag =
        tag.ok().with_context(|| format!("--language {text:?} is no BCP 47 language tag such as en"))?;
    Ok(Some(tag.primary().to_owned()))
}
