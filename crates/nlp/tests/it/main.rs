//! The service from outside: HTTP in, JSON out, on a port of its own.

#[cfg(test)]
mod service;
#[cfg(test)]
mod world;
