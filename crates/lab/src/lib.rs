//! Is the clever way worth it: services that run, each in the plain way and in the clever one, to be measured beside each
//! other.
//!
//! What is measured here and why stands in `docs/cases`; `cargo xtask bench` starts it and draws it.

pub mod slots;
