//! The view from outside: what goes in as facts comes out as rows, whatever happens in between.

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod file;
#[cfg(test)]
mod fold;
#[cfg(test)]
mod killed;
#[cfg(test)]
#[cfg(feature = "mutants")]
mod mutants;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod readers;
#[cfg(test)]
mod windows;
#[cfg(test)]
mod world;
