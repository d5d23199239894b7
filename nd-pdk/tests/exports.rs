//! Exports natively: through the same documents as in wasm.
#![cfg(not(target_arch = "wasm32"))]

use nd_pdk::testing::call_export;

mod required {
    //! The macro of a required capability exports all of it.
    use nd_pdk::scrobbler::{
        Error, IsAuthorizedRequest, NowPlayingRequest, PlaybackReportRequest, ScrobbleRequest,
        Scrobbler,
    };

    #[derive(Default)]
    struct Plugin;

    impl Scrobbler for Plugin {
        fn is_authorized(&self, req: IsAuthorizedRequest) -> Result<bool, Error> {
            Ok(req.username == "ada")
        }

        fn now_playing(&self, _req: NowPlayingRequest) -> Result<(), Error> {
            panic!("on position {}", 7)
        }

        fn scrobble(&self, req: ScrobbleRequest) -> Result<(), Error> {
            Err(Error::retry_later(req.track.title))
        }

        fn playback_report(&self, _req: PlaybackReportRequest) -> Result<(), Error> {
            Err(Error::new(""))
        }
    }

    nd_pdk::register_scrobbler!(Plugin);
}

mod attribute {
    //! The attribute exports what is written.
    use nd_pdk::prelude::*;
    use nd_pdk::{metadata, taskworker};

    #[derive(Default)]
    struct Plugin {
        greeting: Greeting,
    }

    struct Greeting(&'static str);

    impl Default for Greeting {
        fn default() -> Self {
            Self("hello")
        }
    }

    #[export]
    impl metadata::MetadataAgent for Plugin {
        fn get_artist_biography(
            &self,
            req: metadata::ArtistRequest,
        ) -> Result<Option<metadata::ArtistBiographyResponse>, metadata::Error> {
            let biography = format!("{} {}", self.greeting.0, req.name);
            Ok((!req.name.is_empty()).then_some(metadata::ArtistBiographyResponse { biography }))
        }
    }

    #[export]
    impl taskworker::TaskWorker for Plugin {
        fn on_task_execute(
            &self,
            req: taskworker::TaskExecuteRequest,
        ) -> Result<String, taskworker::Error> {
            Ok(String::from_utf8(req.payload)?)
        }
    }
}

mod hygiene {
    //! Nothing is taken from the author's scope, not even the prelude of the language.
    #![no_implicit_prelude]

    use ::nd_pdk::lifecycle::{Error, InitProvider};
    use ::std::result::Result::{self, Ok};

    #[derive(::std::default::Default)]
    struct Plugin;

    #[::nd_pdk::export]
    impl InitProvider for Plugin {
        fn on_init(&self) -> Result<(), Error> {
            ::nd_pdk::log::info!("{}", 1);
            Ok(())
        }
    }

    pub mod registered {
        ::nd_pdk::register_lifecycle_init!(super::Plugin);
    }

    pub mod provider {
        use ::nd_pdk::scheduler::{CallbackProvider, Error, SchedulerCallbackRequest};
        use ::std::result::Result::{self, Ok};

        impl CallbackProvider for super::Plugin {
            fn on_callback(&self, _: SchedulerCallbackRequest) -> Result<(), Error> {
                Ok(())
            }
        }

        ::nd_pdk::register_scheduler_callback!(super::Plugin);
    }
}

#[test]
fn a_bare_boolean_is_answered() {
    assert_eq!(
        call_export(
            required::nd_scrobbler_is_authorized,
            r#"{"username":"ada"}"#
        ),
        Ok("true".into())
    );
    assert_eq!(
        call_export(required::nd_scrobbler_is_authorized, "{}"),
        Ok("false".into())
    );
    assert_eq!(
        call_export(required::nd_scrobbler_is_authorized, ""),
        Ok("false".into())
    );
}

#[test]
fn an_error_is_its_message() {
    let scrobbled = call_export(
        required::nd_scrobbler_scrobble,
        r#"{"track":{"title":"So What"}}"#,
    );
    assert_eq!(scrobbled, Err("scrobbler(retry_later): So What".into()));
}

#[test]
fn an_error_without_message_still_is_one() {
    let reported = call_export(required::nd_scrobbler_playback_report, "{}");
    assert_eq!(reported, Err("the plugin failed without a message".into()));
}

#[test]
fn a_panic_is_an_error() {
    assert_eq!(
        call_export(required::nd_scrobbler_now_playing, "{}"),
        Err("panicked: on position 7".into())
    );
}

#[test]
fn an_unreadable_request_is_an_error_that_names_the_field() {
    let scrobbled = call_export(
        required::nd_scrobbler_scrobble,
        r#"{"track":{"title":["So What"]}}"#,
    );
    assert_eq!(
        scrobbled,
        Err(
            "unreadable request: expected a string, found an array at `track.title` (byte 18)"
                .into()
        )
    );
}

#[test]
fn no_data_is_null_and_no_value_is_empty() {
    assert_eq!(
        call_export(attribute::nd_get_artist_biography, r#"{"name":""}"#),
        Ok("null".into())
    );
    let found = call_export(attribute::nd_get_artist_biography, r#"{"name":"Ada"}"#);
    assert_eq!(found, Ok(r#"{"biography":"hello Ada"}"#.into()));
    assert_eq!(call_export(hygiene::nd_on_init, "{}"), Ok(String::new()));
    assert_eq!(
        call_export(hygiene::registered::nd_on_init, "{}"),
        Ok(String::new())
    );
    assert_eq!(
        call_export(hygiene::provider::nd_scheduler_callback, "{}"),
        Ok(String::new())
    );
}

#[test]
fn texts_are_answered_in_quotes() {
    let executed = call_export(attribute::nd_task_execute, r#"{"payload":"c2F5ICJoaSI="}"#);
    assert_eq!(executed, Ok(r#""say \"hi\"""#.into()));
    let refused = call_export(attribute::nd_task_execute, r#"{"payload":"/w=="}"#);
    assert_eq!(
        refused,
        Err("invalid utf-8 sequence of 1 bytes from index 0".into())
    );
}
