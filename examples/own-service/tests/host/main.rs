//! A host with a service of its own: the plugin as it ships, against an implementation of the generated trait.

#![allow(clippy::unwrap_used, missing_docs)]

mod own;

use nd_test_host::context::CallContext;
use nd_test_host::error::ServiceError;
use nd_test_host::faults::Fault;
use nd_test_host::{BuildError, Host, HostBuilder, Package};
use nd_types::SongRef;
use nd_types::taskworker::TaskExecuteRequest;
use own::types::Town;
use own::weather::{self, Day, Weather};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

/// A station that always measures the same.
#[derive(Default)]
struct Station {
    readings: AtomicI64,
}

impl Weather for Station {
    fn forecast(
        &self,
        ctx: &CallContext,
        town: String,
        days: i32,
    ) -> Result<Vec<Day>, ServiceError> {
        assert_eq!(ctx.plugin(), "own-service");
        if town != "Bergen" {
            return Err(ServiceError::new(format!("no station in {town}")));
        }
        let day = |at: i32| Day {
            temperature: 9.5 + f64::from(at),
            rain: "drizzle".to_owned(),
            readings: [("wind".to_owned(), 7.0)].into(),
            light: vec![0, 127, 255],
        };
        self.readings.fetch_add(1, Ordering::Relaxed);
        Ok((0..days).map(day).collect())
    }

    fn sensor(&self, _: &CallContext, name: String) -> Result<Option<f64>, ServiceError> {
        Ok((name == "humidity").then_some(0.0))
    }

    fn sky(&self, _: &CallContext) -> Result<Vec<u8>, ServiceError> {
        Ok(vec![0xff, 0xd8])
    }

    fn choose(
        &self,
        _: &CallContext,
        day: Day,
        songs: Vec<SongRef>,
    ) -> Result<Vec<SongRef>, ServiceError> {
        assert_eq!(day.light, [0, 127, 255]);
        assert_eq!(day.readings["wind"], 7.0);
        let wet = !day.rain.is_empty();
        let fits = |song: &SongRef| song.name.contains("Storm") == wet;
        Ok(songs.into_iter().filter(fits).collect())
    }

    fn nearest(
        &self,
        _: &CallContext,
        latitude: f64,
        longitude: f64,
    ) -> Result<Option<Town>, ServiceError> {
        assert_eq!((latitude, longitude), (60.39, 5.32));
        Ok(Some(Town {
            name: "Bergen".to_owned(),
            country: String::new(),
        }))
    }

    fn readings(&self, _: &CallContext) -> i64 {
        self.readings.load(Ordering::Relaxed)
    }
}

fn host() -> HostBuilder {
    Host::builder().service(weather::service(Station::default()))
}

/// The plugin that `make plugins` built, with this manifest.
fn package(manifest: &str) -> Package {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let module = root
        .join(target)
        .join("wasm32-wasip1/plugin/own_service.wasm");
    let wasm = std::fs::read(&module)
        .unwrap_or_else(|error| panic!("{}: {error}; run \"make plugins\"", module.display()));
    Package::from_parts("own-service", manifest.as_bytes(), wasm).unwrap()
}

fn task(town: &str) -> TaskExecuteRequest {
    TaskExecuteRequest {
        payload: town.into(),
        ..TaskExecuteRequest::default()
    }
}

#[test]
fn a_plugin_uses_the_service_of_a_fork() {
    let host = host().build().unwrap();
    let plugin = host
        .load_package(package(include_str!("../../manifest.json")))
        .unwrap();
    let answer = plugin.task_worker().execute(&task("Bergen")).unwrap();
    assert_eq!(
        answer,
        "drizzle, 10.5 degrees, humidity 0 %, 3 bytes of light, 2 bytes of sky, 1 readings: Riders on the Storm"
    );
    assert_eq!(host.journal().calls_of("weather_forecast").len(), 1);
    let nearest = plugin.task_worker().execute(&task("")).unwrap();
    assert!(
        nearest.ends_with("2 readings: Riders on the Storm"),
        "{nearest}"
    );
    let error = plugin.task_worker().execute(&task("Cairo")).unwrap_err();
    assert!(error.to_string().contains("no station in Cairo"), "{error}");
}

#[test]
fn faults_hit_an_own_service_as_well() {
    let host = host().build().unwrap();
    let plugin = host
        .load_package(package(include_str!("../../manifest.json")))
        .unwrap();
    host.faults()
        .add(Fault::error("out of order").service("Weather"));
    let error = plugin.task_worker().execute(&task("Bergen")).unwrap_err();
    assert!(error.to_string().contains("out of order"), "{error}");
}

#[test]
fn an_own_service_asks_for_its_permission() {
    let bare = package(r#"{"name":"n","author":"a","version":"1"}"#);
    let error = host().build().unwrap().load_package(bare).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains(r#"add "weather": {} to "permissions""#),
        "{text}"
    );
}

#[test]
fn a_host_without_the_service_does_not_load_the_plugin() {
    let host = Host::builder().build().unwrap();
    let error = host
        .load_package(package(include_str!("../../manifest.json")))
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains(r#""weather_forecast" is not exported"#),
        "{error}"
    );
}

#[test]
fn a_service_cannot_be_offered_twice() {
    let twice = host().service(weather::service(Station::default())).build();
    assert!(matches!(
        twice.err(),
        Some(BuildError::TakenImport {
            import: "weather_forecast"
        })
    ));
}
