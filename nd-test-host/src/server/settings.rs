//! Reading the server's settings: `navidrome.toml`, and the `ND_…` variables that win over it.
//!
//! Keys are compared without regard to case, tables and dotted keys are the same thing, and a value of another type is
//! converted where the server's configuration library converts it: `"85"` is a number, `1` is true. Unknown keys
//! have no effect and are listed, because a misspelt key is the commonest mistake in such a file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Value;

use super::ServerConfig;
use crate::journal::LogLevel;
use crate::services::kvstore::size::parse_size;

/// What a file or a set of variables says.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ServerFile {
    /// The settings.
    pub config: ServerConfig,
    /// Keys that have no effect on plugins, as they are written, sorted.
    pub unknown: Vec<String>,
    /// Advice on outdated keys, one line each.
    pub notes: Vec<String>,
}

/// Why settings cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("reading {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text is not TOML. The message shows the place.
    #[error("{origin}: {source}")]
    Syntax {
        /// The file, or `the settings`.
        origin: String,
        /// What is wrong, and where.
        source: toml::de::Error,
    },
    /// A value is not what its key takes.
    #[error("{origin}: {key}: expected {expected}, found {found}")]
    Value {
        /// The file, `the settings`, or `the environment`.
        origin: String,
        /// The key or variable as it is written.
        key: String,
        /// What the key takes.
        expected: &'static str,
        /// What is there.
        found: String,
    },
}

/// Files beyond this many bytes are no settings.
const MAX_FILE: u64 = 1 << 20;

/// A key that plugins notice, and how its value gets into the settings.
struct Key {
    name: &'static str,
    expected: &'static str,
    set: fn(&mut Draft, &Value) -> Option<()>,
}

/// Settings while they are read: some keys depend on others.
struct Draft {
    config: ServerConfig,
    log_level: Option<String>,
    plugin_log_level: Option<String>,
    tls_cert: String,
    tls_key: String,
}

const TEXT: &str = "a text";
const YES_NO: &str = "true or false";

