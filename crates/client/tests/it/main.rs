//! A client against a small server on a real socket.

#[cfg(test)]
mod connection;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod talk;
