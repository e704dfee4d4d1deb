//! Settings as layers of `dotted.key = value`: the compiled-in defaults, then a file, the environment, the flags.
//! The defaults are also the list of keys that exist: an unknown key is refused, with the nearest known one named.
//! It does not know what any key means; [`super::Settings`] does.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use toml::{Table, Value};

/// Every setting, its default and one comment each.
pub const DEFAULTS: &str = include_str!("../../../../config/default.toml");

/// Start of the environment variables that are settings: `SKYTREND_SERVE__LISTEN` is `serve.listen`.
pub const ENV_PREFIX: &str = "SKYTREND_";

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `config/default.toml`, compiled in.
    Default,
    /// A settings file.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// A flag of the command line.
    Flag(String),
    /// What the command itself needs, such as the simulated hosts of `demo`.
    Command(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Env(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
            Self::Command(name) => write!(f, "command {name}"),
        }
    }
}

/// Why settings can't be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A key that does not exist.
    #[error("unknown setting {key:?} (from {origin}){}", suggestion.as_ref().map_or_else(String::new, |s| format!(", did you mean {s:?}?")))]
    UnknownKey {
        /// As given.
        key: String,
        /// Who gave it.
        origin: Origin,
        /// The nearest key that exists, if one is near.
        suggestion: Option<String>,
    },
    /// A value of the wrong type.
    #[error("setting {key:?} (from {origin}) must be {expected}, not {found:?}")]
    WrongType {
        /// The key.
        key: String,
        /// Who gave it.
        origin: Origin,
        /// The type of the default.
        expected: &'static str,
        /// As given.
        found: String,
    },
    /// A file that is not TOML.
    #[error("{path} is not valid TOML: {detail}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, column and reason.
        detail: String,
    },
    /// A file that can't be read.
    #[error("can't read settings file {path}: {detail}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        detail: String,
    },
    /// A `--set` that is no `key=value`.
    #[error("{0:?} is not of the form key=value")]
    NotKeyValue(String),
    /// A value that its setting can't have.
    #[error("setting {key:?} (from {origin}): {detail}")]
    NotTaken {
        /// The key.
        key: String,
        /// Who gave it.
        origin: Origin,
        /// What it may be.
        detail: String,
    },
    /// Values that don't fit together or are out of range.
    #[error("{0}")]
    Invalid(String),
}

/// All settings by key, each with where it came from.
#[derive(Clone, Debug)]
pub struct Layers {
    values: BTreeMap<String, (Value, Origin)>,
}

impl Layers {
    /// The defaults alone.
    pub fn defaults() -> Self {
        let table: Table = DEFAULTS.parse().expect("config/default.toml is tested to parse");
        let mut values = BTreeMap::new();
        flatten(&table, "", &mut |key, value| {
            values.insert(key, (value.clone(), Origin::Default));
        });
        Self { values }
    }

    /// Lays a TOML text over what is there.
    pub fn apply_toml(&mut self, text: &str, path: &std::path::Path) -> Result<(), SettingsError> {
        let table: Table = text.parse().map_err(|e: toml::de::Error| SettingsError::Syntax {
            path: path.into(),
            detail: e.to_string(),
        })?;
        let mut pairs = Vec::new();
        flatten(&table, "", &mut |key, value| pairs.push((key, value.clone())));
        for (key, value) in pairs {
            self.set(&key, value, Origin::File(path.into()))?;
        }
        Ok(())
    }

    /// Lays a settings file over what is there.
    pub fn apply_file(&mut self, path: &std::path::Path) -> Result<(), SettingsError> {
        let unreadable =
            |e: std::io::Error| SettingsError::Unreadable { path: path.into(), detail: e.to_string() };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        self.apply_toml(&text, path)
    }

    /// Lays the environment's `SKYTREND_*` variables over what is there; `reserved` names are not settings.
    pub fn apply_env(
        &mut self,
        vars: impl Iterator<Item = (String, String)>,
        reserved: &[&str],
    ) -> Result<(), SettingsError> {
        for (name, text) in vars {
            let Some(rest) = name.strip_prefix(ENV_PREFIX) else { continue };
            if !reserved.contains(&name.as_str()) {
                let key = rest.to_ascii_lowercase().replace("__", ".");
                self.set_text(&key, &text, Origin::Env(name))?;
            }
        }
        Ok(())
    }

    /// Lays one `key=value` of the command line over what is there.
    pub fn apply_flag(&mut self, pair: &str) -> Result<(), SettingsError> {
        let (key, text) = pair.split_once('=').ok_or_else(|| SettingsError::NotKeyValue(pair.to_owned()))?;
        self.set_text(key.trim(), text.trim(), Origin::Flag(format!("--set {}", key.trim())))
    }

