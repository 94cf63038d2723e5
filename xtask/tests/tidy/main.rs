//! Is the house tidy? The plan of the crates, the fence and the law of `STYLE.md`, checked.
//!
//! Each rule is a function from what it looks at (the tracked files, the graph of crates, what a
//! program printed) to a list of complaints. Each is run twice: over the house, where it must say
//! nothing, and over a small broken example, where it must complain: a guard is proved by failing.

#[cfg(test)]
mod bans;
#[cfg(test)]
mod code;
#[cfg(test)]
mod fence;
#[cfg(test)]
mod graph;
#[cfg(test)]
mod manifests;
#[cfg(test)]
mod map;
#[cfg(test)]
mod plan;
#[cfg(test)]
mod records;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod tree;
