//! What a detector has learned, as a file: `skytrend baseline save` writes it, and a new installation starts with it
//! (setting `detect.baseline`), so that it knows in its first minutes what is usual at this hour.

use std::path::Path;

use anyhow::{Context as _, bail};
use skytrend_trend::Detector;
use tracing::info;

use super::checkpoint::Checkpoint;
use crate::settings::Settings;

/// Writes what the detector in the settings' log has learned to a file. The log must not be in use.
pub fn save(settings: &Settings, path: &Path) -> anyhow::Result<()> {
    let folder = settings.log.path.display();
    anyhow::ensure!(
        settings.log.path.exists(),
        "there is no log at {folder}: name its folder with --data-dir"
    );
    let log = crate::log::open(&settings.log)?;
    let Some((_, detector)) = Checkpoint::load(log.as_ref(), &settings.trend)? else {
        bail!(
            "no detector that fits these settings has been saved in {}: the one there has others under [trend] (see the \
             warning above), or there is none yet (one is saved after {} seconds of events, and at the end)",
            folder,
            settings.detect.snapshot_interval_secs
        );
    };
    let mut bytes = Vec::new();
    detector.save_baseline(&mut bytes);
    std::fs::write(path, &bytes).with_context(|| format!("can't write {}", path.display()))?;
    let minutes = detector.stats().history_minutes;
    let (hours, minutes) = (minutes / 60, minutes % 60);
    eprintln!("{}: {} bytes, learned in {hours} h {minutes} min", path.display(), bytes.len());
    Ok(())
}

/// A new detector that knows what is in the file.
pub fn load(path: &Path, settings: &skytrend_trend::Settings, partitions: u32) -> anyhow::Result<Detector> {
    let bytes = std::fs::read(path)
        .with_context(|| format!("can't read the baseline {} (setting detect.baseline)", path.display()))?;
    let detector = Detector::with_baseline(settings.clone(), partitions, &bytes)
        .with_context(|| format!("the baseline {} (setting detect.baseline)", path.display()))?;
    info!(path = %path.display(), minutes = detector.stats().history_minutes, "detector starts with a saved baseline");
    Ok(detector)
}
