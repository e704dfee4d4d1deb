//! The HTTP server as a stage: what it answers from, and what "ready" means for this process.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;

use anyhow::Context as _;
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Deserialize;
use skytrend_event::{Micros, Topic};
use skytrend_log::{Log, LogError, ReadLimit};
use skytrend_serve::http::{
    self, Access, AccessSettings, ApiState, CorsSettings, FeedGenerator, FeedGeneratorSettings, RateSettings,
    Readiness, TopicReadError, TopicReader, TopicRecord, Unready,
};
use skytrend_serve::moderation::Moderation;
use skytrend_serve::view::{self, TrendView};
use skytrend_serve::watchlists::Watchlists;
use tracing::{info, warn};

use crate::status::Status;
use crate::supervisor::Supervisor;

/// Section `serve`.
#[derive(Clone, Debug, Deserialize)]
pub struct Settings {
    /// Address of the HTTP server.
    pub listen: SocketAddr,
    /// Its limits.
    pub http: http::Settings,
    /// What it remembers.
    pub view: view::Settings,
    /// Whose feeds it generates.
    pub feed_generator: FeedGeneratorSettings,
    /// Who may do what.
    pub access: AccessSettings,
    /// How much each client may ask.
    pub rate: RateSettings,
    /// Pages of which other origins may read.
    pub cors: CorsSettings,
}

/// Bytes of one answer of the topics endpoint.
const TOPIC_BYTES_MAX: usize = 4 << 20;

/// Where a process on this machine reaches the server with these settings.
pub fn own_address(settings: &Settings) -> String {
    let mut address = settings.listen;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    format!("http://{address}")
}

/// Starts the server.
pub async fn start(
    supervisor: &mut Supervisor,
    settings: &crate::settings::Settings,
    log: &Arc<dyn Log>,
    (view, moderation, watchlists): (&Arc<TrendView>, &Arc<Moderation>, &Arc<Watchlists>),
    status: &Arc<Status>,
    metrics: PrometheusHandle,
) -> anyhow::Result<()> {
    let address = settings.serve.listen;
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| format!("can't listen on {address} (setting serve.listen)"))?;
    info!(address = %listener.local_addr()?, "serving HTTP");
    let feed_generator = FeedGenerator::from_settings(&settings.serve.feed_generator)
        .context("the settings are not valid: [serve.feed_generator]")?;
    let access =
        Access::load(&settings.serve.access).context("the settings are not valid: [serve.access]")?;
    if access.is_open() && !address.ip().is_loopback() {
        warn!(
            %address,
            "everybody who reaches this address may read all of it; serve.access.reading = \"token\" and `skytrend token new` change that"
        );
    }
    let reported = Arc::clone(status);
    let state =
        ApiState::new(Arc::clone(view), Arc::new(Topics(Arc::clone(log))), settings.serve.http.clone())
            .with_readiness(readiness(status))
            .with_feed_generator(feed_generator)
            .with_access(access)
            .with_rate(&settings.serve.rate)
            .with_cors(settings.serve.cors.clone())
            .with_moderation(Arc::clone(moderation))
            .with_watchlists(Arc::clone(watchlists))
            .with_status(move || reported.report())
            .with_metrics(move || metrics.render());
    let shutdown = supervisor.shutdown();
    supervisor.task("serve", async move {
        let report = http::run(listener, state, async move { shutdown.requested().await }).await;
        info!(connections_cut = report.connections_cut, "HTTP server ended");
        Ok(())
    });
    Ok(())
}

fn readiness(status: &Arc<Status>) -> Readiness {
    let (source, detector) = (Arc::clone(status), Arc::clone(status));
    Readiness::new()
        .with("source", move || source.source_ready().map_err(Unready::because))
        .with("detector", move || detector.detector_ready().map_err(Unready::because))
}

/// The log for the topics endpoint.
struct Topics(Arc<dyn Log>);

impl TopicReader for Topics {
    fn bounds(&self, topic: Topic, partition: u32) -> Result<Range<u64>, TopicReadError> {
        self.0.bounds(topic.name(), partition).map_err(|error| refused(topic, partition, error))
    }

    fn offset_at(&self, topic: Topic, partition: u32, timestamp: Micros) -> Result<u64, TopicReadError> {
        let found = self.0.offset_at(topic.name(), partition, timestamp.0);
        found.map_err(|error| refused(topic, partition, error))
    }

    fn read(
        &self,
        topic: Topic,
        partition: u32,
        from: u64,
        limit: usize,
    ) -> Result<Vec<TopicRecord>, TopicReadError> {
        let limit = ReadLimit { records: limit, bytes: TOPIC_BYTES_MAX };
        let records = self
            .0
            .read(topic.name(), partition, from, limit)
            .map_err(|error| refused(topic, partition, error))?;
        Ok(records.into_iter().map(crate::topics::shown).collect())
    }
}

fn refused(topic: Topic, partition: u32, error: LogError) -> TopicReadError {
    match error {
        LogError::UnknownTopic(_) | LogError::UnknownPartition { .. } => {
            TopicReadError::UnknownPartition { topic, partition }
        }
        LogError::OffsetGone { asked, earliest, .. } => TopicReadError::OffsetGone { asked, earliest },
        other => TopicReadError::Failed { detail: other.to_string() },
    }
}
