//! `hubbub load knee`: where throughput ends to grow, of a saved ladder; and why, as far as a ladder can say.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use stats::knee::{Knee, Point, extra_steps, hinge};
use stats::usl::{self, Reason};

use super::story::{self, EXIT_INVALID};
use super::text::one_line;
use super::{read, say, units};
use crate::measure::Refusal;
use crate::measure::run::{Direction, Run, Step};

/// Knees up and down that are further apart than this, as a ratio, show hysteresis.
const HYSTERESIS: f64 = 1.3;

/// `hubbub load knee`
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Exit code: 0 told, 2 no such run or no ladder in it, 3 it is invalid or has too few steps, 74 a file cannot \
                  be read.\n\nExample:\n  hubbub load ladder http://127.0.0.1:8080/ -o ladder.json && hubbub load knee ladder.json"
)]
pub struct KneeArgs {
    /// A saved run of `hubbub load ladder`
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Fits and tells.
///
/// # Errors
/// A file that is no saved ladder, or cannot be read.
pub fn knee(args: &KneeArgs) -> Result<ExitCode, Refusal> {
    let run = read(&args.file)?;
    let Some(steps) = &run.ladder else {
        let file = args.file.display();
        let told = format!("{file}: has no ladder; make one with `hubbub load ladder URL`");
        return Err(Refusal::usage(told));
    };
    let up = points(steps, |direction| direction != Direction::Down);
    let down = points(steps, |direction| direction == Direction::Down);
    let knee = match hinge(&up, run.plan.seed) {
        Ok(knee) => knee,
        Err(why) => {
            say(&format!("✘ {}\n", story::capital(&why.to_string())));
            return Ok(ExitCode::from(EXIT_INVALID));
        }
    };
    let back = hinge(&down, run.plan.seed).ok();
    say(&if args.json {
        json(&knee, back.as_ref(), &up)
    } else {
        text(&run, &knee, back.as_ref(), &up)
    });
    Ok(if run.judgement.is_valid() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_INVALID) })
}

/// One for each number of connections; batches of several visits come together.
fn points(steps: &[Step], is_of: impl Fn(Direction) -> bool) -> Vec<Point> {
    let mut points: Vec<Point> = Vec::new();
    for step in steps.iter().filter(|step| is_of(step.direction)) {
        let concurrency = f64::from(step.connections);
        let same = |point: &&mut Point| point.concurrency.to_bits() == concurrency.to_bits();
        match points.iter_mut().find(same) {
            Some(point) => point.batches.extend(&step.throughput_batches),
            None => points.push(Point { concurrency, batches: step.throughput_batches.clone() }),
        }
    }
    points
}

fn text(run: &Run, knee: &Knee, back: Option<&Knee>, up: &[Point]) -> String {
    let mut text = format!("{}\n", story::knee(Some(knee)));
    if !run.judgement.is_valid() {
        text += &format!("✘ The measurement is invalid: {}.\n", run.judgement.cause);
    }
    text += &match back {
        Some(back) if apart(knee, back) > HYSTERESIS => format!(
            "Hysteresis: on the way down it is at {}; a load that is lowered does not give back what it took.\n",
            units::whole(back.at)
        ),
        Some(back) => {
            format!("On the way down it is the same ({}).\n", units::whole(back.at))
        }
        None => "There was no way down, so hysteresis is not known.\n".to_owned(),
    };
    text += &why(up);
    let extra = extra_steps(knee, up);
    if knee.is_reached && !extra.is_empty() {
        let steps: Vec<_> = extra.iter().map(u64::to_string).collect();
        text += &format!("More steps would make it sharper: {}.\n", steps.join(", "));
    }
    let target = one_line(&run.plan.target, usize::MAX);
    text + &format!("Of {target}, {}.\n", units::moment(run.began_at_ms))
}

fn json(knee: &Knee, back: Option<&Knee>, up: &[Point]) -> String {
    let law = usl::fit(up).ok();
    let extra = extra_steps(knee, up);
    serde_json::json!({ "knee": knee, "down": back, "usl": law, "extra_steps": extra }).to_string()
        + "\n"
}

fn apart(one: &Knee, other: &Knee) -> f64 {
    (one.at / other.at).max(other.at / one.at)
}

/// The scalability law names why; it is no estimate of the knee.
fn why(up: &[Point]) -> String {
    let law = match usl::fit(up) {
        Ok(law) => law,
        Err(why) => return format!("Why is not told: {why}.\n"),
    };
    let highest = up.iter().map(|point| point.concurrency).fold(1.0, f64::max);
    let reason = match law.reason(highest) {
        Reason::Nothing => "nothing held it".to_owned(),
        Reason::Contention => {
            format!(
                "requests wait for one another: a lock, a pool, a processor (contention {:.4})",
                law.sigma
            )
        }
        Reason::Coherency => format!(
            "requests get in each other's way: shared data, caches, switches (coherency {:.6})",
            law.kappa
        ),
    };
    let peak = law.peak.map_or_else(String::new, |peak| {
        format!("; it predicts the most at {} connections, and less beyond", units::whole(peak))
    });
    format!("Why, by the scalability law: {reason}{peak}.\n")
}

#[cfg(test)]
mod tests;
