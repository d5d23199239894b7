//! Files, variables and what is wrong with them.
#![allow(clippy::unwrap_used)]

use super::*;

fn config(text: &str) -> ServerConfig {
    ServerConfig::from_toml(text).unwrap().config
}

#[test]
fn nothing_said_means_the_defaults() {
    let read = ServerConfig::from_toml("").unwrap();
    assert_eq!(read.config, ServerConfig::default());
    assert!(read.unknown.is_empty() && read.notes.is_empty());
}

#[test]
fn every_key_is_read_as_table_or_dotted_and_in_any_case() {
    let text = r#"
        agents = " one,two"
        LYRICSPRIORITY = " a , .lrc,,embedded "
        IgnoredArticles = "The  Le"
        DevExternalArtistFetchMultiplier = 2
        DevPreserveUnicodeInExternalCalls = true
        DevArtworkExternalMaxRPS = 0.5
        ShareURL = "https://share.test"
        BaseURL = "/music"
        Port = 8080
        TLSCert = "c"
        TLSKey = "k"
        DevEnablePluginsInsights = false
        DevPluginCompilationTimeout = "1m"
        Matcher.FuzzyThreshold = 100
        [matcher]
        PreferStarred = false
        [Plugins]
        Enabled = false
        folder = "/srv/plugins"
        AutoReload = true
        LogLevel = "debug"
        CacheSize = "1 GiB"
    "#;
    // A dotted key and a table of the same name in other letters are different keys to TOML, one to the server.
    let read = ServerConfig::from_toml(text).unwrap();
    assert_eq!(read.unknown, [""; 0]);
    let config = read.config;
    let mut expected = ServerConfig {
        plugins_enabled: false,
        ..ServerConfig::default()
    };
    expected.plugins_folder = Some("/srv/plugins".into());
    expected.auto_reload = true;
    expected.plugin_log_level = LogLevel::Debug;
    expected.own_log_level = true;
    expected.cache_size = Some(1 << 30);
    expected.agents = vec![" one".into(), "two".into()];
    expected.lyrics_priority = vec!["a".into(), ".lrc".into(), "embedded".into()];
    expected.fuzzy_threshold = 100;
    expected.prefer_starred = false;
    expected.ignored_articles = vec!["The".into(), "Le".into()];
    expected.artist_fetch_multiplier = 2.0;
    expected.preserve_unicode = true;
    expected.artwork_max_rps = 0.5;
    expected.share_url = "https://share.test".into();
    expected.base_url = "/music".into();
    expected.port = 8080;
    expected.tls = true;
    assert_eq!(config, expected);
}

#[test]
fn sizes_are_decimal_and_what_is_none_means_no_limit() {
    let size = |text: &str| config(&format!("Plugins.CacheSize = {text}")).cache_size;
    assert_eq!(size("\"200MB\""), Some(200_000_000));
    assert_eq!(size("\"1kib\""), Some(1024));
    assert_eq!(size("5000"), Some(5000));
    for none in ["\"0\"", "0", "\"much\"", "\"\"", "\"-1\""] {
        assert_eq!(size(none), None, "{none}");
    }
}

#[test]
fn the_level_of_plugins_is_the_servers_unless_they_have_their_own() {
    let level = |text: &str| config(text).plugin_log_level;
    assert_eq!(level("LogLevel = \"trace\""), LogLevel::Trace);
    let both = "LogLevel = \"trace\"\nPlugins.LogLevel = \"fatal\"";
    assert_eq!(level(both), LogLevel::Error);
    let empty = "LogLevel = \"warn\"\nPlugins.LogLevel = \"\"";
    assert_eq!(level(empty), LogLevel::Warn);
    assert_eq!(level("Plugins.LogLevel = \"chatty\""), LogLevel::Info);
}

#[test]
fn both_tls_files_are_needed() {
    assert!(!config("TLSCert = \"c\"").tls);
    assert!(!config("TLSKey = \"k\"\nTLSCert = \"\"").tls);
}

#[test]
fn unknown_keys_are_listed_and_old_plugin_settings_answered_with_advice() {
    let text = "MusicFolder = \"/m\"\n[Plugins]\nEnabeld = true\n[PluginConfig.\"my.plugin\"]\na = 1\nb = 2\n[PluginConfig.empty]\n";
    let read = ServerConfig::from_toml(text).unwrap();
    assert_eq!(read.unknown, ["MusicFolder", "Plugins.Enabeld"]);
    assert_eq!(read.notes.len(), 2, "{:?}", read.notes);
    assert!(read.notes[0].starts_with("[PluginConfig.empty] is no longer read: "));
    assert!(read.notes[1].contains("plugin edit"));
}

#[test]
fn a_wrong_type_names_file_key_and_what_was_expected() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("navidrome.toml");
    let refused = |text: &str| {
        std::fs::write(&path, text).unwrap();
        ServerConfig::from_file(&path).unwrap_err().to_string()
    };
    let file = path.display();
    assert_eq!(
        refused("[plugins]\nenabled = \"maybe\""),
        format!("{file}: plugins.enabled: expected true or false, found \"maybe\"")
    );
    assert_eq!(
        refused("Agents = [\"a\"]"),
        format!("{file}: Agents: expected a text of names with commas between, found a list")
    );
    for (text, expected) in [
        ("Port = 70000", "a whole number from 0 to 65535"),
        (
            "Matcher.FuzzyThreshold = 101",
            "a whole number from 0 to 100",
        ),
        ("DevArtworkExternalMaxRPS = nan", "a number"),
        ("Plugins.Folder = {a = 1}\nPlugins.LogLevel = []", "a text"),
    ] {
        let error = refused(text);
        assert!(error.contains(&format!("expected {expected}")), "{error}");
    }
    let error = refused("Port = ");
    assert!(error.starts_with(&format!("{file}: ")), "{error}");
    let gone = ServerConfig::from_file(dir.path().join("gone.toml")).unwrap_err();
    assert!(gone.to_string().contains("gone.toml"), "{gone}");
}

#[test]
fn values_are_converted_as_the_servers_library_converts_them() {
    assert_eq!(
        config("Matcher.FuzzyThreshold = \"70\"").fuzzy_threshold,
        70
    );
    assert!(!config("Plugins.Enabled = \"false\"").plugins_enabled);
    assert!(!config("Plugins.Enabled = 0").plugins_enabled);
    assert_eq!(config("Agents = \"\"").agents, [""; 0]);
}

#[test]
fn variables_win_over_the_file() {
    let mut config =
        config("Plugins.AutoReload = false\nPort = 1\nTLSCert = \"c\"\nTLSKey = \"k\"");
    let unknown = config.apply_env([
        ("ND_PLUGINS_AUTORELOAD", "true"),
        ("ND_MATCHER_FUZZYTHRESHOLD", "9"),
        ("ND_PLUGINS_LOGLEVEL", "error"),
        ("ND_PORT", ""),
        ("ND_MUSICFOLDER", "/m"),
        ("PATH", "/bin"),
        ("nd_port", "5"),
    ]);
    assert_eq!(unknown.unwrap(), ["ND_MUSICFOLDER"]);
    assert!(config.auto_reload && config.tls);
    assert_eq!((config.fuzzy_threshold, config.port), (9, 1));
    assert_eq!(config.plugin_log_level, LogLevel::Error);
    config.apply_env([("ND_LOGLEVEL", "trace")]).unwrap();
    assert_eq!(config.plugin_log_level, LogLevel::Error);
    let error = config.apply_env([("ND_PORT", "x")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the environment: ND_PORT: expected a whole number from 0 to 65535, found \"x\""
    );
}
