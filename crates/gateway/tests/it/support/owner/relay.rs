//! The codec between a gateway and its owner, in one process.

use bytes::BytesMut;
use gateway::transport::OwnerEnd;
use link::{FromOwner, ToOwner};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

/// The same end, with each message encoded and decoded on its way.
pub(super) fn relayed(end: OwnerEnd) -> OwnerEnd {
    let OwnerEnd { to_gateway, from_gateway, pump } = end;
    OwnerEnd { to_gateway: relay_to(to_gateway), from_gateway: relay_from(from_gateway), pump }
}

fn through<T: Serialize + DeserializeOwned>(message: &T) -> T {
    let mut bytes = BytesMut::new();
    link::encode(message, &mut bytes);
    let mut reader = link::FrameReader::default();
    reader.buffer().extend_from_slice(&bytes);
    reader.next_value().unwrap().unwrap()
}

fn relay_to(to: mpsc::Sender<FromOwner>) -> mpsc::Sender<FromOwner> {
    let (front, mut back) = mpsc::channel(1024 * 16);
    tokio::spawn(async move {
        while let Some(message) = back.recv().await {
            if to.send(through(&message)).await.is_err() {
                return;
            }
        }
    });
    front
}

fn relay_from(mut from: mpsc::Receiver<ToOwner>) -> mpsc::Receiver<ToOwner> {
    let (back, front) = mpsc::channel(1024 * 16);
    tokio::spawn(async move {
        while let Some(message) = from.recv().await {
            if back.send(through(&message)).await.is_err() {
                return;
            }
        }
    });
    front
}
