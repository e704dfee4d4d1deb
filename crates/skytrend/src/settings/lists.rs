//! The files that moderation lists and watchlists name: read into the lists when the settings are loaded, so that they
//! are checked with them and a change of a file is a change of the settings. What a pattern means is not known here.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::layers::SettingsError;

/// Longest file: a hundred thousand words.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// Appends what the files say to the lists that name them.
pub fn read_files(trend: &mut skytrend_trend::Settings) -> Result<(), SettingsError> {
    let moderation = &mut trend.moderation;
    append(&mut moderation.block, &moderation.block_files)?;
    append(&mut moderation.allow, &moderation.allow_files)?;
    for list in &mut trend.watchlists {
        append(&mut list.terms, &list.term_files)?;
    }
    Ok(())
}

fn append(list: &mut Vec<String>, files: &[String]) -> Result<(), SettingsError> {
    for path in files {
        let text = read(Path::new(path))
            .map_err(|error| SettingsError::Unreadable { path: path.into(), detail: error.to_string() })?;
        list.extend(patterns(&text).map(str::to_owned));
    }
    Ok(())
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(std::io::Error::other(format!("longer than {FILE_BYTES_MAX} bytes")));
    }
    Ok(text)
}

/// One a line. A comment has white space after its sign: without it, the line is a hashtag.
fn patterns(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let is_comment = |line: &str| {
        line.strip_prefix('#').is_some_and(|rest| !rest.starts_with(|c: char| !c.is_whitespace()))
    };
    lines.filter(move |line| !line.is_empty() && !is_comment(line))
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::super::layers::Layers;
    use super::*;

    fn loaded(toml: &str) -> Result<Settings, SettingsError> {
        let mut layers = Layers::defaults();
        layers.apply_toml(toml, "test.toml".as_ref())?;
        Settings::from_layers(&layers)
    }

    #[test]
    fn comments_and_empty_lines_are_no_patterns_and_hashtags_are() {
        let text = "\u{feff}# a comment\n#\n\n  word \n#tag\r\n/a#b/";
        assert_eq!(patterns(text).collect::<Vec<_>>(), ["word", "#tag", "/a#b/"]);
    }

    #[test]
    fn files_extend_the_lists_that_name_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("terms.txt");
        std::fs::write(&path, "# words\nstorm\nhigh tide\n").unwrap();
        let path = path.display();
        let settings = loaded(&format!(
            "[trend.moderation]\nblock = [\"bad\"]\nblock_files = [\"{path}\"]\n\
             [[trend.watchlists]]\nname = \"weather\"\nterm_files = [\"{path}\"]\nalert_growth = 2\n"
        ))
        .unwrap();
        assert_eq!(settings.trend.moderation.block, ["bad", "storm", "high tide"]);
        assert_eq!(settings.trend.watchlists[0].terms, ["storm", "high tide"]);
        let missing =
            loaded("[trend.moderation]\nallow_files = [\"/no/such/file\"]").unwrap_err().to_string();
        assert!(missing.contains("/no/such/file"), "{missing}");
    }

    #[test]
    fn a_bad_pattern_is_named() {
        let refused = loaded("[trend.moderation]\nblock = [\"fine\", \"/(/\"]").unwrap_err().to_string();
        assert!(refused.contains("[trend] moderation.block") && refused.contains("\"/(/\""), "{refused}");
        let refused = loaded("[[trend.watchlists]]\nname = \"a\"\nterms = [\"x\"]\nalert_post = 3")
            .unwrap_err()
            .to_string();
        assert!(refused.contains("alert_post"), "{refused}");
    }
}
