//! Posts a payload to hooks and tells the server what came of it.

use crate::payload::Payload;
use crate::settings::Hook;
use hmac::{Hmac, Mac};
use nd_pdk::host::{http, kvstore};
use nd_pdk::log;
use nd_pdk::scrobbler::{Error, Outcome};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

/// Milliseconds one hook may take.
const TIMEOUT_MS: i32 = 8_000;
/// How long hooks are tried in one call; the server ends a call after 30 seconds, so the last one still fits.
const BUDGET: Duration = Duration::from_secs(20);
/// Seconds for which it is remembered that a hook has a play.
const REMEMBERED: i64 = 7 * 24 * 3600;
/// The header with the signature of the body.
const SIGNATURE: &str = "X-Navidrome-Signature";
/// Names the sender and its version.
const USER_AGENT: &str = concat!("navidrome-webhook/", env!("CARGO_PKG_VERSION"));

/// Posts an event that is worth nothing later: every hook gets one try, and the first failure is reported.
///
/// # Errors
///
/// The first hook's failure, after all were tried.
pub fn once(hooks: &[Hook], payload: &Payload<'_>) -> Result<(), Error> {
    let body = body(payload)?;
    let started = SystemTime::now();
    let mut result = Ok(());
    for hook in hooks.iter().take_while(|_| in_time(started)) {
        result = result.and(post(hook, &body));
    }
    result
}

/// Posts a play so that every hook gets it, also when the server has to ask again because one of them was down.
///
/// # Errors
///
/// "Retry later" if any hook is worth another try; the others are remembered and not bothered again. Otherwise the first
/// failure, after all hooks were tried.
pub fn at_least_once(hooks: &[Hook], payload: &Payload<'_>) -> Result<(), Error> {
    let body = body(payload)?;
    let started = SystemTime::now();
    let mut done = Done::recall(hooks, &body);
    let mut retry = None;
    let mut failure = None;
    for hook in hooks {
        if done.contains(hook) {
            continue;
        }
        if !in_time(started) {
            retry.get_or_insert_with(|| Error::retry_later("no time was left for all hooks"));
            break;
        }
        match post(hook, &body) {
            Err(error) if error.outcome() == Outcome::RetryLater => {
                log::warn!("{error}");
                retry.get_or_insert(error);
                continue;
            }
            Err(error) => {
                log::error!("{error}");
                failure.get_or_insert(error);
            }
            Ok(()) => {}
        }
        // Done with this hook, whatever the others do.
        done.add(hook);
    }
    match retry {
        Some(error) => {
            done.remember();
            Err(error)
        }
        None => {
            done.forget();
            failure.map_or(Ok(()), Err)
        }
    }
}

/// Tells whether another hook may be tried in this call. By the wall clock: the monotonic one stands still in a plugin.
fn in_time(started: SystemTime) -> bool {
    started.elapsed().is_ok_and(|spent| spent < BUDGET)
}

/// Posts to one hook and reads the answer.
fn post(hook: &Hook, body: &[u8]) -> Result<(), Error> {
    let mut headers: HashMap<String, String> = hook
        .headers
        .iter()
        .map(|header| (header.name.clone(), header.value.clone()))
        .collect();
    let mut default = |name: &str, value: &str| {
        if !headers.keys().any(|given| given.eq_ignore_ascii_case(name)) {
            headers.insert(name.to_owned(), value.to_owned());
        }
    };
    default("Content-Type", "application/json");
    default("User-Agent", USER_AGENT);
    if !hook.secret.is_empty() {
        headers.retain(|given, _| !given.eq_ignore_ascii_case(SIGNATURE));
        headers.insert(SIGNATURE.to_owned(), signature(&hook.secret, body));
    }
    let request = http::HTTPRequest {
        method: "POST".to_owned(),
        url: hook.url.clone(),
        headers,
        // Following most redirects would turn the POST into a GET without body, and call that a success.
        no_follow_redirects: true,
        body: body.to_vec(),
        timeout_ms: TIMEOUT_MS,
    };
    let place = hook.place();
    let response = http::send(request).map_err(|error| {
        let error = Error::from(error.context(format!("posting to {place}")));
        // The host's own message may quote the whole address.
        Error::new(error.message.replace(&hook.url, place))
    })?;
    let status = response.map_or(0, |response| response.status_code);
    let says = || format!("{place} answered {status}");
    match status {
        200..=299 => Ok(()),
        401 | 403 => Err(Error::not_authorized(says())),
        408 | 425 | 429 | 500..=599 => Err(Error::retry_later(says())),
        _ => Err(Error::unrecoverable(says())),
    }
}

/// `sha256=` and the hexadecimal HMAC-SHA-256 of the body.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    hex("sha256=", &mac.finalize().into_bytes())
}

/// The hooks that need no further try at one play: they have it, or will never take it.
///
/// Kept only while another hook makes the server ask again. When the store fails, a play that arrives twice is better
/// than one that is lost, so its failures are only logged.
struct Done {
    /// One per play; nothing to keep with a single hook.
    key: Option<String>,
    hooks: Vec<String>,
    recalled: bool,
}

impl Done {
    fn recall(hooks: &[Hook], body: &[u8]) -> Self {
        let key = (hooks.len() > 1).then(|| hex("done:", &Sha256::digest(body)[..16]));
        let stored = key.as_deref().and_then(|key| {
            kvstore::get(key).unwrap_or_else(|error| {
                log::warn!("cannot tell which hooks have the play: {error}");
                None
            })
        });
        let recalled = stored.is_some();
        let text = String::from_utf8(stored.unwrap_or_default()).unwrap_or_default();
        let hooks = text.lines().map(str::to_owned).collect();
        Self {
            key,
            hooks,
            recalled,
        }
    }

    fn contains(&self, hook: &Hook) -> bool {
        self.hooks.contains(&id(hook))
    }

    fn add(&mut self, hook: &Hook) {
        self.hooks.push(id(hook));
    }

    /// Writes even what is known already, which gives it another full term.
    fn remember(self) {
        let Some(key) = self.key.filter(|_| !self.hooks.is_empty()) else {
            return;
        };
        let value = self.hooks.join("\n").into_bytes();
        if let Err(error) = kvstore::set_with_ttl(&key, value, REMEMBERED) {
            log::warn!("some hooks may get the play twice: {error}");
        }
    }

    fn forget(self) {
        let Some(key) = self.key.filter(|_| self.recalled) else {
            return;
        };
        if let Err(error) = kvstore::delete(&key) {
            log::debug!("{key} stays until it expires: {error}");
        }
    }
}

/// What stands for a hook in the store: short, and without its secrets.
fn id(hook: &Hook) -> String {
    let mut digest = Sha256::new().chain_update(&hook.url);
    for header in &hook.headers {
        digest.update([0]);
        digest.update(&header.value);
    }
    hex("", &digest.finalize()[..8])
}

fn hex(prefix: &str, bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = prefix.to_owned();
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

fn body(payload: &Payload<'_>) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(payload).map_err(Error::from)
}
