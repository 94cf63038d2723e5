//! Who gets in, who does not, and what they may do then.

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod attacks;
#[cfg(test)]
mod capabilities;
#[cfg(test)]
mod claims;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod revocations;
#[cfg(test)]
mod rfc;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tickets;
