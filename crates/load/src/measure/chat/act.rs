//! What a request is.

/// What one client asks and is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// A message is sent and durable.
    Send,
}
