//! The service from outside: HTTP in, JSON out, on a port of its own.

#[cfg(test)]
mod document;
#[cfg(test)]
mod evaluation;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod http2;
#[cfg(test)]
mod labels;
#[cfg(all(test, feature = "models"))]
mod learned;
#[cfg(test)]
#[path = "../../../wire/tests/it/schema.rs"]
mod schema;
#[cfg(test)]
mod score;
#[cfg(test)]
mod service;
#[cfg(test)]
mod world;
