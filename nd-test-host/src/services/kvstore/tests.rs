//! Statement by statement what the contract says of the key-value store.

use super::super::clock::ManualClock;
use super::*;

type Outcome = Result<(), ServiceError>;

struct Fixture {
    folder: tempfile::TempDir,
    clock: ManualClock,
    ctx: CallContext,
    kv: KvStoreService,
}

fn fixture(max_size: Option<&str>) -> Fixture {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clock = ManualClock::default();
    let kv = reopen(&folder, max_size, &clock);
    Fixture {
        folder,
        clock,
        ctx: CallContext::detached("p"),
        kv,
    }
}

fn reopen(
    folder: &tempfile::TempDir,
    max_size: Option<&str>,
    clock: &ManualClock,
) -> KvStoreService {
    let data = folder.path().join("plugins/p");
    KvStoreService::open(&data, max_size, Arc::new(clock.clone()), Faults::default())
        .expect("the file opens")
}

impl Fixture {
    fn set(&self, key: &str, value: &str) -> Outcome {
        self.kv.set(&self.ctx, key.to_owned(), Some(value.into()))
    }

    fn set_ttl(&self, key: &str, value: &str, ttl: i64) -> Outcome {
        self.kv
            .set_with_ttl(&self.ctx, key.to_owned(), Some(value.into()), ttl)
    }