/// Every key, spelled as the server's documentation spells it.
const KEYS: &[Key] = &[
    Key {
        name: "Plugins.Enabled",
        expected: YES_NO,
        set: |draft, value| {
            draft.config.plugins_enabled = truth(value)?;
            Some(())
        },
    },
    Key {
        name: "Plugins.Folder",
        expected: "a path",
        set: |draft, value| {
            let folder = text(value)?;
            draft.config.plugins_folder = (!folder.is_empty()).then(|| folder.into());
            Some(())
        },
    },
    Key {
        name: "Plugins.AutoReload",
        expected: YES_NO,
        set: |draft, value| {
            draft.config.auto_reload = truth(value)?;
            Some(())
        },
    },
    Key {
        name: "Plugins.LogLevel",
        expected: TEXT,
        set: |draft, value| {
            draft.plugin_log_level = Some(text(value)?);
            Some(())
        },
    },
    Key {
        name: "Plugins.CacheSize",
        expected: "a size such as \"200MB\"",
        set: |draft, value| {
            // Whatever is no size means that nothing is ever purged.
            let size = parse_size(&text(value)?).ok();
            draft.config.cache_size = size
                .and_then(|size| u64::try_from(size).ok())
                .filter(|size| *size > 0);
            Some(())
        },
    },
    Key {
        name: "LogLevel",
        expected: TEXT,
        set: |draft, value| {
            draft.log_level = Some(text(value)?);
            Some(())
        },
    },
    Key {
        name: "Agents",
        expected: "a text of names with commas between",
        set: |draft, value| {
            let agents = text(value)?;
            draft.config.agents = match agents.is_empty() {
                true => Vec::new(),
                false => agents.split(',').map(str::to_owned).collect(),
            };
            Some(())
        },
    },
    Key {
        name: "LyricsPriority",
        expected: "a text of sources with commas between",
        set: |draft, value| {
            let sources = text(value)?;
            let sources = sources
                .split(',')
                .map(str::trim)
                .filter(|source| !source.is_empty());
            draft.config.lyrics_priority = sources.map(str::to_owned).collect();
            Some(())
        },
    },
    Key {
        name: "Matcher.FuzzyThreshold",
        expected: "a whole number from 0 to 100",
        set: |draft, value| {
            let percent = u8::try_from(whole(value)?).ok()?;
            draft.config.fuzzy_threshold = (percent <= 100).then_some(percent)?;
            Some(())
        },
    },
    Key {
        name: "Matcher.PreferStarred",
        expected: YES_NO,
        set: |draft, value| {
            draft.config.prefer_starred = truth(value)?;
            Some(())
        },
    },
    Key {
        name: "IgnoredArticles",
        expected: "a text of words with spaces between",
        set: |draft, value| {
            draft.config.ignored_articles =
                text(value)?.split_whitespace().map(str::to_owned).collect();
            Some(())
        },
    },
    Key {
        name: "DevExternalArtistFetchMultiplier",
        expected: "a number",
        set: |draft, value| {
            draft.config.artist_fetch_multiplier = number(value)?;
            Some(())
        },
    },
    Key {
        name: "DevPreserveUnicodeInExternalCalls",
        expected: YES_NO,
        set: |draft, value| {
            draft.config.preserve_unicode = truth(value)?;
            Some(())
        },
    },
    Key {
        name: "DevArtworkExternalMaxRPS",
        expected: "a number",
        set: |draft, value| {
            draft.config.artwork_max_rps = number(value)?;
            Some(())
        },
    },
    Key {
        name: "ShareURL",
        expected: TEXT,
        set: |draft, value| {
            draft.config.share_url = text(value)?;
            Some(())
        },
    },
    Key {
        name: "BaseURL",
        expected: TEXT,
        set: |draft, value| {
            draft.config.base_url = text(value)?;
            Some(())
        },
    },
    Key {
        name: "Port",
        expected: "a whole number from 0 to 65535",
        set: |draft, value| {
            draft.config.port = u16::try_from(whole(value)?).ok()?;
            Some(())
        },
    },
    Key {
        name: "TLSCert",
        expected: "a path",
        set: |draft, value| {
            draft.tls_cert = text(value)?;
            Some(())
        },
    },
    Key {
        name: "TLSKey",
        expected: "a path",
        set: |draft, value| {
            draft.tls_key = text(value)?;
            Some(())
        },
    },
    // Known to the server and of no effect on plugins: usage statistics, and a limit nothing reads.
    Key {
        name: "DevEnablePluginsInsights",
        expected: YES_NO,
        set: |_, value| truth(value).map(drop),
    },
    Key {
        name: "DevPluginCompilationTimeout",
        expected: TEXT,
        set: |_, value| text(value).map(drop),
    },
];

impl ServerConfig {
    /// Reads the text of a `navidrome.toml`.
    ///
    /// # Errors
    ///
    /// When the text is not TOML, or a value is not what its key takes.
    pub fn from_toml(text: &str) -> Result<ServerFile, SettingsError> {
        read(text, "the settings")
    }

    /// Reads a `navidrome.toml`.
    ///
    /// # Errors
    ///
    /// As [`ServerConfig::from_toml`], and when the file cannot be read.
    pub fn from_file(path: impl AsRef<Path>) -> Result<ServerFile, SettingsError> {
        let path = path.as_ref();
        let failed = |source| SettingsError::Read {
            path: path.to_owned(),
            source,
        };
        let length = std::fs::metadata(path).map_err(failed)?.len();
        if length > MAX_FILE {
            let text = format!("it is larger than {MAX_FILE} bytes");
            return Err(failed(std::io::Error::other(text)));
        }
        let text = std::fs::read_to_string(path).map_err(failed)?;
        read(&text, &path.display().to_string())
    }

