//! `skytrend config`: the effective settings as TOML, each with its origin, secrets masked; `config check`.

use std::io::Write;

use crate::settings::Settings;
use crate::settings::layers::{Layers, masked};

/// Prints every setting by section. Lines of a section keep the order of their names.
pub fn print(layers: &Layers, out: &mut impl Write) -> std::io::Result<()> {
    let mut settings: Vec<_> =
        layers.iter().map(|(key, value, origin)| (split(key), key, value, origin)).collect();
    // By section: a section and those below it lie between one another in the order of the keys.
    settings.sort_by_key(|(split, ..)| *split);
    let mut section = None;
    for ((this, name), key, value, origin) in settings {
        if section != Some(this) {
            if section.is_some() {
                writeln!(out)?;
            }
            // What is in no section comes first, and needs no header.
            if !this.is_empty() {
                writeln!(out, "[{this}]")?;
            }
            section = Some(this);
        }
        writeln!(out, "{name} = {}  # {origin}", masked(key, value))?;
    }
    Ok(())
}

/// Section and name.
fn split(key: &str) -> (&str, &str) {
    key.rsplit_once('.').unwrap_or(("", key))
}

/// Checks what can be checked without starting anything.
pub fn check(layers: &Layers) -> anyhow::Result<()> {
    Settings::from_layers(layers)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_valid_toml_with_the_same_settings() {
        let layers = Layers::defaults();
        let mut out = Vec::new();
        print(&layers, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(table, layers.table());
        assert!(text.contains("# default"));
    }
}
