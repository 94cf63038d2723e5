//! Coming in on a connection of one's own, and leaving: what a connect storm is made of.

use std::pin::Pin;
use std::sync::Arc;

use super::super::Chat;
use super::super::door::{Unwelcome, enter};
use crate::measure::line::Shared;

/// Someone who is on the way in; and under which reference they are known.
pub(super) type Visit = Pin<Box<dyn Future<Output = (u64, Result<(), Unwelcome>)> + Send>>;

/// Comes in, is welcomed, and leaves.
pub(super) async fn visit(
    (shared, chat): (Shared, Arc<Chat>),
    hello: String,
    reference: u64,
) -> (u64, Result<(), Unwelcome>) {
    let came_in = enter(&chat, &shared.dial, shared.timeout, &hello).await;
    let came_in = match came_in {
        Ok(mut socket) => {
            shared.desk().opened();
            // Whether the farewell is heard changes nothing.
            let _ = socket.farewell().await;
            shared.desk().closed();
            Ok(())
        }
        Err(why) => Err(why),
    };
    (reference, came_in)
}
