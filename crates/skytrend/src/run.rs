//! The wiring, on one screen: which stages run, over which log, and who shows what they found.
//!
//! ```text
//! client ─▶ queue ─▶ ingest ─▶ log ─▶ detect ─▶ log ─▶ publish ─▶ view ─▶ HTTP, terminal
//!                                                 └──▶ deliver ─▶ webhooks
//! ```

use std::sync::Arc;

use skytrend_log::Log;
use skytrend_serve::view::TrendView;

use crate::deliver;
use crate::detect::Detect;
use crate::ingest;
use crate::publish::Publish;
use crate::serving;
use crate::settings::Settings;
use crate::stage::{self, Until};
use crate::status::Status;
use crate::supervisor::Supervisor;
use crate::upkeep;

/// The parts of the pipeline that one process runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each part runs or does not, and all combinations work")]
pub struct Parts {
    /// Read the network.
    pub ingest: bool,
    /// Detect trends.
    pub detect: bool,
    /// Serve them over HTTP.
    pub serve: bool,
    /// Send alerts to the webhooks, if there are any.
    pub deliver: bool,
    /// Show them in this terminal.
    pub show: bool,
}

/// Runs the parts over the log of the settings until Ctrl-C or a failure. `simulated`: how many times real time the
/// events' time runs, where it is simulated.
pub async fn run(
    settings: Settings,
    parts: Parts,
    supervisor: Supervisor,
    simulated: Option<f64>,
) -> anyhow::Result<()> {
    let metrics = crate::telemetry::start_metrics()?;
    let log = crate::log::open(&settings.log)?;
    let status = Arc::new(Status::new(&settings, parts, simulated));
    wire(settings, parts, supervisor, &log, &status, metrics).await?.run().await?;
    log.sync()?;
    Ok(())
}

async fn wire(
    settings: Settings,
    parts: Parts,
    mut supervisor: Supervisor,
    log: &Arc<dyn Log>,
    status: &Arc<Status>,
    metrics: metrics_exporter_prometheus::PrometheusHandle,
) -> anyhow::Result<Supervisor> {
    let shutdown = supervisor.shutdown();
    let (view, moderation) = (Arc::new(TrendView::new(&settings.serve.view)), crate::moderation::over(log));
    let watchlists = crate::watchlists::over(log, &settings.trend.watchlists, parts.detect);
    let delivers = parts.deliver && !settings.webhooks.is_empty();
    // Before anything is shown or sent.
    if parts.serve || parts.show || delivers {
        crate::moderation::apply_all(&moderation, &view)?;
        crate::watchlists::apply_all(&watchlists, log.as_ref())?;
    }
    if delivers {
        deliver::start(&mut supervisor, &settings, log, &view, &status.webhooks)?;
    }
    if parts.ingest {
        ingest::start(&mut supervisor, &settings, log, status)?;
    }
    if parts.detect {
        let progress = Arc::clone(&status.detected);
        let mut detect = Detect::new(
            settings.detect.clone(),
            settings.trend.clone(),
            settings.log.partitions,
            false,
            progress,
        )?
        .following(Arc::clone(log), Arc::clone(&watchlists));
        if parts.serve {
            detect = detect.with_live_counts(Arc::clone(&view));
        }
        let (log, until) = (Arc::clone(log), Until::Shutdown(shutdown.clone()));
        supervisor
            .thread(<Detect as stage::Stage>::NAME, move || stage::run(&mut detect, log.as_ref(), &until));
    }
    if parts.serve || parts.show || delivers {
        let mut publish = Publish::new(Arc::clone(&view), Arc::clone(&moderation), Arc::clone(&watchlists));
        let (publish_log, until) = (Arc::clone(log), Until::Shutdown(shutdown.clone()));
        supervisor.thread(<Publish as stage::Stage>::NAME, move || {
            stage::run(&mut publish, publish_log.as_ref(), &until)
        });
        crate::moderation::start_expiry(&mut supervisor, &moderation, &view);
        if parts.serve {
            let shown = (&view, &moderation, &watchlists);
            serving::start(&mut supervisor, &settings, log, shown, status, metrics).await?;
        }
        if parts.show {
            crate::show::start(&mut supervisor, &view, status);
        }
    }
    upkeep::start(&mut supervisor, &settings, log, status);
    Ok(supervisor)
}
