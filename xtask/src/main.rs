//! The chores of the house: is it tidy, does it hold when it is killed, how fast is it.
//!
//! Starts and signals processes; decides nothing about chat. `cargo xtask help` lists the chores.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore talks to the person who started it"
)]

mod bench;
mod binary;
mod crash;
mod guardian;

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// The chores of hubbub.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Check the plan of the crates, the fence and the law of STYLE.md.
    Tidy,
    Crash(crash::CrashArgs),
    Bench(bench::BenchArgs),
    /// Run what CI runs.
    Ci,
}

/// 0 all well; 1 a check failed; 64 wrong usage (the table is in `docs/operations.md`).
fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(wrong) => {
            let code = if wrong.use_stderr() { 64 } else { 0 };
            let shown = wrong.print().is_ok();
            return ExitCode::from(if shown { code } else { 74 });
        }
    };
    match run(&arguments.chore) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: &Chore) -> Result<ExitCode> {
    match chore {
        Chore::Tidy => start(
            env!("CARGO"),
            &["test", "--quiet", "--package", "xtask", "--test", "tidy", "--", "--show-output"],
        ),
        Chore::Crash(arguments) => crash::run(arguments),
        Chore::Bench(arguments) => bench::run(arguments),
        Chore::Ci => start("bash", &[".ci/run"]),
    }
}

/// Runs a program in the root of the project, with our input and output.
fn start(program: &str, arguments: &[&str]) -> Result<ExitCode> {
    println!("$ {program} {}", arguments.join(" "));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let status = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .status()
        .with_context(|| format!("cannot start {program}: is it installed?"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
