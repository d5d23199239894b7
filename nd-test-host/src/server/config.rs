//! The settings of `navidrome.toml` that plugins notice.

use std::path::PathBuf;

use crate::journal::LogLevel;

/// The server's settings, with the server's defaults. [`ServerConfig::from_toml`] reads them from text.
///
/// ```
/// use nd_test_host::server::ServerConfig;
///
/// let mut config = ServerConfig::default();
/// config.auto_reload = true;
/// config.agents = vec!["my-plugin".to_owned()];
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ServerConfig {
    /// `Plugins.Enabled`: whether there are plugins at all.
    pub plugins_enabled: bool,
    /// `Plugins.Folder`: where packages lie; none for `plugins` in the data folder.
    pub plugins_folder: Option<PathBuf>,
    /// `Plugins.AutoReload`: whether that folder is watched.
    pub auto_reload: bool,
    /// `Plugins.LogLevel`: the level below which guest log lines are dropped.
    pub plugin_log_level: LogLevel,
    /// Whether [`ServerConfig::plugin_log_level`] was read from the plugins' own key, which wins over `LogLevel`.
    pub(super) own_log_level: bool,
    /// `Plugins.CacheSize` in bytes: limit of the compiled code kept on disk; none for no limit.
    pub cache_size: Option<u64>,
    /// `Agents`: metadata sources in order, split at commas and not trimmed.
    pub agents: Vec<String>,
    /// `LyricsPriority`: lyrics sources in order, split at commas and trimmed.
    pub lyrics_priority: Vec<String>,
    /// `Matcher.FuzzyThreshold` in percent.
    pub fuzzy_threshold: u8,
    /// `Matcher.PreferStarred`.
    pub prefer_starred: bool,
    /// `IgnoredArticles`, split at spaces.
    pub ignored_articles: Vec<String>,
    /// `DevExternalArtistFetchMultiplier`.
    pub artist_fetch_multiplier: f64,
    /// `DevPreserveUnicodeInExternalCalls`.
    pub preserve_unicode: bool,
    /// `DevArtworkExternalMaxRPS`: requests per second and source of the artwork worker.
    pub artwork_max_rps: f64,
    /// `ShareURL`: base of shared addresses.
    pub share_url: String,
    /// `BaseURL`: address or path the server is reached under.
    pub base_url: String,
    /// `Port`.
    pub port: u16,
    /// Whether the server has both a certificate and a key: `TLSCert`, `TLSKey`.
    pub tls: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        let list = |text: &str, at: char| text.split(at).map(str::to_owned).collect();
        Self {
            plugins_enabled: true,
            plugins_folder: None,
            auto_reload: false,
            plugin_log_level: LogLevel::default(),
            own_log_level: false,
            cache_size: Some(200_000_000),
            agents: list("deezer,lastfm,listenbrainz", ','),
            lyrics_priority: list(".ttml,.yaml,.yml,.elrc,.lrc,.srt,.txt,embedded", ','),
            fuzzy_threshold: 85,
            prefer_starred: true,
            ignored_articles: list("The El La Los Las Le Les Os As O A", ' '),
            artist_fetch_multiplier: 1.5,
            preserve_unicode: false,
            artwork_max_rps: 2.0,
            share_url: String::new(),
            base_url: String::new(),
            port: 4533,
            tls: false,
        }
    }
}
