//! What the minimal plugins may cost: the budgets of the tests, beside what the server's own kit needs for the same work.

use crate::meter::{Cost, Meter};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write;

/// Bytes of memory that the server makes for each call: the stack, data and what is left of their last page.
pub const MEMORY_AT_START: usize = 128 * 1024;

/// A plugin and its budgets.
pub struct Budget {
    /// The name of its Cargo package.
    pub plugin: &'static str,
    /// Bytes of its module in a package, compressed.
    pub zipped: usize,
    /// The same with the server's own kit, where it was measured.
    pub zipped_upstream: Option<usize>,
    /// The calls that are measured.
    pub calls: &'static [Call],
}

/// A call and its budget.
pub struct Call {
    /// The work, in a few words.
    pub what: &'static str,
    /// The export.
    pub export: &'static str,
    /// Its input.
    pub input: fn() -> String,
    /// Units of fuel it may use.
    pub fuel: u64,
    /// The same with the server's own kit, where it was measured.
    pub fuel_upstream: Option<u64>,
    /// Calls of the kernel it may make, other than transfers of words.
    pub kernel_calls: u64,
}

/// Every minimal plugin.
pub const BUDGETS: &[Budget] = &[
    Budget {
        plugin: "minimal-scrobbler",
        zipped: 14_000,
        zipped_upstream: Some(62_405),
        calls: &[
            Call {
                what: "scrobble, 1.2 KB in",
                export: "nd_scrobbler_scrobble",
                input: scrobble,
                fuel: 23_500,
                fuel_upstream: Some(63_123),
                kernel_calls: 1,
            },
            Call {
                what: "is_authorized",
                export: "nd_scrobbler_is_authorized",
                input: || r#"{"username":"ada"}"#.into(),
                fuel: 1_450,
                fuel_upstream: Some(4_095),
                kernel_calls: 3,
            },
            Call {
                what: "now_playing, one host call",
                export: "nd_scrobbler_now_playing",
                input: scrobble,
                fuel: 27_000,
                fuel_upstream: None,
                kernel_calls: 5,
            },
        ],
    },
    Budget {
        plugin: "minimal-metadata",
        zipped: 18_000,
        zipped_upstream: Some(61_291),
        calls: &[Call {
            what: "similar artists, one found",
            export: "nd_get_similar_artists",
            input: || r#"{"id":"1","name":"Miles Davis","limit":150}"#.into(),
            fuel: 3_000,
            fuel_upstream: None,
            kernel_calls: 3,
        }],
    },
    Budget {
        plugin: "minimal-lyrics",
        zipped: 10_400,
        zipped_upstream: None,
        calls: &[Call {
            what: "lyrics, 4.3 KB out",
            export: "nd_lyrics_get_lyrics",
            input: lyrics,
            fuel: 60_000,
            fuel_upstream: Some(330_465),
            kernel_calls: 3,
        }],
    },
    Budget {
        plugin: "minimal-sonic",
        zipped: 19_700,
        zipped_upstream: None,
        calls: &[Call {
            what: "sonic, 100 matches, 75 KB out",
            export: "nd_get_sonic_similar_tracks",
            input: || r#"{"song":{"id":"1","name":"So What"},"count":100}"#.into(),
            fuel: 720_000,
            fuel_upstream: Some(3_552_051),
            kernel_calls: 3,
        }],
    },
    Budget {
        plugin: "minimal-task",
        zipped: 8_500,
        zipped_upstream: None,
        calls: &[Call {
            what: "task with a payload of 64 KiB",
            export: "nd_task_execute",
            input: task,
            fuel: 880_000,
            fuel_upstream: Some(3_026_423),
            kernel_calls: 3,
        }],
    },
    Budget {
        plugin: "minimal-callbacks",
        zipped: 10_600,
        zipped_upstream: None,
        calls: &[
            Call {
                what: "init, one host call",
                export: "nd_on_init",
                input: || "{}".into(),
                fuel: 3_300,
                fuel_upstream: None,
                kernel_calls: 5,
            },
            Call {
                what: "text message",
                export: "nd_websocket_on_text_message",
                input: || r#"{"connectionId":"c","message":"hello"}"#.into(),
                fuel: 1_550,
                fuel_upstream: None,
                kernel_calls: 1,
            },
        ],
    },
    Budget {
        plugin: "minimal-store",
        zipped: 17_200,
        zipped_upstream: None,
        calls: &[
            Call {
                what: "100 rounds of cache and KV, 1 KiB each",
                export: "nd_scheduler_callback",
                input: || rounds(100),
                fuel: 10_500_000,
                fuel_upstream: Some(28_088_753),
                kernel_calls: 1 + 100 * 16,
            },
            Call {
                what: "1,000 rounds",
                export: "nd_scheduler_callback",
                input: || rounds(1000),
                fuel: 105_000_000,
                fuel_upstream: Some(926_625_025),
                kernel_calls: 1 + 1000 * 16,
            },
        ],
    },
    Budget {
        plugin: "minimal-services",
        zipped: 39_700,
        zipped_upstream: Some(107_980),
        calls: &[],
    },
];

impl Call {
    /// Measures the call.
    ///
    /// # Panics
    ///
    /// When it fails.
    pub fn measure(&self, meter: &Meter) -> Cost {
        meter.call(self.export, (self.input)().as_bytes())
    }
}

/// Returns how many bytes a module takes in a package.
pub fn zipped(wasm: &[u8]) -> usize {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder
        .write_all(wasm)
        .and_then(|()| encoder.finish())
        .map_or(0, |bytes| bytes.len())
}

/// A play as the server reports it: fields in its order, letters escaped that mean something in HTML.
fn scrobble() -> String {
    include_str!("../documents/scrobble.json").trim_end().into()
}

/// The track of that play.
fn lyrics() -> String {
    let play = scrobble();
    let from = play.find("\"track\"").unwrap_or_default();
    let to = play.find(",\"timestamp\"").unwrap_or_default();
    format!("{{{}}}", &play[from..to])
}

fn task() -> String {
    // 65,535 times the letter `v`, and one more.
    let payload = "dnZ2".repeat(65_535 / 3) + "dg==";
    format!(r#"{{"queueName":"q","taskId":"t","payload":"{payload}","attempt":1}}"#)
}

fn rounds(count: u32) -> String {
    format!(r#"{{"scheduleId":"s","payload":"{count}","isRecurring":false}}"#)
}
