//! The room before a service that is made of arithmetic, in virtual time.

mod faults;
mod journal;
mod promises;
mod protections;
mod world;
