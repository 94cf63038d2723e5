//! How a process is asked to stop: SIGTERM and SIGINT.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// From its making on, not only from the first wait, they do not end the process by themselves.
pub(crate) struct StopSignals {
    term: Option<Signal>,
    int: Option<Signal>,
}

impl StopSignals {
    /// Must be called inside a runtime.
    pub(crate) fn listen() -> Self {
        Self {
            term: signal(SignalKind::terminate()).ok(),
            int: signal(SignalKind::interrupt()).ok(),
        }
    }

    /// Waits for the next one. Cancel safe.
    pub(crate) async fn came(&mut self) {
        async fn came(signal: &mut Option<Signal>) {
            match signal {
                Some(signal) => {
                    signal.recv().await;
                }
                None => std::future::pending().await,
            }
        }
        tokio::select! {
            () = came(&mut self.term) => {}
            () = came(&mut self.int) => {}
        }
    }
}

/// Waits for SIGTERM or SIGINT. From the call on they do not end the process by themselves. Must be
/// called inside a runtime.
pub fn asked_to_stop() -> impl Future<Output = ()> {
    let mut signals = StopSignals::listen();
    async move { signals.came().await }
}
