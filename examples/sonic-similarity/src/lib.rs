//! Finds songs that sound alike, by listening to the files; README.md describes settings and method.
//!
//! Background: `scan` walks the libraries and keeps the `index` up to date, a few files per call; `decode` turns a file
//! into samples, `descriptor` samples into numbers. Answers: `search` compares the numbers, `answer` talks to the server.

mod answer;
pub mod decode;
pub mod descriptor;
pub mod index;
pub mod scan;
pub mod search;
mod settings;
mod song;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nd_pdk::lifecycle::{self, Lifecycle};
use nd_pdk::scheduler::{self, SchedulerCallback, SchedulerCallbackRequest};
use nd_pdk::sonicsimilarity::{
    self, FindSonicPathRequest, GetSonicSimilarTracksRequest, SonicSimilarity,
    SonicSimilarityResponse,
};
use nd_pdk::{host, log};

use scan::{Env, Library, Outcome, Report};
use settings::{DEFAULT_RESCAN, Settings};

/// Payloads of the schedules: look for changes after a load, look for changes at the usual time, carry on.
const START: &str = "start";
const RESCAN: &str = "rescan";
const STEP: &str = "step";

/// Seconds after a load until the first step: a load may be followed by the next one at once.
const START_DELAY: i32 = 2;

/// Seconds after which a step that was cut off is followed up; by then its lock counts as abandoned.
const FOLLOW_UP: i32 = 45;

/// The plugin.
#[derive(Debug, Default)]
pub struct SoundsAlike;

#[nd_pdk::export]
impl Lifecycle for SoundsAlike {
    fn on_init(&self) -> Result<(), lifecycle::Error> {
        let settings = Settings::load()?;
        if let Err(error) = host::scheduler::schedule_recurring(&settings.rescan, RESCAN, RESCAN) {
            log::error!(
                "the rescan setting \"{}\" is of no use, taking {DEFAULT_RESCAN}: {error}",
                settings.rescan
            );
            host::scheduler::schedule_recurring(DEFAULT_RESCAN, RESCAN, RESCAN)?;
        }
        // Ids are left to the host: a given one stays taken while its own callback runs.
        host::scheduler::schedule_one_time(START_DELAY, START, "")?;
        Ok(())
    }
}

#[nd_pdk::export]
impl SchedulerCallback for SoundsAlike {
    fn on_callback(&self, req: SchedulerCallbackRequest) -> Result<(), scheduler::Error> {
        let settings = Settings::load()?;
        // Should this call be cut off, somebody has to carry on.
        let follow_up = host::scheduler::schedule_one_time(FOLLOW_UP, STEP, "")?;
        let outcome = work(&settings, req.payload != STEP);
        host::scheduler::cancel_schedule(&follow_up)?;
        match outcome? {
            // Perhaps nobody is at work, and a call cut off by the last unload left its lock behind.
            Outcome::Busy if req.payload == START => {
                host::scheduler::schedule_one_time(FOLLOW_UP, START, "")?;
            }
            Outcome::Busy => {}
            Outcome::Worked(report) => {
                tell(&report);
                if report.more {
                    host::scheduler::schedule_one_time(settings.pause_seconds, STEP, "")?;
                }
            }
        }
        Ok(())
    }
}

#[nd_pdk::export]
impl SonicSimilarity for SoundsAlike {
    fn get_sonic_similar_tracks(
        &self,
        req: GetSonicSimilarTracksRequest,
    ) -> Result<SonicSimilarityResponse, sonicsimilarity::Error> {
        Ok(SonicSimilarityResponse {
            matches: answer::similar(&req.song, req.count)?,
        })
    }

    fn find_sonic_path(
        &self,
        req: FindSonicPathRequest,
    ) -> Result<SonicSimilarityResponse, sonicsimilarity::Error> {
        Ok(SonicSimilarityResponse {
            matches: answer::path(&req.start_song, &req.end_song, req.count)?,
        })
    }
}

fn work(settings: &Settings, rescan: bool) -> Result<Outcome, host::Error> {
    let storage = PathBuf::from(host::storage::get_storage_path()?);
    let libraries: Vec<Library> = host::library::get_all_libraries()?
        .into_iter()
        .filter(|library| !library.mount_point.is_empty())
        .map(|library| Library {
            id: library.id,
            root: PathBuf::from(library.mount_point),
        })
        .collect();
    let env = Env {
        libraries: &libraries,
        storage: Path::new(&storage),
        budget: settings.step,
        excerpt_seconds: settings.excerpt_seconds,
        now: &SystemTime::now,
        log: &|level, line| log::write(level, line),
    };
    Ok(scan::step(&env, rescan)?)
}

fn tell(report: &Report) {
    let Report {
        analysed,
        failed,
        removed,
        waiting,
        songs,
        ..
    } = report;
    if report.more || analysed + failed + removed > 0 {
        log::info!("indexed {songs} of {} songs", songs + waiting);
    }
    if report.scan_ended {
        log::debug!("the index is up to date");
        if report.unsupported > 0 {
            log::info!(
                "{} files are in formats that cannot be decoded",
                report.unsupported
            );
        }
    }
}
