//! What a policy should give: the waits of so many clients, walked through by the dice alone.

use std::time::Duration;

use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg64;
use serde::Serialize;
use session::Backoff;

use super::spectrum::{Outline, Spectrum};
use crate::swarm::Failed;

/// Tries of one client that are walked through, at most: it is back long before, unless its policy does not wait.
const TRIES_MAX: usize = 100_000;

/// What the usual text says of ten million clients after an outage of 30 s: five minutes until all are back.
const TEXTBOOK: Duration = Duration::from_secs(300);

/// A storm, in short.
#[derive(Debug, Clone)]
pub(crate) struct Storm {
    pub(crate) clients: u32,
    /// From the cut until a try finds a server.
    pub(crate) away: Duration,
    pub(crate) backoff: Backoff,
    /// The server told each to come back no sooner than at some time within this.
    pub(crate) window: Option<Duration>,
    pub(crate) seed: u64,
}

/// The textbook's claim, scaled to so many clients: it names no peak, only a rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Textbook {
    pub(crate) back_last_s: f64,
    pub(crate) tries_per_s: f64,
}

/// A server that lets in whoever comes, and clients that lose no time.
pub(crate) fn walk(storm: &Storm) -> Outline {
    let mut spectrum = Spectrum::new();
    for number in 0..storm.clients {
        let mut dice = Pcg64::seed_from_u64(storm.seed.wrapping_add(u64::from(number)));
        let mut at = Duration::ZERO;
        for failed in 0..TRIES_MAX {
            let wait = storm.backoff.wait(failed, &mut dice);
            let asked = storm.window.filter(|_| failed == 0).map(|window| part(window, &mut dice));
            at += wait.max(asked.unwrap_or_default());
            spectrum.begins(at, Duration::ZERO);
            if at >= storm.away {
                spectrum.welcomes(at);
                spectrum.is_back(at);
                break;
            }
            spectrum.fails(at, Failed::Unreachable);
        }
    }
    spectrum.outline()
}

pub(crate) fn textbook(clients: u32) -> Textbook {
    let seconds = TEXTBOOK.as_secs_f64();
    Textbook { back_last_s: seconds, tries_per_s: f64::from(clients) / seconds }
}

fn part(window: Duration, dice: &mut impl Rng) -> Duration {
    let ms = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(dice.next_u64() % ms.saturating_add(1))
}

#[cfg(test)]
mod tests;
