//! Typed clients, reading answers as the server does.

use nd_types::metadata::{AlbumRequest, ArtistRequest, SimilarArtistsRequest};
use nd_types::scrobbler::{PlaybackReportRequest, ScrobbleRequest};
use nd_types::taskworker::TaskExecuteRequest;

use super::{answering, failing, load, patient};
use crate::CallError;
use crate::client::ScrobbleErrorKind;

#[test]
fn only_the_word_true_authorises() {
    const EXPORT: &str = "nd_scrobbler_is_authorized";
    for (body, expected) in [
        (answering(EXPORT, "true"), true),
        (answering(EXPORT, "false"), false),
        (answering(EXPORT, ""), false),
        (answering(EXPORT, r#"{"authorized":true}"#), false),
        (failing(EXPORT, "no"), false),
        (answering("nd_scrobbler_scrobble", ""), false),
    ] {
        let host = patient();
        let plugin = load(&host, r#"{"users":{}}"#, &body);
        assert_eq!(plugin.scrobbler().is_authorized("ann"), expected, "{body}");
    }
}

#[test]
fn scrobbler_failures_are_told_apart_by_their_text() {
    let kind = |body: &str| {
        let host = patient();
        let plugin = load(&host, r#"{"users":{}}"#, body);
        let result = plugin.scrobbler().scrobble(&ScrobbleRequest::default());
        result.map_err(|error| error.kind)
    };
    const EXPORT: &str = "nd_scrobbler_scrobble";
    assert_eq!(kind(&answering(EXPORT, "")), Ok(()));
    assert_eq!(
        kind(&failing(EXPORT, "busy: scrobbler(retry_later)")),
        Err(ScrobbleErrorKind::RetryLater)
    );
    assert_eq!(
        kind(&failing(EXPORT, "scrobbler(not_authorized)")),
        Err(ScrobbleErrorKind::NotAuthorized)
    );
    assert_eq!(
        kind(&format!(r#"(func (export "{EXPORT}") unreachable)"#)),
        Err(ScrobbleErrorKind::Unrecoverable)
    );
    assert_eq!(
        kind(&answering("nd_scrobbler_now_playing", "")),
        Err(ScrobbleErrorKind::Unrecoverable),
        "a missing export drops the scrobble"
    );
}

#[test]
fn a_missing_playback_report_is_fine() {
    let host = patient();
    let body = answering("nd_scrobbler_scrobble", "");
    let plugin = load(&host, r#"{"users":{}}"#, &body);
    let report = PlaybackReportRequest::default();
    assert_eq!(plugin.scrobbler().playback_report(&report), Ok(()));
}

#[test]
fn no_data_and_faults_are_different_answers() {
    const EXPORT: &str = "nd_get_similar_artists";
    let ask = |body: &str| {
        let host = patient();
        let plugin = load(&host, "{}", body);
        let request = SimilarArtistsRequest::default();
        plugin
            .metadata()
            .similar_artists(&request)
            .map(|answer| answer.map(|answer| answer.artists.len()))
    };
    assert_eq!(
        ask(&answering(EXPORT, r#"{"artists":[{"name":"a"}]}"#)),
        Ok(Some(1))
    );
    for nothing in ["", "null", "{}", r#"{"artists":null}"#] {
        assert_eq!(ask(&answering(EXPORT, nothing)), Ok(None), "{nothing}");
    }
    assert_eq!(ask(""), Ok(None), "a missing export");
    let unimplemented = format!(r#"(func (export "{EXPORT}") (result i32) (i32.const -2))"#);
    assert_eq!(ask(&unimplemented), Ok(None));
    assert!(matches!(
        ask(&failing(EXPORT, "down")),
        Err(CallError::Failed { .. })
    ));
    assert!(matches!(
        ask(&answering(EXPORT, "[]")),
        Err(CallError::Decode { .. })
    ));
}

#[test]
fn any_album_object_is_a_hit_but_an_empty_address_is_not() {
    let host = patient();
    let body = answering("nd_get_album_info", "{}");
    let plugin = load(&host, "{}", &body);
    let info = plugin.metadata().album_info(&AlbumRequest::default());
    assert!(info.is_ok_and(|info| info.is_some()));
    let host = patient();
    let plugin = load(
        &host,
        "{}",
        &answering("nd_get_artist_url", r#"{"url":""}"#),
    );
    assert_eq!(
        plugin.metadata().artist_url(&ArtistRequest::default()),
        Ok(None)
    );
}

#[test]
fn lyrics_without_a_language_get_the_unknown_one() {
    let host = patient();
    let output = r#"{"lyrics":[{"text":"la"},{"lang":"de","text":"lo"}]}"#;
    let plugin = load(&host, "{}", &answering("nd_lyrics_get_lyrics", output));
    let lyrics = plugin.lyrics().get_lyrics(&Default::default());
    let languages: Vec<_> = lyrics
        .unwrap_or_default()
        .into_iter()
        .map(|text| text.lang)
        .collect();
    assert_eq!(languages, ["xxx", "de"]);
}

#[test]
fn a_tasks_message_is_a_json_string() {
    let host = patient();
    let plugin = load(&host, "{}", &answering("nd_task_execute", r#""done""#));
    let message = plugin.task_worker().execute(&TaskExecuteRequest::default());
    assert_eq!(message.as_deref(), Ok("done"));
    let host = patient();
    let plugin = load(&host, "{}", &answering("nd_task_execute", "done"));
    let message = plugin.task_worker().execute(&TaskExecuteRequest::default());
    assert!(matches!(message, Err(CallError::Decode { .. })));
}

#[test]
fn callbacks_are_called_with_their_documents() {
    let host = patient();
    let body = r#"(func (export "nd_scheduler_callback")) (func (export "nd_websocket_on_close"))
        (func (export "nd_on_init"))"#;
    let plugin = load(&host, "{}", body);
    assert_eq!(plugin.scheduler().callback(&Default::default()), Ok(()));
    assert_eq!(plugin.websocket().on_close(&Default::default()), Ok(()));
    let missing = plugin.websocket().on_error(&Default::default());
    assert!(missing.is_err_and(|error| error.is_absent()));
    let journal = host.journal();
    let init = journal
        .last_call("nd_on_init")
        .map(|call| call.input.text());
    assert_eq!(init.as_deref(), Some("{}"));
    let close = journal
        .last_call("nd_websocket_on_close")
        .map(|call| call.input.text());
    assert_eq!(
        close.as_deref(),
        Some(r#"{"connectionId":"","code":0,"reason":""}"#)
    );
}
