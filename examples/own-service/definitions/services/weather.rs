//! Asks a weather station, which no Navidrome server has: the host service of a fork.

/// Tells the weather, and which songs go with it.
///
/// Temperatures are in degrees Celsius.
#[host_service(name = "Weather", permission = "weather", since = "0.64.0")]
pub trait Weather {
    /// Returns the weather of the days to come, today first.
    ///
    /// `days` is 1 to 7.
    ///
    /// # Errors
    ///
    /// - `no station in`: nobody measures in that town.
    #[host_fn]
    fn forecast(town: String, days: i32) -> Result<Vec<Day>>;

    /// Returns the last reading of a sensor, such as `humidity`; nothing is found if there is no such sensor.
    #[host_fn(results(value, exists))]
    fn sensor(name: String) -> Result<(f64, bool)>;

    /// Returns the picture of the sky as a JPEG.
    #[host_fn(results(image))]
    fn sky() -> Result<Bytes>;

    /// Chooses the songs that go with a day.
    #[host_fn(results(songs))]
    fn choose(day: Day, songs: Vec<SongRef>) -> Result<Vec<SongRef>>;

    /// Returns the town of the nearest station; nothing is found at sea.
    #[host_fn(results(town))]
    fn nearest(latitude: f64, longitude: f64) -> Result<Option<Town>>;

    /// Counts the readings since the host started.
    #[host_fn]
    fn readings() -> i64;
}

/// Describes the weather of a day.
pub struct Day {
    /// The temperature at noon.
    pub temperature: f64,
    /// What falls from the sky; empty on a dry day.
    #[omit_empty]
    pub rain: String,
    /// Readings by sensor.
    #[omit_empty]
    pub readings: Map<String, f64>,
    /// The spectrum of the light at noon, as the station sends it.
    #[omit_empty]
    pub light: Bytes,
}
