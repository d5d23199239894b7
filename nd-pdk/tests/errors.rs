//! What `?` converts into the errors of capability methods.
#![cfg(not(target_arch = "wasm32"))]

use nd_pdk::host::{self, HostError};
use nd_pdk::{
    lifecycle, lyrics, metadata, scheduler, scrobbler, sonicsimilarity, taskworker, websocket,
};

/// Checks the conversions of one module's `Error`.
macro_rules! check {
    ($($module:ident),*) => {$({
        fn number(text: &str) -> Result<i32, $module::Error> {
            Ok(text.parse::<i32>()?)
        }
        fn document(text: &str) -> Result<serde_json::Value, $module::Error> {
            Ok(serde_json::from_str(text)?)
        }
        fn file() -> Result<Vec<u8>, $module::Error> {
            Ok(std::fs::read("/no/such/file")?)
        }
        fn text(bad: bool) -> Result<(), $module::Error> {
            if bad { Err("a text")? }
            Err(String::from("a string"))?
        }
        fn other() -> Result<(), $module::Error> {
            Err(host::Error::msg("cause").context("context"))?
        }
        fn service() -> Result<(), $module::Error> {
            Err(HostError::new("kvstore_set", "storage limit exceeded"))?
        }
        fn boxed() -> Result<(), $module::Error> {
            Err(Box::<dyn std::error::Error + Send + Sync>::from("boxed"))?
        }
        assert_eq!(number("x").map_err(|e| e.message), Err("invalid digit found in string".into()));
        assert!(document("{").is_err_and(|e| e.message.starts_with("EOF while parsing")));
        assert!(file().is_err_and(|e| !e.message.is_empty()));
        assert_eq!(text(true), Err($module::Error::new("a text")));
        assert_eq!(text(false).map_err(|e| e.to_string()), Err("a string".into()));
        assert_eq!(other().map_err(|e| e.message), Err("context: cause".into()));
        assert_eq!(service().map_err(|e| e.message), Err("storage limit exceeded".into()));
        assert_eq!(boxed().map_err(|e| e.message), Err("boxed".into()));
        // And on into the error of host functions, for helpers shared by several capabilities.
        assert_eq!(host::Error::from($module::Error::new("x")).to_string(), "x");
    })*};
}

#[test]
fn common_errors_convert_into_those_of_every_capability() {
    check!(
        lifecycle,
        lyrics,
        metadata,
        scheduler,
        scrobbler,
        sonicsimilarity,
        taskworker,
        websocket
    );
}
