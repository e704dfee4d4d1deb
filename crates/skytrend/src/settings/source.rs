//! Which source is read. `source.protocol` names it: a stream of Bluesky, or `json_lines`, whose settings lie beside
//! those of Bluesky and are taken apart here, for neither source knows of the other.

use skytrend_source::jsonlines;
use toml::{Table, Value};

use super::layers::SettingsError;

/// The protocol that is none of Bluesky's.
const JSON_LINES: &str = "json_lines";

/// Takes the settings of JSON lines out of the table; returns them if they are those of the source that is read.
pub fn take_json_lines(table: &mut Table) -> Result<Option<jsonlines::Settings>, SettingsError> {
    let Some(source) = table.get_mut("source").and_then(Value::as_table_mut) else { return Ok(None) };
    let settings = source.remove(JSON_LINES);
    if source.get("protocol").and_then(Value::as_str) != Some(JSON_LINES) {
        return Ok(None);
    }
    // What is left are the settings of a stream that is not read.
    source.remove("protocol");
    let invalid =
        |error: &dyn std::fmt::Display| SettingsError::Invalid(format!("[source.json_lines] {error}"));
    let settings = settings.unwrap_or_else(|| Value::Table(Table::new()));
    let settings: jsonlines::Settings =
        settings.try_into().map_err(|error: toml::de::Error| invalid(&error))?;
    settings.validate().map_err(|error| invalid(&error))?;
    Ok(Some(settings))
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::super::layers::Layers;
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_type() {
        let mut layers = Layers::defaults();
        assert_eq!(Settings::from_layers(&layers).unwrap().json_lines, None);
        layers.apply_flag("source.protocol=json_lines").unwrap();
        assert_eq!(Settings::from_layers(&layers).unwrap().json_lines, Some(jsonlines::Settings::default()));
        layers.apply_flag("source.json_lines.mapping.text=headline").unwrap();
        let refused = Settings::from_layers(&layers).unwrap_err().to_string();
        assert!(refused.contains("[source.json_lines] mapping.text"), "{refused}");
    }
}
