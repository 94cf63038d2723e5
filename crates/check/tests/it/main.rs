//! The checker is itself under test: a hand-made history for each anomaly, and for what only looks
//! like one.

#[cfg(test)]
mod anomalies;
#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod files;
#[cfg(test)]
mod history;
#[cfg(test)]
mod innocent;
#[cfg(test)]
mod simulation;
