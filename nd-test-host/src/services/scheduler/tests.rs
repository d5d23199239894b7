//! Statement by statement what the contract says of the scheduler.

use std::sync::{Condvar, MutexGuard};

use super::super::clock::{ManualClock, SystemClock};
use super::*;
use crate::error::CallError;
use crate::wire;

type Outcome = Result<(), ServiceError>;

/// A plugin that notes its callbacks, and does what a test wants inside them.
#[derive(Default)]
struct Plugin {
    calls: Mutex<Vec<(String, String, bool)>>,
    called: Condvar,
    inside: Mutex<Option<Arc<dyn Fn() + Send + Sync>>>,
    output: Mutex<Option<Result<Vec<u8>, CallError>>>,
}

impl Callback for Plugin {
    fn call(&self, export: &str, input: Vec<u8>) -> Result<Vec<u8>, CallError> {
        assert_eq!(export, "nd_scheduler_callback");
        let request: nd_types::scheduler::SchedulerCallbackRequest =
            wire::decode(&input).expect("a request");
        let inside = self.inside.lock().expect("inside").clone();
        if let Some(inside) = inside {
            inside();
        }
        self.calls()
            .push((request.schedule_id, request.payload, request.is_recurring));
        self.called.notify_all();
        self.output
            .lock()
            .expect("output")
            .take()
            .unwrap_or_else(|| Ok(Vec::new()))
    }

    fn has_export(&self, _export: &str) -> bool {
        true
    }
}

impl Plugin {
    fn calls(&self) -> MutexGuard<'_, Vec<(String, String, bool)>> {
        self.calls.lock().expect("calls")
    }

    fn ids(&self) -> Vec<String> {
        self.calls().iter().map(|(id, _, _)| id.clone()).collect()
    }
}

struct Fixture {
    plugin: Arc<Plugin>,
    clock: ManualClock,
    journal: Journal,
    ctx: CallContext,
    scheduler: Arc<SchedulerService>,
}

fn fixture() -> Fixture {
    let (clock, journal, plugin) = (
        ManualClock::default(),
        Journal::new(),
        Arc::new(Plugin::default()),
    );
    let callback: Arc<dyn Callback> = plugin.clone();
    let scheduler = SchedulerService::new(
        "p",
        Arc::downgrade(&callback),
        journal.clone(),
        Arc::new(clock.clone()),
    );
    Fixture {
        plugin,
        clock,
        journal,
        ctx: CallContext::detached("p"),
        scheduler: Arc::new(scheduler),
    }
}

impl Fixture {
    fn once(&self, delay: i32, id: &str) -> Result<String, ServiceError> {
        self.scheduler
            .schedule_one_time(&self.ctx, delay, format!("for {id}"), id.to_owned())
    }

    fn recurring(&self, expression: &str, id: &str) -> Result<String, ServiceError> {
        self.scheduler.schedule_recurring(
            &self.ctx,
            expression.to_owned(),
            "again".to_owned(),
            id.to_owned(),
        )
    }

