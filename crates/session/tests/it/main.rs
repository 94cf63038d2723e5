//! The promises of a session, told as conversations with a server that is played by hand or is naive.

#[cfg(test)]
mod clocks;
#[cfg(test)]
mod line;
#[cfg(test)]
mod network;
#[cfg(test)]
mod outbox;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod server;
#[cfg(test)]
mod subscriptions;