    fn get(&self, key: &str) -> Result<Option<String>, ServiceError> {
        let value = self.kv.get(&self.ctx, key.to_owned())?;
        Ok(value.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, ServiceError> {
        self.kv.list(&self.ctx, prefix.to_owned())
    }

    fn used(&self) -> Result<i64, ServiceError> {
        self.kv.get_storage_used(&self.ctx)
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

fn refused<T>(result: Result<T, ServiceError>, text: &str) {
    let error = result
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    assert!(error.contains(text), "expected {text:?} in {error:?}");
}

#[test]
fn values_survive_closing_and_opening() -> Outcome {
    let f = fixture(None);
    f.set("k", "v")?;
    f.kv.close();
    let kv = reopen(&f.folder, None, &f.clock);
    assert_eq!(kv.get(&f.ctx, "k".into())?, Some(b"v".to_vec()));
    Ok(())
}

#[test]
fn a_missing_key_is_not_there_and_an_empty_value_is() -> Outcome {
    let f = fixture(None);
    f.set("empty", "")?;
    assert_eq!(f.get("empty")?.as_deref(), Some(""));
    assert_eq!(f.get("missing")?, None);
    assert!(f.kv.has(&f.ctx, "empty".into())?);
    assert!(!f.kv.has(&f.ctx, "missing".into())?);
    Ok(())
}

#[test]
fn no_value_at_all_fails() {
    let f = fixture(None);
    refused(
        f.kv.set(&f.ctx, "k".into(), None),
        "NOT NULL constraint failed",
    );
    refused(
        f.kv.set_with_ttl(&f.ctx, "k".into(), None, 5),
        "NOT NULL constraint failed",
    );
}

#[test]
fn checks_come_in_order_ttl_empty_key_long_key_size() {
    let f = fixture(Some("1"));
    let long = "k".repeat(MAX_KEY + 1);
    refused(f.set_ttl("", "xx", 0), "ttlSeconds must be greater than 0");
    refused(
        f.set_ttl(&long, "xx", -1),
        "ttlSeconds must be greater than 0",
    );
    refused(f.set_ttl("", "xx", 1), "key cannot be empty");
    refused(
        f.set(&long, "xx"),
        "key exceeds maximum length of 256 bytes",
    );
    refused(
        f.set("k", "xx"),
        "storage limit exceeded: would use 2 of 1 allowed",
    );
    refused(f.kv.set(&f.ctx, String::new(), None), "key cannot be empty");
}

#[test]
fn key_length_is_counted_in_bytes_and_only_when_writing() -> Outcome {
    let f = fixture(None);
    let fits = "ż".repeat(MAX_KEY / 2);
    f.set(&fits, "v")?;
    assert_eq!(f.get(&fits)?.as_deref(), Some("v"));
    let long = format!("{fits}k");
    refused(f.set(&long, "v"), "256 bytes");
    assert_eq!(f.get(&long)?, None);
    assert_eq!(f.get("")?, None);
    f.kv.delete(&f.ctx, long)
}

#[test]
fn accounting_counts_values_and_frees_what_is_overwritten() -> Outcome {
    let f = fixture(Some("10"));
    f.set("a-long-key-costs-nothing", "1234567890")?;
    assert_eq!(f.used()?, 10);
    refused(f.set("b", "1"), "would use 11 of 10 allowed");
    f.set("a-long-key-costs-nothing", "12345")?;
    f.set("b", "12345")?;
    refused(f.set("b", "123456"), "would use 11 of 10 allowed");
    f.kv.delete(&f.ctx, "b".into())?;
    assert_eq!(f.used()?, 5);
    Ok(())
}

#[test]
fn a_write_that_does_not_grow_is_accepted_above_the_limit() -> Outcome {
    let f = fixture(None);
    f.set("k", "0123456789")?;
    f.kv.close();
    let kv = reopen(&f.folder, Some("4"), &f.clock);
    kv.set(&f.ctx, "k".into(), Some(b"9876543210".to_vec()))?;
    kv.set(&f.ctx, "k".into(), Some(b"987".to_vec()))?;
    kv.set(&f.ctx, "empty".into(), Some(Vec::new()))?;
    refused(
        kv.set(&f.ctx, "k".into(), Some(b"98765".to_vec())),
        "would use 5 of 4",
    );
    Ok(())
}

#[test]
fn the_limit_is_a_mebibyte_unless_the_manifest_says_otherwise() {
    let f = fixture(None);
    refused(
        f.set("k", &"x".repeat(1_048_577)),
        "would use 1048577 of 1048576 allowed",
    );
    let f = fixture(Some("1MB"));
    refused(
        f.set("k", &"x".repeat(1_000_001)),
        "would use 1000001 of 1000000 allowed",
    );
}

#[test]
fn a_malformed_limit_fails_the_load() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let opened = KvStoreService::open(
        folder.path(),
        Some("lots"),
        Arc::new(ManualClock::default()),
        Faults::default(),
    );
    let error = opened.err().unwrap_or_default();
    assert!(
        error.starts_with("invalid maxSize") && error.contains("lots"),
        "{error}"
    );
}

#[test]
fn an_entry_lives_up_to_a_second_longer_than_asked() -> Outcome {
    let f = fixture(None);
    f.set_ttl("k", "v", 10)?;
    f.clock.advance(Duration::from_millis(10_999));
    assert_eq!(f.get("k")?.as_deref(), Some("v"));
    f.clock.advance(Duration::from_millis(1));
    assert_eq!(f.get("k")?, None);
    Ok(())
}

#[test]
fn expired_entries_are_invisible_everywhere() -> Outcome {
    let f = fixture(Some("10"));
    f.set_ttl("k", "1234567890", 5)?;
    f.advance(6);
    assert_eq!(f.get("k")?, None);
    assert!(!f.kv.has(&f.ctx, "k".into())?);
    assert!(f.kv.get_many(&f.ctx, vec!["k".into()])?.is_empty());
    assert!(f.list("")?.is_empty());
    assert_eq!(f.used()?, 0);
    f.set("other", "1234567890")
}

#[test]
fn a_plain_set_removes_the_time_to_live() -> Outcome {
    let f = fixture(None);
    f.set_ttl("k", "v", 5)?;
    f.set("k", "v")?;
    f.advance(60);
    assert_eq!(f.get("k")?.as_deref(), Some("v"));
    f.set_ttl("k", "w", 5)?;
    f.advance(60);
    assert_eq!(f.get("k")?, None);
    Ok(())
}

#[test]
fn an_endless_time_to_live_is_cut_not_overflown() -> Outcome {
    let f = fixture(None);
    f.set_ttl("k", "v", i64::MAX)?;
    f.set_ttl("l", "v", 400_000_000_000)?;
    f.advance(3_000_000_000);
    assert_eq!(f.list("")?, ["k", "l"]);
    Ok(())
}

#[test]
fn get_many_returns_what_is_there_for_any_number_of_keys() -> Outcome {
    let f = fixture(None);
    f.set("a", "1")?;
    f.set("b", "")?;
    let mut keys: Vec<String> = (0..3_000).map(|n| format!("missing{n}")).collect();
    keys.extend(["a".into(), "b".into(), "a".into()]);
    let values = f.kv.get_many(&f.ctx, keys)?;
    assert_eq!(values.len(), 2);
    assert_eq!(values["a"], b"1");
    assert_eq!(values["b"], b"");
    assert!(f.kv.get_many(&f.ctx, Vec::new())?.is_empty());
    f.ctx.cancel_token().cancel();
    assert!(f.kv.get_many(&f.ctx, vec!["a".into()]).is_err());
    Ok(())
}

#[test]
fn list_is_in_byte_order_and_by_exact_prefix() -> Outcome {
    let f = fixture(None);
    for key in [
        "b",
        "a_1",
        "a%1",
        "ab1",
        "A_1",
        "a\\b",
        "ab",
        "ż1",
        "a\u{10ffff}x",
    ] {
        f.set(key, "v")?;
    }
    assert_eq!(f.list("a_")?, ["a_1"], "underscore is literal");
    assert_eq!(f.list("a%")?, ["a%1"], "percent is literal");
    assert_eq!(f.list("a\\")?, ["a\\b"], "a backslash is a backslash");
    assert_eq!(f.list("A")?, ["A_1"], "case matters");
    assert_eq!(f.list("ż")?, ["ż1"]);
    assert_eq!(f.list("a\u{10ffff}")?, ["a\u{10ffff}x"]);
    assert_eq!(f.list("zzz")?, Vec::<String>::new());
    let all = f.list("")?;
    assert_eq!(
        all,
        [
            "A_1",
            "a%1",
            "a\\b",
            "a_1",
            "ab",
            "ab1",
            "a\u{10ffff}x",
            "b",
            "ż1"
        ]
    );
    Ok(())
}

#[test]
fn delete_by_prefix_counts_expired_rows_too() -> Outcome {
    let f = fixture(None);
    for key in ["p:1", "p:2", "P:3", "q"] {
        f.set(key, "v")?;
    }
    f.set_ttl("p:old", "v", 1)?;
    f.advance(10);
    assert_eq!(f.kv.delete_by_prefix(&f.ctx, "p:".into())?, 3);
    assert_eq!(f.list("")?, ["P:3", "q"]);
    assert_eq!(f.kv.delete_by_prefix(&f.ctx, "p:".into())?, 0);
    refused(
        f.kv.delete_by_prefix(&f.ctx, String::new()),
        "prefix cannot be empty",
    );
    Ok(())
}

#[test]
fn expired_rows_leave_the_file_within_the_hour() -> Outcome {
    let f = fixture(None);
    f.set_ttl("p:old", "v", 1)?;
    f.advance(60 * 60);
    assert_eq!(f.get("anything")?, None);
    assert_eq!(f.kv.delete_by_prefix(&f.ctx, "p:".into())?, 0);
    Ok(())
}

#[test]
fn deleting_a_missing_key_is_fine() -> Outcome {
    let f = fixture(None);
    f.kv.delete(&f.ctx, "missing".into())
}

#[test]
fn after_closing_every_call_says_so() {
    let f = fixture(None);
    f.kv.close();
    f.kv.close();
    refused(f.set("k", "v"), "database is closed");
    refused(f.get("k"), "database is closed");
    refused(f.list(""), "database is closed");
    refused(f.used(), "database is closed");
    refused(f.set("", "v"), "key cannot be empty");
}

#[test]
fn writers_in_parallel_stay_within_the_limit() {
    let f = fixture(Some("50"));
    let accepted: usize = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|n| {
                let f = &f;
                scope.spawn(move || {
                    (0..20)
                        .filter(|m| f.set(&format!("{n}-{m}"), "x").is_ok())
                        .count()
                })
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap_or(0))
            .sum()
    });
    assert_eq!(accepted, 50);
}

#[test]
fn another_connection_may_hold_the_file_for_a_moment() -> Outcome {
    let f = fixture(None);
    let path = f.folder.path().join("plugins/p").join(KVSTORE_FILE);
    let other = rusqlite::Connection::open(path).expect("a second connection");
    other
        .execute_batch("BEGIN IMMEDIATE")
        .expect("the write lock");
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| f.set("k", "v"));
        std::thread::sleep(Duration::from_millis(5));
        other
            .execute_batch("COMMIT")
            .expect("the lock is given back");
        writer
            .join()
            .unwrap_or_else(|_| Err("the writer panicked".into()))
    })
}

#[test]
fn a_full_disk_takes_nothing_new_and_loses_nothing() {
    let Fixture { ctx, kv, .. } = fixture(None);
    kv.set(&ctx, "old".into(), Some(b"1".to_vec()))
        .expect("room");
    kv.faults.fill_disk(true);
    let error = kv
        .set(&ctx, "new".into(), Some(b"2".to_vec()))
        .expect_err("no room");
    assert!(
        error.to_string().contains("database or disk is full"),
        "{error}"
    );
    assert_eq!(kv.get(&ctx, "old".into()), Ok(Some(b"1".to_vec())));
    kv.faults.fill_disk(false);
    assert_eq!(kv.get(&ctx, "new".into()), Ok(None));
    kv.set(&ctx, "new".into(), Some(b"2".to_vec()))
        .expect("room again");
}
