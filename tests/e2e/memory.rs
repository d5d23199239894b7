//! Plugins whose memory ends: their own at 4 GiB, or the kernel's. In the bare engine, because it takes a kernel that
//! refuses blocks, and a memory that others have grown.

use std::collections::HashMap;

use nd_tests::wasm;
use serde_json::json;
use wasmtime::{Caller, Config, Engine, Linker, Module, Store};

/// Where blocks begin; before are the kernel's own books.
const FIRST: usize = 64;
/// Pages of the largest memory.
const PAGES: u64 = 65_536;
/// Fuel enough for every call here, so that a loop without end is an error.
const FUEL: u64 = 100_000_000;

/// As much of the Extism kernel as a plugin without host functions needs.
#[derive(Default)]
struct Kernel {
    bytes: Vec<u8>,
    /// Lengths of blocks by their offset.
    blocks: HashMap<u64, u64>,
    /// Bytes that fit into all blocks together.
    room: usize,
    /// Whether the plugin's memory grows to all pages but one as soon as input is read.
    grow: bool,
    input: Vec<u8>,
    output: Vec<u8>,
    error: u64,
}

impl Kernel {
    fn alloc(&mut self, length: u64) -> u64 {
        let (offset, length) = (self.bytes.len(), length as usize);
        if length == 0 || offset - FIRST + length > self.room {
            return 0;
        }
        self.bytes.resize(offset + length, 0);
        self.blocks.insert(offset as u64, length as u64);
        offset as u64
    }

    /// Writes wherever it is told to, as the kernel of the server does.
    fn store(&mut self, offset: u64, word: &[u8]) {
        for (at, byte) in (offset as usize..).zip(word) {
            if let Some(place) = self.bytes.get_mut(at) {
                *place = *byte;
            }
        }
    }

    fn read(&self, offset: u64, length: u64) -> Vec<u8> {
        let from = offset as usize;
        self.bytes[from..from + length as usize].to_vec()
    }
}

type Host<'a> = Caller<'a, Kernel>;

/// What `minimal-lyrics` needs of a host.
fn functions(engine: &Engine) -> wasmtime::Result<Linker<Kernel>> {
    const ENV: &str = "extism:host/env";
    let mut linker = Linker::new(engine);
    linker.func_wrap(ENV, "alloc", |mut host: Host<'_>, length: u64| {
        host.data_mut().alloc(length)
    })?;
    linker.func_wrap(
        ENV,
        "store_u64",
        |mut host: Host<'_>, at: u64, word: u64| {
            host.data_mut().store(at, &word.to_le_bytes());
        },
    )?;
    linker.func_wrap(ENV, "store_u8", |mut host: Host<'_>, at: u64, byte: u32| {
        host.data_mut().store(at, &[byte as u8]);
    })?;
    linker.func_wrap(ENV, "input_length", |host: Host<'_>| {
        host.data().input.len() as u64
    })?;
    linker.func_wrap(ENV, "input_load_u64", input_word)?;
    linker.func_wrap(
        ENV,
        "output_set",
        |mut host: Host<'_>, at: u64, length: u64| {
            // At offset 0 is no block, so that is no output.
            if at != 0 {
                host.data_mut().output = host.data().read(at, length);
            }
        },
    )?;
    linker.func_wrap(ENV, "error_set", |mut host: Host<'_>, at: u64| {
        host.data_mut().error = at;
    })?;
    linker.func_wrap(
        "wasi_snapshot_preview1",
        "proc_exit",
        |code: i32| -> wasmtime::Result<()> {
            Err(wasmtime::Error::msg(format!("exit with code {code}")))
        },
    )?;
    Ok(linker)
}

fn input_word(mut host: Host<'_>, at: u64) -> u64 {
    if std::mem::take(&mut host.data_mut().grow) {
        let memory = host.get_export("memory").unwrap().into_memory().unwrap();
        let missing = PAGES - 1 - memory.size(&host);
        memory.grow(&mut host, missing).unwrap();
    }
    let at = at as usize;
    u64::from_le_bytes(host.data().input[at..at + 8].try_into().unwrap())
}

/// Asks `minimal-lyrics` for lyrics and returns the output, or the error as the server sees it: the text that is set,
/// otherwise what ended the call.
fn lyrics(kernel: Kernel) -> Result<Vec<u8>, String> {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::new(&config).unwrap();
    let module = Module::new(&engine, wasm("minimal-lyrics")).unwrap();
    let mut store = Store::new(&engine, kernel);
    store.data_mut().bytes.resize(FIRST, 0);
    store.set_fuel(FUEL).unwrap();
    let mut linker = functions(&engine).unwrap();
    linker.define_unknown_imports_as_traps(&module).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let export = instance
        .get_typed_func::<(), i32>(&mut store, "nd_lyrics_get_lyrics")
        .unwrap();
    let ended = export.call(&mut store, ());
    let kernel = store.data();
    assert_eq!(kernel.bytes[..FIRST], [0; FIRST], "the kernel's own books");
    match (ended, kernel.blocks.get(&kernel.error)) {
        (_, Some(length)) => Err(String::from_utf8(kernel.read(kernel.error, *length)).unwrap()),
        (Err(error), None) => Err(format!("{error:?}")),
        (Ok(_), None) => Ok(kernel.output.clone()),
    }
}

fn input(title: &str) -> Vec<u8> {
    let track = json!({ "title": title, "album": title, "artist": title, "albumArtist": title });
    json!({ "track": track }).to_string().into_bytes()
}

#[test]
fn a_plugin_that_fills_4_gib_ends_with_a_text() {
    // Each of the four texts needs less than a page, and all of them more than the memory at the start has.
    let kernel = |grow| Kernel {
        room: usize::MAX,
        input: input(&"t".repeat(40_000)),
        grow,
        ..Kernel::default()
    };
    assert!(!lyrics(kernel(false)).unwrap().is_empty());
    assert_eq!(lyrics(kernel(true)), Err("out of memory".to_owned()));
}

#[test]
fn an_output_the_kernel_has_no_room_for_ends_with_a_text() {
    let kernel = |room| Kernel {
        room,
        input: input("t"),
        ..Kernel::default()
    };
    let output = lyrics(kernel(usize::MAX)).unwrap();
    assert!(output.len() > 4_000);
    assert_eq!(lyrics(kernel(output.len())), Ok(output.clone()));
    assert_eq!(
        lyrics(kernel(output.len() - 1)),
        Err("out of memory".to_owned())
    );
}

#[test]
fn a_kernel_without_room_for_the_text_makes_a_trap_and_no_success() {
    let kernel = Kernel {
        input: input("t"),
        ..Kernel::default()
    };
    let error = lyrics(kernel).unwrap_err();
    assert!(error.contains("unreachable"), "{error}");
}
