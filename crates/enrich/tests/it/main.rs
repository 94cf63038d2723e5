//! The room before a service that is made of arithmetic, in virtual time.

#[cfg(test)]
mod faults;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod letters;
#[cfg(test)]
#[cfg(feature = "mutants")]
mod mutants;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod protections;
#[cfg(test)]
mod why;
#[cfg(test)]
mod world;
