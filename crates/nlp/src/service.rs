//! The shell: a socket, and until when it is served.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::serve::ListenerExt as _;
use thiserror::Error;
use tokio::net::TcpListener;

use crate::http::{Desk, router};
use crate::options::{Options, OptionsError};

/// Why the service does not run.
#[derive(Debug, Error)]
pub enum NlpError {
    /// An option is wrong.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// The address cannot be had.
    #[error(
        "cannot listen on {address}: {source}; give another address with --listen, or stop what has it"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The socket failed while it was served.
    #[error("the service stopped: {0}")]
    Serve(io::Error),
}

/// A service that has its port and waits to be served.
pub struct Service {
    listener: TcpListener,
    address: SocketAddr,
    desk: Arc<Desk>,
}

/// Checks the options and takes the port; those who connect wait until [`Service::serve`].
///
/// # Errors
/// [`NlpError`]: an option is wrong, or the address cannot be had.
pub async fn bind(options: &Options) -> Result<Service, NlpError> {
    options.check()?;
    let address = options.listen;
    let failed = |source| NlpError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok(Service { listener, address, desk: Arc::new(Desk::new(options)) })
}

/// Binds and serves.
///
/// # Errors
/// [`NlpError`], as for [`bind`] and [`Service::serve`].
pub async fn serve(
    options: &Options,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), NlpError> {
    bind(options).await?.serve(shutdown).await
}

impl Service {
    /// Where it listens, the port included.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` is ready, and then what is in flight.
    ///
    /// # Errors
    /// [`NlpError::Serve`] when the socket fails.
    pub async fn serve(
        self,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), NlpError> {
        // Answers are small and awaited: they do not wait for more to go with them.
        let listener = self.listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        axum::serve(listener, router(self.desk))
            .with_graceful_shutdown(shutdown)
            .await
            .map_err(NlpError::Serve)
    }
}
