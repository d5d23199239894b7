//! Loading the largest plugin of this repository from its package: never compiled before, and compiled already.
//! The host shares code within a process, so what is to be compiled anew has to differ from all before.

use criterion::Criterion;
use nd_test_host::package::PackageWriter;
use nd_test_host::{Host, PluginSettings};
use nd_tests::{manifest, wasm};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The largest plugin.
pub(crate) const LARGE: &str = "sonic-similarity";

/// Folders that go with the benchmark: a package, a library without music, data.
struct Place {
    folder: TempDir,
    package: PathBuf,
}

impl Place {
    /// Packs the plugin with a section nobody reads, so that no other module is the same.
    fn new(mark: u8) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
        let package = folder.path().join(LARGE).with_extension("ndp");
        let mut module = wasm(LARGE);
        module.extend([0, 6, 4, b'm', b'a', b'r', b'k', mark]);
        PackageWriter::new(manifest(LARGE).to_string(), module)
            .write(&package)
            .unwrap_or_else(|error| panic!("{error}"));
        Self { folder, package }
    }

    /// Loads the package into a new host and returns how long the load took, without the host's start.
    fn load(&self, data: &Path) -> Duration {
        let library = self.folder.path().join("music");
        let host = Host::builder()
            .data_dir(data)
            .library(1, "Music", library)
            .every_plugin(PluginSettings::all())
            .build()
            .unwrap_or_else(|error| panic!("{error}"));
        let started = Instant::now();
        host.load(&self.package)
            .unwrap_or_else(|error| panic!("{error}"));
        started.elapsed()
    }
}

pub(crate) fn times(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("load");
    group.sample_size(10);
    let mut mark = 0;
    group.bench_function("cold", |bencher| {
        bencher.iter_custom(|times| {
            let loads = (0..times).map(|_| {
                mark += 1;
                let place = Place::new(mark);
                place.load(&place.folder.path().join("data"))
            });
            loads.sum()
        });
    });
    let place = Place::new(0);
    let data = place.folder.path().join("data");
    place.load(&data);
    group.bench_function("cached", |bencher| {
        bencher.iter_custom(|times| (0..times).map(|_| place.load(&data)).sum());
    });
    group.finish();
}
