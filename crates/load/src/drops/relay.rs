//! A network that can be cut: connections to it are passed on to the server, while it is there.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream, lookup_host};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// The relay. It ends with this process.
pub(super) struct Relay {
    is_up: watch::Sender<bool>,
}

impl Relay {
    /// One to the server of this URL; and where clients connect.
    pub(super) async fn open(url: &str) -> Result<(Self, SocketAddr)> {
        let request = url.into_client_request()?;
        let host = request.uri().authority().context("the URL names no host")?.as_str();
        let server =
            lookup_host(host).await?.next().with_context(|| format!("{host} is nowhere"))?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (is_up, seen) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, server, seen.clone()));
            }
        });
        Ok((Self { is_up }, address))
    }

    /// Ends all connections, and every new one.
    pub(super) fn cut(&self) {
        self.is_up.send_replace(false);
    }

    /// Is there again.
    pub(super) fn mend(&self) {
        self.is_up.send_replace(true);
    }
}

async fn pass(mut client: TcpStream, server: SocketAddr, mut is_up: watch::Receiver<bool>) {
    // Dropped so, an end is reset, as by a network that is gone. Where that cannot be set, it is
    // closed.
    let _reset = client.set_zero_linger();
    let passing = async {
        let mut server = TcpStream::connect(server).await?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        server.set_zero_linger()?;
        copy_bidirectional(&mut client, &mut server).await
    };
    tokio::select! {
        biased;
        _ = is_up.wait_for(|is_up| !*is_up) => {}
        _ = passing => {}
    }
}
