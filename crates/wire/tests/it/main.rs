//! The protocol as text: every frame as it looks, every way to be wrong, and every limit at its edge.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test names what it expects; everything else is the failure"
)]

#[cfg(test)]
mod any;
#[cfg(test)]
mod bad;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod frames;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod table;