    /// Sets one value from text, read as the type of its default; lists are separated by commas.
    pub fn set_text(&mut self, key: &str, text: &str, origin: Origin) -> Result<(), SettingsError> {
        let Some((default, _)) = self.values.get(key) else { return Err(self.unknown(key, origin)) };
        let value = match default {
            Value::String(_) => Some(Value::String(text.to_owned())),
            Value::Integer(_) => text.replace('_', "").parse().ok().map(Value::Integer),
            Value::Float(_) => text.parse().ok().map(Value::Float),
            Value::Boolean(_) => text.parse().ok().map(Value::Boolean),
            Value::Array(_) => {
                // As `skytrend config` shows a list of texts, too.
                let listed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
                let bare = |part: &'_ str| part.trim().trim_matches('"').to_owned();
                let parts = listed.split(',').map(bare).filter(|part| !part.is_empty());
                Some(Value::Array(parts.map(Value::String).collect()))
            }
            Value::Datetime(_) | Value::Table(_) => None,
        };
        let wrong = || SettingsError::WrongType {
            key: key.to_owned(),
            origin: origin.clone(),
            expected: type_name(default),
            found: text.to_owned(),
        };
        let value = value.ok_or_else(wrong)?;
        self.set(key, value, origin)
    }

    /// Sets one value.
    pub fn set(&mut self, key: &str, value: Value, origin: Origin) -> Result<(), SettingsError> {
        let Some((present, from)) = self.values.get_mut(key) else { return Err(self.unknown(key, origin)) };
        let value = match (&*present, value) {
            (Value::Float(_), Value::Integer(whole)) => Value::Float(whole as f64),
            (_, value) => value,
        };
        if std::mem::discriminant(present) != std::mem::discriminant(&value) {
            let (expected, found) = (type_name(present), value.to_string());
            return Err(SettingsError::WrongType { key: key.to_owned(), origin, expected, found });
        }
        (*present, *from) = (value, origin);
        Ok(())
    }

    /// Every key with its value and origin, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value, &Origin)> {
        self.values.iter().map(|(key, (value, origin))| (key.as_str(), value, origin))
    }

    /// The settings as one nested table.
    pub fn table(&self) -> Table {
        let mut root = Table::new();
        for (key, (value, _)) in &self.values {
            let mut parts: Vec<&str> = key.split('.').collect();
            let last = parts.pop().unwrap_or_default();
            let mut table = &mut root;
            for part in parts {
                let entry = table.entry(part).or_insert_with(|| Value::Table(Table::new()));
                table = entry.as_table_mut().expect("a prefix of a key in default.toml is never a value");
            }
            table.insert(last.to_owned(), value.clone());
        }
        root
    }

    /// What the type of a setting says against its value, with where that came from.
    pub fn not_taken(&self, error: &toml::de::Error) -> SettingsError {
        let text = error.to_string();
        // The reader tells the key in a line of its own.
        let key = text.lines().find_map(|line| line.strip_prefix("in `")?.strip_suffix('`'));
        match key.and_then(|key| Some((key, self.values.get(key)?))) {
            Some((key, (_, origin))) => SettingsError::NotTaken {
                key: key.to_owned(),
                origin: origin.clone(),
                detail: error.message().to_owned(),
            },
            None => SettingsError::Invalid(text.trim_end().replace('\n', " ")),
        }
    }

    fn unknown(&self, key: &str, origin: Origin) -> SettingsError {
        let near = self.values.keys().map(|known| (strsim::damerau_levenshtein(known, key), known)).min();
        // A third of the key wrong is still a typing slip; more is another word.
        let suggestion =
            near.filter(|(distance, _)| *distance <= key.len().max(6) / 3).map(|(_, known)| known.clone());
        SettingsError::UnknownKey { key: key.to_owned(), origin, suggestion }
    }
}

/// Calls `found` with each leaf of the table; a list is a leaf.
fn flatten(table: &Table, prefix: &str, found: &mut impl FnMut(String, &Value)) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            Value::Table(inner) => flatten(inner, &key, found),
            leaf => found(key, leaf),
        }
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Array(_) => "a list",
        Value::Datetime(_) => "a date",
        Value::Table(_) => "a table",
    }
}

/// Who knows the address of a webhook of Slack's or Discord's can write there.
const WEBHOOK_URL: &str = "webhooks.url";

