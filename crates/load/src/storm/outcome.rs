//! What came of it, as it is told in every form.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use serde::Serialize;

use super::args::{Cut, Policy, StormArgs};
use super::board::{Board, Delivery};
use super::expected::{self, Textbook};
use super::spectrum::{COLUMN, Column, Outline, Spectrum};
use crate::measure::EXIT_INVALID;
use crate::report::units;

/// Exit code: Ctrl-C.
const EXIT_INTERRUPTED: u8 = 130;

/// All of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Outcome {
    pub(crate) target: String,
    pub(crate) clients: u32,
    pub(crate) cut: Cut,
    pub(crate) policy: Policy,
    /// Within which the server asked them to come back, in seconds.
    pub(crate) spread_s: Option<f64>,
    pub(crate) textbook: Textbook,
    pub(crate) cuts: Vec<CutSeen>,
    /// Only if messages were said.
    pub(crate) delivery: Option<Delivery>,
    /// Clients that the server told never to come back.
    pub(crate) given_up: u64,
    /// With which words connections and tries were ended by the other side, and how many.
    pub(crate) endings: BTreeMap<String, u64>,
    /// Bytes of memory that a client costs the generator.
    pub(crate) client_bytes: u64,
    pub(crate) is_interrupted: bool,
}

/// One time.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CutSeen {
    /// From the cut until the network, or a server that is ready, was there again.
    pub(crate) away_s: f64,
    /// From the cut until all were back, or were not waited for any more.
    pub(crate) took_s: f64,
    pub(crate) all_back: bool,
    pub(crate) seen: Outline,
    /// By the dice of the policy alone; nothing where clients had not forgotten the time before.
    pub(crate) expected: Option<Outline>,
    /// Tries began so late after they were due, 99 % of them at most.
    pub(crate) late_p99_ms: f64,
    /// Cores that the generator used meanwhile.
    pub(crate) generator_cores: f64,
    pub(crate) columns: Vec<Column>,
}

impl CutSeen {
    pub(super) fn new(
        spectrum: &Spectrum,
        (away, took, cpu_s): (Duration, Duration, f64),
        all_back: bool,
        expected: Option<Outline>,
    ) -> Self {
        Self {
            away_s: away.as_secs_f64(),
            took_s: took.as_secs_f64(),
            all_back,
            seen: spectrum.outline(),
            expected,
            late_p99_ms: spectrum.late_p99().as_secs_f64() * 1e3,
            generator_cores: cpu_s / took.as_secs_f64().max(1e-9),
            columns: spectrum.columns().to_vec(),
        }
    }

    /// From the return of what was away until the last client was back.
    pub(crate) fn back_after_return_s(&self) -> f64 {
        (self.seen.back_last_s - self.away_s).max(0.0)
    }

    /// In one line, for those who wait.
    pub(super) fn line(&self) -> String {
        let back = if self.all_back {
            format!("all back after {}", units::seconds(self.seen.back_last_s))
        } else {
            let (back, took) = (units::count(self.seen.back), units::seconds(self.took_s));
            format!("only {back} back after {took}")
        };
        format!("away for {}, {back}", units::seconds(self.away_s))
    }

    /// Tries began where they were due, but for one in a hundred.
    fn is_valid(&self) -> bool {
        self.late_p99_ms <= COLUMN.as_secs_f64() * 1e3
    }
}

impl Outcome {
    pub(super) fn new(
        args: &StormArgs,
        cuts: Vec<CutSeen>,
        board: &Board,
        client_bytes: u64,
        is_interrupted: bool,
    ) -> Self {
        Self {
            target: args.url.clone().unwrap_or_else(|| "a server of its own".to_owned()),
            clients: args.clients,
            cut: args.cut,
            policy: args.policy,
            spread_s: args.window().map(|window| window.as_secs_f64()),
            textbook: expected::textbook(args.clients),
            cuts,
            delivery: (args.rate > 0).then(|| board.delivery()),
            given_up: board.given_up.load(Relaxed),
            endings: board.endings(),
            client_bytes,
            is_interrupted,
        }
    }

    /// The cut after which the last client was back latest.
    pub(crate) fn worst(&self) -> Option<&CutSeen> {
        let rank = |cut: &&CutSeen| (!cut.all_back, cut.back_after_return_s());
        self.cuts.iter().max_by(|a, b| {
            let ((late_a, last_a), (late_b, last_b)) = (rank(a), rank(b));
            late_a.cmp(&late_b).then(last_a.total_cmp(&last_b))
        })
    }

    /// Why the spectrum is the generator's own, if it is.
    pub(crate) fn why_invalid(&self) -> Option<String> {
        let late = self.cuts.iter().filter(|cut| !cut.is_valid());
        let late_ms = late.map(|cut| cut.late_p99_ms).reduce(f64::max)?;
        Some(format!(
            "the generator was at its limit: 1 % of the tries began {} or more after they were due. The peak is at least what is shown",
            units::seconds(late_ms / 1e3)
        ))
    }

    /// What the first line says.
    pub(crate) fn headline(&self) -> String {
        let Some(worst) = self.worst() else { return "nothing was cut".to_owned() };
        let clients = units::count(self.clients.into());
        if !worst.all_back {
            let back = units::count(worst.seen.back);
            return format!(
                "{back} of {clients} clients were back after {}",
                units::seconds(worst.took_s)
            );
        }
        format!(
            "{clients} clients were back {} after the cut, {} after the return",
            units::seconds(worst.seen.back_last_s),
            units::seconds(worst.back_after_return_s())
        )
    }

    /// What was done to whom.
    pub(crate) fn manner(&self) -> String {
        let cut = match self.cut {
            Cut::Network => "the network was cut",
            Cut::Kill => "the server was killed",
            Cut::Term => "the server was asked to stop",
        };
        let policy = match self.policy {
            Policy::Backoff => "they wait 1–2, 2–4, 4–8, 8–16, then 60–70 s",
            Policy::None => "they try at once, then every 100 ms",
        };
        let asked = self.spread_s.map(|spread| {
            format!(", and the server asked each to wait up to {}", units::seconds(spread))
        });
        format!("{cut}; {policy}{}", asked.unwrap_or_default())
    }

    pub(crate) fn is_kept(&self) -> bool {
        let is_once = |of: &Delivery| of.missing == 0 && of.doubled == 0 && of.gaps == 0;
        self.cuts.iter().all(|cut| cut.all_back) && self.delivery.as_ref().is_none_or(is_once)
    }

    pub(super) fn to_json(&self) -> String {
        let json = serde_json::to_string(self).expect("numbers, names and lists");
        format!("{json}\n")
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        if self.why_invalid().is_some() {
            ExitCode::from(EXIT_INVALID)
        } else if self.is_interrupted {
            ExitCode::from(EXIT_INTERRUPTED)
        } else if self.is_kept() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}