    fn cancel(&self, id: &str) -> Outcome {
        self.scheduler.cancel_schedule(&self.ctx, id.to_owned())
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        assert!(
            self.scheduler.wait_idle(Duration::from_secs(20)),
            "callbacks return"
        );
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
fn a_one_time_schedule_fires_once_after_its_delay() -> Outcome {
    let f = fixture();
    assert_eq!(f.once(60, "a")?, "a");
    f.advance(59);
    assert!(f.plugin.ids().is_empty());
    f.advance(1);
    assert_eq!(
        *f.plugin.calls(),
        [("a".to_owned(), "for a".to_owned(), false)]
    );
    f.advance(1_000);
    assert_eq!(f.plugin.ids().len(), 1);
    assert!(f.scheduler.schedules().is_empty());
    refused(f.cancel("a"), "schedule ID \"a\" not found");
    Ok(())
}

#[test]
fn no_delay_fires_at_once() -> Outcome {
    let f = fixture();
    f.once(0, "zero")?;
    f.once(-5, "negative")?;
    assert!(f.scheduler.wait_idle(Duration::MAX));
    let mut ids = f.plugin.ids();
    ids.sort();
    assert_eq!(ids, ["negative", "zero"]);
    Ok(())
}

#[test]
fn a_recurring_schedule_fires_until_cancelled() -> Outcome {
    let f = fixture();
    f.recurring("@every 1m", "tick")?;
    for _ in 0..3 {
        f.advance(60);
    }
    assert_eq!(
        *f.plugin.calls(),
        vec![("tick".to_owned(), "again".to_owned(), true); 3]
    );
    f.cancel("tick")?;
    f.advance(600);
    assert_eq!(f.plugin.ids().len(), 3);
    Ok(())
}

#[test]
fn runs_that_time_jumped_over_become_one() -> Outcome {
    let f = fixture();
    f.recurring("TZ=UTC 0 * * * *", "hourly")?;
    f.advance(5 * 3_600);
    assert_eq!(f.plugin.ids().len(), 1);
    f.advance(3_600);
    assert_eq!(f.plugin.ids().len(), 2);
    Ok(())
}

#[test]
fn an_empty_id_is_generated_and_others_are_one_namespace() -> Outcome {
    let f = fixture();
    let (first, second) = (f.once(60, "")?, f.recurring("5m", "")?);
    assert_ne!(first, second);
    for id in [first, second] {
        assert_eq!(id.len(), 22);
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
    f.once(60, "same")?;
    refused(f.once(60, "same"), "schedule ID \"same\" already exists");
    refused(
        f.recurring("5m", "same"),
        "schedule ID \"same\" already exists",
    );
    refused(f.recurring("nonsense", "same"), "already exists");
    Ok(())
}

#[test]
fn a_bad_expression_registers_nothing() -> Outcome {
    let f = fixture();
    refused(f.recurring("0 0 * * 7", "bad"), "failed to schedule task");
    refused(f.recurring("", "bad"), "failed to schedule task");
    assert!(f.scheduler.schedules().is_empty());
    f.recurring("0 0 * * 6", "bad")?;
    Ok(())
}

#[test]
fn an_id_is_taken_during_its_own_callback_and_free_after_it() -> Outcome {
    let f = fixture();
    let seen = Arc::new(Mutex::new(String::new()));
    let (scheduler, ctx, note) = (f.scheduler.clone(), f.ctx.clone(), seen.clone());
    *f.plugin.inside.lock().expect("inside") = Some(Arc::new(move || {
        let again = scheduler.schedule_one_time(&ctx, 60, String::new(), "a".to_owned());
        *note.lock().expect("note") = again
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
    }));
    f.once(0, "a")?;
    assert!(f.scheduler.wait_idle(Duration::from_secs(20)));
    assert!(seen.lock().expect("note").contains("already exists"));
    *f.plugin.inside.lock().expect("inside") = None;
    f.once(60, "a")?;
    Ok(())
}

#[test]
fn cancelled_and_made_again_inside_its_callback_a_schedule_stays() -> Outcome {
    let f = fixture();
    let (scheduler, ctx) = (f.scheduler.clone(), f.ctx.clone());
    *f.plugin.inside.lock().expect("inside") = Some(Arc::new(move || {
        scheduler
            .cancel_schedule(&ctx, "a".to_owned())
            .expect("it is there");
        scheduler
            .schedule_one_time(&ctx, 60, String::new(), "a".to_owned())
            .expect("it is free");
    }));
    f.once(0, "a")?;
    assert!(f.scheduler.wait_idle(Duration::from_secs(20)));
    *f.plugin.inside.lock().expect("inside") = None;
    f.advance(60);
    assert_eq!(f.plugin.ids(), ["a", "a"]);
    Ok(())
}

#[test]
fn runs_of_a_slow_callback_overlap() -> Outcome {
    let f = fixture();
    let both = Arc::new(std::sync::Barrier::new(2));
    let meet = both.clone();
    *f.plugin.inside.lock().expect("inside") = Some(Arc::new(move || {
        meet.wait();
    }));
    f.recurring("@every 1s", "slow")?;
    f.clock.advance(Duration::from_secs(1));
    while f.scheduler.schedules()[0].due <= Some(f.clock.now()) {
        std::thread::yield_now();
    }
    f.advance(1);
    assert_eq!(f.plugin.ids(), ["slow", "slow"]);
    Ok(())
}

#[test]
fn a_flood_of_schedules_fires_a_bounded_number_at_once() -> Outcome {
    use std::sync::atomic::{AtomicUsize, Ordering};
    const MANY: usize = 2 * timer::MAX_RUNNING + 10;
    let f = fixture();
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now, peak) = (running.clone(), most.clone());
    *f.plugin.inside.lock().expect("inside") = Some(Arc::new(move || {
        peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::yield_now();
        now.fetch_sub(1, Ordering::SeqCst);
    }));
    for n in 0..MANY {
        f.once(60, &n.to_string())?;
    }
    f.advance(60);
    assert_eq!(f.plugin.ids().len(), MANY);
    assert!(most.load(Ordering::SeqCst) <= timer::MAX_RUNNING);
    assert!(f.scheduler.schedules().is_empty());
    Ok(())
}

#[test]
fn failures_are_logged_and_change_nothing() -> Outcome {
    let f = fixture();
    f.recurring("@every 1s", "tick")?;
    let failed = CallError::Failed {
        plugin: "p".into(),
        export: EXPORT.into(),
        message: "boom".into(),
    };
    for output in [
        Err(failed),
        Ok(b"\"text\"".to_vec()),
        Ok(b"{\"error\":\"ignored\"}".to_vec()),
    ] {
        *f.plugin.output.lock().expect("output") = Some(output);
        f.advance(1);
    }
    let logs = f.journal.logs();
    assert_eq!(
        logs.len(),
        2,
        "an error field in the output counts as success: {logs:?}"
    );
    assert!(logs[0].message.contains("tick") && logs[0].message.contains("boom"));
    assert_eq!(f.plugin.ids().len(), 3);
    Ok(())
}

const EXPORT: &str = "nd_scheduler_callback";

#[test]
fn tests_can_fire_a_schedule_without_waiting() -> Outcome {
    let f = fixture();
    f.once(3_600, "later")?;
    f.recurring("@daily", "daily")?;
    assert!(f.scheduler.fire_now("daily") && f.scheduler.fire_now("later"));
    assert_eq!(f.plugin.ids(), ["daily", "later"]);
    assert!(!f.scheduler.fire_now("later"), "it has fired");
    assert!(f.scheduler.fire_now("daily"));
    assert!(!f.scheduler.fire_now("unknown"));
    let left = f.scheduler.schedules();
    assert_eq!(left.len(), 1);
    assert!(left[0].recurring && left[0].due > Some(f.clock.now()));
    Ok(())
}

#[test]
fn closing_cancels_everything() -> Outcome {
    let f = fixture();
    f.once(60, "a")?;
    f.recurring("@every 1s", "b")?;
    f.scheduler.close();
    f.scheduler.close();
    f.advance(600);
    assert!(f.plugin.ids().is_empty() && f.scheduler.schedules().is_empty());
    refused(f.once(0, "c"), "failed to schedule task");
    refused(f.cancel("a"), "not found");
    Ok(())
}

#[test]
fn a_callback_of_an_unloaded_plugin_is_dropped_with_a_log_line() -> Outcome {
    let mut f = fixture();
    f.once(60, "a")?;
    f.plugin = Arc::default();
    f.advance(60);
    let logs = f.journal.logs();
    assert!(
        logs.len() == 1 && logs[0].message.contains("unloaded"),
        "{logs:?}"
    );
    Ok(())
}

#[test]
fn real_time_works_too() -> Outcome {
    let plugin = Arc::new(Plugin::default());
    let callback: Arc<dyn Callback> = plugin.clone();
    let scheduler = SchedulerService::new(
        "p",
        Arc::downgrade(&callback),
        Journal::new(),
        Arc::new(SystemClock),
    );
    scheduler.schedule_one_time(
        &CallContext::detached("p"),
        0,
        String::new(),
        "now".to_owned(),
    )?;
    let calls = plugin.calls();
    let (calls, _) = plugin
        .called
        .wait_timeout_while(calls, Duration::from_secs(20), |calls| calls.is_empty())
        .expect("calls");
    assert_eq!(calls.len(), 1);
    Ok(())
}
