//! The clients against a server of a hundred lines that holds everything in memory: whole histories,
//! judged by the checker.

#[cfg(test)]
mod naive;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod torment;