    /// Sets what variables such as `ND_PLUGINS_AUTORELOAD` say. They win over what is set already; empty ones count
    /// as not there, and so do variables without the prefix `ND_`. Returns the `ND_` variables that have no effect.
    ///
    /// The variables of this process are `std::env::vars()`.
    ///
    /// # Errors
    ///
    /// When a value is not what its key takes.
    pub fn apply_env(
        &mut self,
        variables: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Result<Vec<String>, SettingsError> {
        let mut draft = Draft::new(self.clone());
        let mut unknown = Vec::new();
        for (name, value) in variables {
            let (name, value) = (name.into(), value.into());
            let Some(rest) = name.strip_prefix("ND_") else {
                continue;
            };
            if value.is_empty() {
                continue;
            }
            let key = KEYS
                .iter()
                .find(|key| key.name.to_uppercase().replace('.', "_") == rest);
            match key {
                Some(key) => draft.set(key, &Value::String(value), "the environment", &name)?,
                None => unknown.push(name),
            }
        }
        *self = draft.finish();
        unknown.sort_unstable();
        Ok(unknown)
    }
}

fn read(text: &str, origin: &str) -> Result<ServerFile, SettingsError> {
    let table: toml::Table = toml::from_str(text).map_err(|source| SettingsError::Syntax {
        origin: origin.to_owned(),
        source,
    })?;
    let mut values = BTreeMap::new();
    flatten("", &table, &mut values);
    let mut draft = Draft::new(ServerConfig::default());
    let mut unknown = Vec::new();
    let mut outdated = std::collections::BTreeSet::new();
    for (written, value) in values {
        let known = KEYS
            .iter()
            .find(|key| key.name.eq_ignore_ascii_case(&written));
        if let Some(key) = known {
            draft.set(key, value, origin, &written)?;
        } else if let Some(id) = plugin_config(&written) {
            outdated.insert(id.to_owned());
        } else {
            unknown.push(written);
        }
    }
    let note = |id| {
        format!(
            "[PluginConfig.{id}] is no longer read: a plugin's settings are kept in the database, \
             set them with \"plugin edit {id} --config\", in the web interface or through the REST interface"
        )
    };
    Ok(ServerFile {
        config: draft.finish(),
        unknown,
        notes: outdated.into_iter().map(note).collect(),
    })
}

/// Returns the plugin of a key below the table `PluginConfig`.
fn plugin_config(key: &str) -> Option<&str> {
    let (table, rest) = key.split_once('.')?;
    table
        .eq_ignore_ascii_case("PluginConfig")
        .then(|| rest.split('.').next().unwrap_or(rest))
}

/// Lists the values of a table under their dotted keys; an empty table counts as a value.
fn flatten<'a>(prefix: &str, table: &'a toml::Table, values: &mut BTreeMap<String, &'a Value>) {
    for (key, value) in table {
        let key = match prefix.is_empty() {
            true => key.clone(),
            false => format!("{prefix}.{key}"),
        };
        match value {
            Value::Table(table) if !table.is_empty() => flatten(&key, table, values),
            value => drop(values.insert(key, value)),
        }
    }
}

impl Draft {
    fn new(config: ServerConfig) -> Self {
        Self {
            log_level: None,
            plugin_log_level: None,
            // What is set already stands for both files.
            tls_cert: if config.tls { "set" } else { "" }.to_owned(),
            tls_key: if config.tls { "set" } else { "" }.to_owned(),
            config,
        }
    }

    fn set(
        &mut self,
        key: &Key,
        value: &Value,
        origin: &str,
        written: &str,
    ) -> Result<(), SettingsError> {
        (key.set)(self, value).ok_or_else(|| SettingsError::Value {
            origin: origin.to_owned(),
            key: written.to_owned(),
            expected: key.expected,
            found: describe(value),
        })
    }

    fn finish(self) -> ServerConfig {
        let mut config = self.config;
        let own = self.plugin_log_level.filter(|level| !level.is_empty());
        config.own_log_level |= own.is_some();
        let servers = self.log_level.filter(|_| !config.own_log_level);
        if let Some(level) = own.or(servers) {
            config.plugin_log_level = LogLevel::from_setting(&level);
        }
        config.tls = !self.tls_cert.is_empty() && !self.tls_key.is_empty();
        config
    }
}

fn describe(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Table(_) => "a table".to_owned(),
        other => other.to_string(),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        // As the server's library writes a truth value into a text.
        Value::Boolean(truth) => Some(if *truth { "1" } else { "0" }.to_owned()),
        _ => None,
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Boolean(truth) => Some(*truth),
        Value::Integer(number) => Some(*number != 0),
        Value::Float(number) => Some(*number != 0.0),
        Value::String(text) => match text.as_str() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
            "" | "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        Value::Float(number) if number.is_finite() => Some(number.trunc() as i64),
        Value::Boolean(truth) => Some(i64::from(*truth)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Integer(number) => *number as f64,
        Value::Float(number) => *number,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests;