/// A value as it may be shown: secrets and passwords in URLs are masked, and of a webhook's URL all but the host.
pub fn masked(key: &str, value: &Value) -> String {
    if let (WEBHOOK_URL, Value::String(url)) = (key, value) {
        return Value::String(skytrend_sink::settings::shown_url(url)).to_string();
    }
    let secret = ["_token", "_password", "_secret", "_key"].iter().any(|end| key.ends_with(end));
    match value {
        Value::String(text) if secret && !text.is_empty() => "\"********\"".to_owned(),
        Value::String(text) => Value::String(without_password(text)).to_string(),
        Value::Array(items) => {
            let shown: Vec<String> = items.iter().map(|item| masked(key, item)).collect();
            format!("[{}]", shown.join(", "))
        }
        Value::Table(table) => {
            let shown: Vec<String> = table
                .iter()
                .map(|(name, value)| format!("{name} = {}", masked(&format!("{key}.{name}"), value)))
                .collect();
            format!("{{ {} }}", shown.join(", "))
        }
        other => other.to_string(),
    }
}

/// `scheme://user:password@host` without the password.
fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_end);
    match authority.rsplit_once('@') {
        Some((user, host)) => {
            let name = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{name}:********@{host}{path}")
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known_key() -> String {
        "serve.listen".to_owned()
    }

    #[test]
    fn later_layers_win_and_say_where_they_came_from() {
        let mut layers = Layers::defaults();
        layers.apply_toml("[serve]\nlisten = \"127.0.0.1:1\"", "a.toml".as_ref()).unwrap();
        let env =
            [("SKYTREND_SERVE__LISTEN".to_owned(), "127.0.0.1:2".to_owned()), ("HOME".into(), "/".into())];
        layers.apply_env(env.into_iter(), &[]).unwrap();
        let find = |layers: &Layers| {
            let (_, value, origin) = layers.iter().find(|(key, ..)| *key == known_key()).unwrap();
            (value.as_str().unwrap().to_owned(), origin.clone())
        };
        assert_eq!(find(&layers), ("127.0.0.1:2".into(), Origin::Env("SKYTREND_SERVE__LISTEN".into())));
        layers.apply_flag("serve.listen = 127.0.0.1:3").unwrap();
        assert_eq!(find(&layers).0, "127.0.0.1:3");
    }

    #[test]
    fn lists_are_read_as_they_are_shown_and_as_they_are_typed() {
        let hosts = |text: &str| {
            let mut layers = Layers::defaults();
            layers.apply_flag(&format!("source.hosts={text}")).unwrap();
            layers.iter().find(|(key, ..)| *key == "source.hosts").unwrap().1.to_string()
        };
        for text in ["ws://a,ws://b", "ws://a, ws://b", r#"["ws://a", "ws://b"]"#] {
            assert_eq!(hosts(text), r#"["ws://a", "ws://b"]"#, "{text}");
        }
        assert_eq!(hosts("[]"), hosts(""));
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_known_one() {
        let error = Layers::defaults().apply_flag("serve.listne=127.0.0.1:3").unwrap_err();
        assert!(error.to_string().contains("did you mean \"serve.listen\"?"), "{error}");
        let error = Layers::defaults().apply_flag("zzzzzzzz=1").unwrap_err();
        assert!(!error.to_string().contains("did you mean"), "{error}");
        let unknown = [("SKYTREND_SRVE__LISTEN".to_owned(), "x".to_owned())];
        assert!(Layers::defaults().apply_env(unknown.into_iter(), &[]).is_err());
    }

    #[test]
    fn a_value_of_the_wrong_type_is_refused() {
        let error = Layers::defaults().apply_toml("serve = { listen = 5 }", "a.toml".as_ref()).unwrap_err();
        assert!(error.to_string().contains("must be text"), "{error}");
        let error = Layers::defaults().apply_flag("log.partitions=many").unwrap_err();
        assert!(error.to_string().contains("a whole number"), "{error}");
    }

    #[test]
    fn passwords_and_secrets_are_masked() {
        let url = Value::String("wss://me:hunter2@relay.example/path".into());
        assert_eq!(masked("source.hosts", &url), "\"wss://me:********@relay.example/path\"");
        assert_eq!(masked("serve.admin_token", &Value::String("hunter2".into())), "\"********\"");
        let hook = Table::from_iter([("url".to_owned(), "https://hooks.slack.com/services/hunter2".into())]);
        let hooks = Value::Array(vec![Value::Table(hook)]);
        assert_eq!(masked("webhooks", &hooks), "[{ url = \"https://hooks.slack.com/…\" }]");
        assert_eq!(masked("serve.listen", &Value::String("127.0.0.1:80".into())), "\"127.0.0.1:80\"");
    }
}
