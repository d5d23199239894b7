//! A plugin that uses a host service no server has: a fork's own, generated from `definitions/services/weather.rs`.
//!
//! A task names a town, or nothing for the nearest one, and its result says what tomorrow is like and what to listen to.

pub mod own;

use nd_pdk::taskworker::{Error, TaskExecuteRequest, TaskWorker};
use nd_pdk::types::SongRef;
use own::weather;

/// The plugin.
#[derive(Debug, Default)]
pub struct WeatherSongs;

#[nd_pdk::export]
impl TaskWorker for WeatherSongs {
    fn on_task_execute(&self, req: TaskExecuteRequest) -> Result<String, Error> {
        let town = match String::from_utf8_lossy(&req.payload).into_owned() {
            named if !named.is_empty() => named,
            _ => nearest_town()?,
        };
        let days = weather::forecast(&town, 2)?;
        let tomorrow = days
            .into_iter()
            .nth(1)
            .ok_or_else(|| Error::new("the forecast ends today"))?;
        let sky = weather::sky()?;
        let humidity = match weather::sensor("humidity")? {
            Some(humidity) => format!("{humidity} %"),
            None => "unknown".to_owned(),
        };
        let what = if tomorrow.rain.is_empty() {
            "dry"
        } else {
            &tomorrow.rain
        }
        .to_owned();
        let (temperature, light) = (tomorrow.temperature, tomorrow.light.len());
        let songs = ["Riders on the Storm", "Here Comes the Sun"].map(|name| SongRef {
            name: name.to_owned(),
            ..SongRef::default()
        });
        let songs = weather::choose(tomorrow, songs.into())?;
        let songs: Vec<String> = songs.into_iter().map(|song| song.name).collect();
        let readings = weather::readings()?;
        Ok(format!(
            "{what}, {temperature} degrees, humidity {humidity}, {light} bytes of light, {} bytes of sky, {readings} readings: {}",
            sky.len(),
            songs.join(", ")
        ))
    }
}

/// Asks for the town of the nearest station.
fn nearest_town() -> Result<String, Error> {
    let town = weather::nearest(60.39, 5.32)?;
    let town = town.ok_or_else(|| Error::new("there is no station anywhere near"))?;
    Ok(town.name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, missing_docs)]

    use super::*;
    use nd_pdk::testing::FakeHost;
    use serde_json::json;

    #[test]
    fn the_bindings_work_natively_too() {
        let host = FakeHost::builder().install();
        let days =
            json!({ "result": [{ "temperature": 9 }, { "temperature": 11.5, "light": "AAE=" }] });
        host.answer("weather_forecast", days);
        let days = weather::forecast("Bergen", 2).unwrap();
        assert_eq!(days[1].temperature, 11.5);
        assert_eq!(days[1].light, [0, 1]);
    }
}
