//! The checker is itself under test: a hand-made history for each anomaly, and for what only looks
//! like one.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test names what it expects; everything else is the failure"
)]

#[cfg(test)]
mod anomalies;
#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod files;
#[cfg(test)]
mod history;
#[cfg(test)]
mod house;
#[cfg(test)]
mod innocent;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tickets;
