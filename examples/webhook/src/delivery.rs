//! Posts a payload to hooks and tells the server what came of it.

use crate::payload::Payload;
use crate::settings::Hook;
use hmac::{Hmac, Mac};
use nd_pdk::Outcome;
use nd_pdk::host::{http, kvstore};
use nd_pdk::log;
use nd_pdk::scrobbler::Error;
use sha2::{Digest, Sha256};
use std::time::{Duration, SystemTime};

/// Milliseconds one hook may take.
const TIMEOUT_MS: i32 = 8_000;
/// How long hooks are tried in one call; the server ends a call after 30 seconds, so the last one still fits.
const BUDGET: Duration = Duration::from_secs(20);
/// Seconds for which it is remembered that a hook has a play.
const REMEMBERED: i64 = 7 * 24 * 3600;
/// Names the sender and its version.
const USER_AGENT: &str = concat!("navidrome-webhook/", env!("CARGO_PKG_VERSION"));

/// Posts an event that is worth nothing later: every hook gets one try, and the first failure is reported.
///
/// # Errors
///
/// The first hook's failure, after all were tried.
pub fn once(hooks: &[Hook], payload: &Payload<'_>) -> Result<(), Error> {
    let body = body(payload)?;
    let mut result = Ok(());
    for hook in hooks {
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
    let mut retry = None;
    let mut failure = None;
    for hook in hooks {
        let mark = mark(hook, &body);
        if hooks.len() > 1 && kvstore::has(&mark)? {
            continue;
        }
        // The wall clock: the monotonic one stands still inside a plugin.
        if started.elapsed().is_ok_and(|spent| spent > BUDGET) {
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
        if hooks.len() > 1 {
            kvstore::set_with_ttl(&mark, Vec::new(), REMEMBERED)?;
        }
    }
    match retry {
        Some(error) => Err(error),
        None => {
            if hooks.len() > 1 {
                hooks
                    .iter()
                    .try_for_each(|hook| kvstore::delete(&mark(hook, &body)))?;
            }
            failure.map_or(Ok(()), Err)
        }
    }
}

/// Posts to one hook and reads the answer.
fn post(hook: &Hook, body: &[u8]) -> Result<(), Error> {
    let mut request = http::HTTPRequest {
        method: "POST".to_owned(),
        url: hook.url.clone(),
        body: body.to_vec(),
        timeout_ms: TIMEOUT_MS,
        ..Default::default()
    };
    let mut header =
        |name: &str, value: &str| request.headers.insert(name.to_owned(), value.to_owned());
    header("Content-Type", "application/json");
    header("User-Agent", USER_AGENT);
    for extra in &hook.headers {
        header(&extra.name, &extra.value);
    }
    if !hook.secret.is_empty() {
        header("X-Navidrome-Signature", &signature(&hook.secret, body));
    }
    let response =
        http::send(request).map_err(|error| error.context(format!("posting to {}", hook.url)))?;
    let status = response.map_or(0, |response| response.status_code);
    let says = || format!("{} answered {status}", hook.url);
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

/// The key under which a delivered play is remembered: the same play to the same address has the same body.
fn mark(hook: &Hook, body: &[u8]) -> String {
    let digest = Sha256::new()
        .chain_update(&hook.url)
        .chain_update([0])
        .chain_update(body)
        .finalize();
    hex("done:", &digest[..16])
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
