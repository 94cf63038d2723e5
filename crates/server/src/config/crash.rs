//! Flags of a crash run: they do not exist in the shipped binary.

use clap::{Args, ValueEnum};

/// What a process of a crash run is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct CrashFlags {
    /// Be wrong on purpose
    #[arg(long)]
    pub mutant: Option<model::Mutant>,
    /// Put the journal on a shadow disk with this seed: `shadow:SEED`
    #[arg(long, value_name = "shadow:SEED", value_parser = shadow_seed)]
    pub disk: Option<u64>,
    /// What ended the life before
    #[arg(long, value_enum, default_value = "process")]
    pub after: Death,
}

/// How a life ended, as the crash run decides afterwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Death {
    /// The process was killed: what it wrote is in the page cache.
    #[default]
    Process,
    /// The power was cut: what was not synced is lost in part.
    Power,
}

fn shadow_seed(text: &str) -> Result<u64, String> {
    let seed = text.strip_prefix("shadow:").ok_or("it is written shadow:SEED")?;
    seed.parse().map_err(|_| format!("{seed:?} is no seed: a number is"))
}
