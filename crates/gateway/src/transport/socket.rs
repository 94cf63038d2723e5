//! The pump between a Unix socket and a pair of bounded channels: `link`'s frames, writes batched.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use link::FrameReader;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::warn;

use super::QUEUE_MAX;

/// Messages that one write takes together, at most.
const WRITE_BATCH_MAX: usize = 256;

/// Bytes after which a batch is written, though more messages wait.
const WRITE_BATCH_BYTES: usize = 256 * 1024;

/// Bytes that one read asks for.
const READ_BYTES: usize = 64 * 1024;

/// The two tasks between a socket and its channels. Dropping it ends both at once.
#[derive(Debug, Default)]
pub struct Pump {
    tasks: Option<(JoinHandle<()>, JoinHandle<()>)>,
}

impl Pump {
    /// For a link that needs none.
    pub(super) fn none() -> Self {
        Self::default()
    }

    /// Waits until everything that was sent is written (drop the sender first), at most so long.
    pub async fn finish(mut self, at_most: Duration) {
        let Some((reader, mut writer)) = self.tasks.take() else { return };
        if timeout(at_most, &mut writer).await.is_err() {
            writer.abort();
        }
        reader.abort();
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        if let Some((reader, writer)) = &self.tasks {
            reader.abort();
            writer.abort();
        }
    }
}

/// Turns a connected Unix socket into a bounded sender and a receiver. Must be called inside a
/// runtime.
pub fn over_socket<Out, In>(stream: UnixStream) -> (mpsc::Sender<Out>, mpsc::Receiver<In>, Pump)
where
    Out: Serialize + Send + 'static,
    In: DeserializeOwned + Send + 'static,
{
    let (read_half, write_half) = stream.into_split();
    let (to_socket, outgoing) = mpsc::channel(QUEUE_MAX);
    let (incoming, from_socket) = mpsc::channel(QUEUE_MAX);
    let writer = tokio::spawn(async move {
        if let Err(error) = write_all(write_half, outgoing).await {
            warn!(%error, "a link could not be written: it is dropped");
        }
    });
    let reader = tokio::spawn(async move {
        if let Err(error) = read_all(read_half, incoming).await {
            warn!(%error, "a link could not be read: it is dropped");
        }
    });
    (to_socket, from_socket, Pump { tasks: Some((reader, writer)) })
}

/// Ends when all senders are gone and everything is written.
async fn write_all<T: Serialize>(
    mut socket: OwnedWriteHalf,
    mut outgoing: mpsc::Receiver<T>,
) -> io::Result<()> {
    let mut batch = Vec::with_capacity(WRITE_BATCH_MAX);
    let mut bytes = BytesMut::new();
    while outgoing.recv_many(&mut batch, WRITE_BATCH_MAX).await > 0 {
        for message in batch.drain(..) {
            link::encode(&message, &mut bytes);
            if bytes.len() >= WRITE_BATCH_BYTES {
                socket.write_all(&bytes).await?;
                bytes.clear();
            }
        }
        socket.write_all(&bytes).await?;
        bytes.clear();
    }
    socket.shutdown().await
}

/// Ends with the socket, or when nobody listens any more. A full queue is not read into: the socket
/// fills, and the other side finds its own queue full.
async fn read_all<T: DeserializeOwned>(
    mut socket: OwnedReadHalf,
    incoming: mpsc::Sender<T>,
) -> io::Result<()> {
    let mut frames = FrameReader::default();
    loop {
        while let Some(message) = frames.next_value().map_err(io::Error::other)? {
            if incoming.send(message).await.is_err() {
                return Ok(());
            }
        }
        frames.buffer().reserve(READ_BYTES);
        let read = tokio::select! {
            read = socket.read_buf(frames.buffer()) => read?,
            () = incoming.closed() => return Ok(()),
        };
        if read == 0 {
            return Ok(());
        }
    }
}
