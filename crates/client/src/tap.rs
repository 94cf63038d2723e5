//! Who wants to see what goes over the wire, as it goes.

/// Sees every frame of a client. A history file is written by one.
pub trait Tap {
    /// A connection stands. They are counted from 1.
    fn opened(&mut self, connection: u64, via: &str);
    /// This is about to be handed to the socket.
    fn outgoing(&mut self, connection: u64, frame: &str);
    /// This came; the session has not seen it yet.
    fn incoming(&mut self, connection: u64, frame: &str);
    /// The connection is gone.
    fn closed(&mut self, connection: u64, why: &str);
}

/// Sees nothing.
impl Tap for () {
    fn opened(&mut self, _connection: u64, _via: &str) {}
    fn outgoing(&mut self, _connection: u64, _frame: &str) {}
    fn incoming(&mut self, _connection: u64, _frame: &str) {}
    fn closed(&mut self, _connection: u64, _why: &str) {}
}
