//! Sockets: how many there are, in all and of each address, also of those who may never say what they
//! want; and how long they may take to read what is written to them.
//!
//! # Invariants
//!
//! - A place is given back when the socket is closed, not when its handshake is over.

use std::collections::HashMap;
use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a write may make no progress: longer than a batch of a WebSocket may take, so that there
/// the gateway decides.
pub(crate) const WRITE_WITHIN: Duration = Duration::from_secs(45);

/// All of them.
#[derive(Debug)]
pub(crate) struct Sockets {
    max: usize,
    of_address_max: usize,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    sockets: Arc<Sockets>,
    address: Option<IpAddr>,
}

impl Sockets {
    /// At most so many, and so many of one address.
    pub(crate) fn new(max: usize, of_address_max: usize) -> Self {
        Self { max, of_address_max, counts: Mutex::default() }
    }

    /// One more, if it has a place. `None` for the address: that of nobody in particular.
    pub(crate) fn hold(this: &Arc<Self>, address: Option<IpAddr>) -> Option<Held> {
        let mut counts = this.lock();
        let of_address = address.and_then(|address| counts.by_address.get(&address));
        if counts.all >= this.max || of_address.is_some_and(|count| *count >= this.of_address_max) {
            return None;
        }
        counts.all += 1;
        if let Some(address) = address {
            *counts.by_address.entry(address).or_default() += 1;
        }
        Some(Held { sockets: Arc::clone(this), address })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut counts = self.sockets.lock();
        counts.all -= 1;
        if let Some(address) = self.address
            && let Some(count) = counts.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                counts.by_address.remove(&address);
            }
        }
    }
}

/// A socket with its place.
#[derive(Debug)]
pub(crate) struct Socket<S> {
    socket: S,
    /// Until when the write that waits may wait.
    stalled: Option<Pin<Box<Sleep>>>,
    _held: Held,
}

impl<S> Socket<S> {
    pub(crate) const fn new(socket: S, held: Held) -> Self {
        Self { socket, stalled: None, _held: held }
    }

    /// What came of a write: an error, if it has waited for too long.
    fn wrote<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(WRITE_WITHIN)));
        stalled.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.wrote(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.wrote(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.socket).poll_flush(cx);
        self.wrote(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = Pin::new(&mut self.socket).poll_shutdown(cx);
        self.wrote(cx, closed)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_write_that_nobody_reads_fails_and_one_that_gets_on_does_not() {
        let sockets = Arc::new(Sockets::new(1, 1));
        let (ours, mut theirs) = duplex(10);
        let mut ours = Socket::new(ours, Sockets::hold(&sockets, None).unwrap());
        let reading = tokio::spawn(async move {
            for _ in 0..10 {
                sleep(WRITE_WITHIN - Duration::from_millis(1)).await;
                theirs.read_exact(&mut [0; 10]).await.unwrap();
            }
            theirs
        });
        ours.write_all(&[0; 110]).await.unwrap();
        let _theirs = reading.await.unwrap();
        let began = tokio::time::Instant::now();
        let failed = ours.write_all(&[0; 10]).await.unwrap_err();
        assert_eq!(failed.kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed().as_secs(), WRITE_WITHIN.as_secs());
        assert!(
            Sockets::hold(&sockets, None).is_none(),
            "its place is taken as long as it is open"
        );
        drop(ours);
        assert!(Sockets::hold(&sockets, None).is_some());
    }

    #[test]
    fn one_address_has_its_places_all_have_theirs_and_who_goes_gives_it_back() {
        let [one, other] = [[10, 0, 0, 1], [10, 0, 0, 2]].map(|address| Some(address.into()));
        let sockets = Arc::new(Sockets::new(4, 2));
        let hold = |address| Sockets::hold(&sockets, address);
        let mut held = vec![hold(one).unwrap(), hold(one).unwrap()];
        assert!(hold(one).is_none(), "a third of one address");
        held.extend([hold(other).unwrap(), hold(None).unwrap()]);
        assert!(hold(other).is_none() && hold(None).is_none(), "a fifth");
        held.remove(0);
        held.push(hold(one).unwrap());
        assert!(hold(one).is_none() && hold(None).is_none());
        held.clear();
        assert!(sockets.lock().by_address.is_empty());
        assert_eq!(sockets.lock().all, 0);
    }
}
