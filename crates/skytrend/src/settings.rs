//! What is set, by section. Each section's type lives beside the code that it configures; here they come together,
//! from layers whose last word wins ([`layers`]).

pub mod layers;
mod lists;
mod source;

use serde::Deserialize;
use skytrend_event::Topic;
use skytrend_serve::http::{Access, FeedGenerator};
use toml::Value;

use layers::{Layers, SettingsError};

/// Settings whose empty text means "none".
const OPTIONAL: [&str; 1] = ["source.zstd_dictionary_path"];

/// All settings in force.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The stream of Bluesky that is read.
    pub source: skytrend_source::bluesky::settings::Settings,
    /// The feed that is read instead, if it is another one.
    #[serde(skip)]
    pub json_lines: Option<skytrend_source::jsonlines::Settings>,
    /// Whose labels withdraw posts.
    pub labelers: crate::ingest::labelers::Settings,
    /// From the source into the log.
    pub ingest: crate::ingest::Settings,
    /// The log.
    pub log: crate::log::Settings,
    /// The detector as a stage.
    pub detect: crate::detect::Settings,
    /// The detector itself.
    pub trend: skytrend_trend::Settings,
    /// HTTP.
    pub serve: crate::serving::Settings,
    /// Where alerts are sent.
    pub webhooks: Vec<skytrend_sink::Settings>,
    /// The simulated world.
    pub sim: crate::sim::Settings,
    /// Traces.
    pub telemetry: crate::telemetry::Settings,
}

impl Settings {
    /// The settings of these layers, checked.
    pub fn from_layers(layers: &Layers) -> Result<Self, SettingsError> {
        let mut table = layers.table();
        for key in OPTIONAL {
            remove_if_empty(&mut table, key);
        }
        let json_lines = source::take_json_lines(&mut table)?;
        let mut settings: Self = table.try_into().map_err(|e| layers.not_taken(&e))?;
        settings.json_lines = json_lines;
        lists::read_files(&mut settings.trend)?;
        settings.check()?;
        Ok(settings)
    }

    /// The topics and partitions that the detector reads, in its order.
    pub fn detector_inputs(&self) -> Vec<(Topic, u32)> {
        let of_topic = |topic| (0..self.log.partitions).map(move |partition| (topic, partition));
        self.trend.topics().into_iter().flat_map(of_topic).collect()
    }

    fn check(&self) -> Result<(), SettingsError> {
        let invalid = |section: &str, error: &dyn std::fmt::Display| {
            SettingsError::Invalid(format!("[{section}] {error}"))
        };
        self.source.validate().map_err(|e| invalid("source", &e))?;
        self.labelers.validate().map_err(|e| invalid("labelers", &e))?;
        self.trend.validate().map_err(|e| invalid("trend", &e))?;
        FeedGenerator::from_settings(&self.serve.feed_generator)
            .map_err(|e| invalid("serve.feed_generator", &e))?;
        Access::load(&self.serve.access).map_err(|e| invalid("serve.access", &e))?;
        self.check_webhooks()?;
        self.sim.check().map_err(|e| invalid("sim", &e))?;
        if !(1..=crate::log::PARTITIONS_MAX).contains(&self.log.partitions) {
            return Err(SettingsError::Invalid(format!(
                "[log] partitions must be 1 to {}",
                crate::log::PARTITIONS_MAX
            )));
        }
        if self.ingest.commit_records_max == 0 {
            return Err(SettingsError::Invalid("[ingest] commit_records_max must not be 0".to_owned()));
        }
        Ok(())
    }
}

/// Each has two threads, a position in the log and its own metrics.
const WEBHOOKS_MAX: usize = 32;

impl Settings {
    fn check_webhooks(&self) -> Result<(), SettingsError> {
        let invalid = |reason: String| Err(SettingsError::Invalid(format!("[[webhooks]] {reason}")));
        if self.webhooks.len() > WEBHOOKS_MAX {
            return invalid(format!("there are more than {WEBHOOKS_MAX}"));
        }
        for (place, hook) in self.webhooks.iter().enumerate() {
            if let Err(error) = hook.validate() {
                return invalid(error.to_string());
            }
            if self.webhooks[..place].iter().any(|other| other.name == hook.name) {
                return invalid(format!("two are called {:?}", hook.name));
            }
        }
        Ok(())
    }
}

fn remove_if_empty(table: &mut toml::Table, key: &str) {
    let Some((section, name)) = key.rsplit_once('.') else { return };
    let mut inner = Some(table);
    for part in section.split('.') {
        inner = inner.and_then(|table| table.get_mut(part)).and_then(Value::as_table_mut);
    }
    if let Some(inner) = inner
        && inner.get(name).and_then(Value::as_str) == Some("")
    {
        inner.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file is the list of settings; the types' own defaults must say the same.
    #[test]
    fn the_default_file_and_the_types_agree() {
        let settings = Settings::from_layers(&Layers::defaults()).unwrap();
        let trend = skytrend_trend::Settings::default();
        assert_eq!(settings.trend, trend);
        let source = skytrend_source::bluesky::settings::Settings::default();
        assert_eq!(settings.source, source);
        assert_eq!(settings.serve.http, skytrend_serve::http::Settings::default());
        assert_eq!(settings.serve.view, skytrend_serve::view::Settings::default());
        assert_eq!(settings.serve.access, skytrend_serve::http::AccessSettings::default());
        assert_eq!(settings.serve.feed_generator, skytrend_serve::http::FeedGeneratorSettings::default());
    }

    #[test]
    fn every_setting_in_the_file_has_a_comment() {
        let mut commented = false;
        for line in layers::DEFAULTS.lines() {
            let is_setting = line.contains(" = ") && !line.starts_with('#');
            assert!(!is_setting || commented, "no comment above {line:?}");
            commented = line.starts_with('#');
        }
    }

    #[test]
    fn a_value_that_its_type_refuses_is_named_with_its_origin() {
        let refused = |flag: &str| {
            let mut layers = Layers::defaults();
            layers.apply_flag(flag).unwrap();
            Settings::from_layers(&layers).unwrap_err().to_string()
        };
        let error = refused("trend.top=-1");
        assert!(error.starts_with("setting \"trend.top\" (from flag --set trend.top): "), "{error}");
        let error = refused("trend.moderation.labelled_posts=hide");
        assert!(
            error.contains("\"trend.moderation.labelled_posts\"") && error.contains("`ignore`"),
            "{error}"
        );
        assert!(!error.contains('\n'), "{error}");
    }

    #[test]
    fn values_out_of_range_are_refused_with_their_section() {
        let mut layers = Layers::defaults();
        layers.apply_flag("trend.sliding_minutes=0").unwrap();
        let error = Settings::from_layers(&layers).unwrap_err().to_string();
        assert!(error.contains("[trend] sliding_minutes"), "{error}");
    }
}
