//! What is wrong with an endpoint, for those who look: in a warning of `/readyz`, and in the log, now and then.
//!
//! What only somebody can put right (an address, a key, a mapping) is said until the endpoint answers; what happens
//! now and then until it has answered some calls in a row, or for a minute where nobody asks. Neither has texts of
//! messages or keys in it.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;

/// How often the trouble of an endpoint is logged.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// For so long after it is told what went wrong now and then.
const FRESH: Duration = Duration::from_secs(60);

/// After so many answers in a row it is over sooner: of a service that fails for one call in five it is told all the
/// time, of one that is well again no longer than a handful of calls take.
const ANSWERED_AGAIN: u32 = 20;

/// Bytes of an error's code that are repeated.
const CODE_MAX_BYTES: usize = 64;

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    why: String,
    /// Somebody has to put it right.
    lasts: bool,
}

/// What is wrong with one endpoint.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    is_any: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: Option<(Instant, String, Wrong)>,
    told: Option<Instant>,
    /// Calls that were answered since.
    answered: u32,
}

impl Wrong {
    /// Something that may be over with the next call.
    pub(super) fn for_now(why: String) -> Self {
        Self { why, lasts: false }
    }

    /// Nobody is there.
    pub(super) fn unreachable(why: &str) -> Self {
        Self {
            why: format!("it cannot be reached ({why}): is the address right, does it run?"),
            lasts: true,
        }
    }

    /// It answers in words that are not known.
    pub(super) fn answer(why: &str) -> Self {
        Self {
            why: format!("its answer is not what it should be ({why}): is the format right?"),
            lasts: true,
        }
    }

    /// It refuses to answer.
    pub(super) fn status(status: StatusCode, body: &[u8]) -> Self {
        let code = code(body).map(|code| format!(" ({code})")).unwrap_or_default();
        let hint = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                ": the key is wrong, or there is none"
            }
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::GONE => {
                ": is the address right, and the format, and is there such a model?"
            }
            _ => "",
        };
        Self { why: format!("it answers {status}{code}{hint}"), lasts: !hint.is_empty() }
    }
}

impl Trouble {
    /// A call went wrong.
    pub(super) fn tell(&self, endpoint: &str, wrong: Wrong) {
        let mut state = self.state();
        let now = Instant::now();
        // What lasts is not hidden by what follows from it.
        let is_hidden = !wrong.lasts && state.last.as_ref().is_some_and(|(.., last)| last.lasts);
        if state.told.is_none_or(|told| now - told >= TOLD_EVERY) {
            tracing::warn!(
                service = endpoint,
                why = wrong.why,
                "the NLP service: a call failed; chat goes on"
            );
            state.told = Some(now);
        }
        if !is_hidden {
            state.last = Some((now, endpoint.to_owned(), wrong));
        }
        state.answered = 0;
        self.is_any.store(true, Relaxed);
    }

    /// A call was answered.
    pub(super) fn over(&self) {
        if !self.is_any.load(Relaxed) {
            return;
        }
        let mut state = self.state();
        state.answered = state.answered.saturating_add(1);
        let lasts = state.last.as_ref().is_some_and(|(.., wrong)| wrong.lasts);
        if lasts {
            state.told = None;
        }
        if lasts || state.answered >= ANSWERED_AGAIN {
            state.last = None;
            self.is_any.store(false, Relaxed);
        }
    }

    /// What is wrong, if anything is.
    pub(super) fn now(&self) -> Option<String> {
        let state = self.state();
        let (at, endpoint, wrong) = state.last.as_ref()?;
        let is_said = wrong.lasts || at.elapsed() < FRESH;
        is_said.then(|| format!("{endpoint}: {}", wrong.why))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The code of an error, as we and OpenAI-like services say it: a label, so that nothing else slips into a log.
fn code(body: &[u8]) -> Option<String> {
    let said: serde_json::Value = serde_json::from_slice(body).ok()?;
    let code = said.pointer("/error/code").or_else(|| said.pointer("/code"))?.as_str()?;
    let is_label = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.';
    let is_code = !code.is_empty() && code.len() <= CODE_MAX_BYTES && code.chars().all(is_label);
    is_code.then(|| code.to_owned())
}

#[cfg(test)]
mod tests;
