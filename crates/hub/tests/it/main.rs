//! The hub's promises, through its doors only: each by name, and all at once against a naive model.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test names what it expects; everything else is the failure"
)]

#[cfg(test)]
mod attach;
#[cfg(test)]
mod cursor;
#[cfg(test)]
mod dedupe;
#[cfg(test)]
mod evict;
#[cfg(test)]
mod house;
#[cfg(test)]
mod lanes;
#[cfg(test)]
mod limits;
#[cfg(all(test, feature = "mutants"))]
mod mutants;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod poison;
#[cfg(test)]
mod presence;
#[cfg(test)]
mod property;
#[cfg(test)]
mod read;
#[cfg(test)]
mod rollback;
#[cfg(test)]
mod roster;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod run;
#[cfg(test)]
mod sequence;
#[cfg(test)]
mod steps;
#[cfg(test)]
mod words;
#[cfg(test)]
mod world;
