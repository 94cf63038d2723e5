//! The gateway between real WebSockets and a false owner, over each transport.

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod closing;
#[cfg(test)]
mod hello;
#[cfg(test)]
mod link_loss;
#[cfg(test)]
mod random;
#[cfg(test)]
mod sending;
#[cfg(test)]
mod slow;
#[cfg(test)]
mod subscribing;
#[cfg(test)]
mod support;
#[cfg(test)]
mod transport;
