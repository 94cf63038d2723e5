//! The whole house: the real binary, real sockets, real files, real restarts.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test names what it expects; everything else is the failure"
)]

#[cfg(test)]
mod access;
#[cfg(test)]
mod asks;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod bare;
#[cfg(test)]
mod bounds;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod chats;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod drains;
#[cfg(test)]
mod encodings;
#[cfg(test)]
mod events;
#[cfg(test)]
mod exports;
#[cfg(test)]
mod floods;
#[cfg(test)]
mod full;
#[cfg(test)]
mod handshake;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod house;
#[cfg(test)]
mod http;
#[cfg(test)]
mod import;
#[cfg(test)]
mod keeping;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod letters;
#[cfg(test)]
mod line;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod measures;
#[cfg(test)]
mod notes;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod origins;
#[cfg(test)]
mod provider;
#[cfg(test)]
mod readiness;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod rfc6455;
#[cfg(test)]
#[path = "../../../wire/tests/it/schema.rs"]
mod schema;
#[cfg(test)]
mod shipped;
#[cfg(test)]
mod shows;
#[cfg(test)]
mod slow;
#[cfg(test)]
mod spreads;
#[cfg(test)]
mod starts;
#[cfg(test)]
mod stops;
#[cfg(test)]
mod storms;
#[cfg(test)]
mod thread;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod user;
#[cfg(test)]
mod verify;
#[cfg(test)]
mod views;
#[cfg(test)]
mod why;
