//! The gateway between real WebSockets and a false owner, over each transport.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test names what it expects; everything else is the failure"
)]

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod closing;
#[cfg(test)]
mod encodings;
#[cfg(test)]
mod governed;
#[cfg(test)]
mod greedy;
#[cfg(test)]
mod hello;
#[cfg(test)]
mod link_loss;
#[cfg(test)]
mod random;
#[cfg(test)]
mod sending;
#[cfg(test)]
mod slow;
#[cfg(test)]
mod subscribing;
#[cfg(test)]
mod support;
#[cfg(test)]
mod transport;
