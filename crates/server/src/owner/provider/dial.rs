//! Connections to an endpoint: TCP, with TLS where its address says https. Whether it speaks HTTP/2 is agreed on there
//! (ALPN, RFC 7301).

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tower_service::Service;

/// Where systems keep the certificates that they trust.
const BUNDLES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";

/// Makes connections.
#[derive(Clone)]
pub(super) struct Dial {
    /// Of addresses with https; none if nobody can be trusted.
    tls: Option<Arc<ClientConfig>>,
    within: Duration,
}

/// A connection, and whether HTTP/2 was agreed on.
pub(super) struct Line {
    pub(super) io: Box<dyn Io>,
    pub(super) is_http2: bool,
}

/// A connection that can be read and written.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection, as HTTP/1.1's client wants it.
pub(super) struct Pipe(TokioIo<Box<dyn Io>>);

impl Dial {
    /// Trusts the certificates of this file, or of the system; what is wrong with them stops nothing that needs none.
    pub(super) fn new(ca_file: Option<&Path>, within: Duration) -> (Self, Option<String>) {
        match trusted(ca_file) {
            Ok(roots) => {
                let tls =
                    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
                (Self { tls: Some(Arc::new(tls)), within }, None)
            }
            Err(why) => (Self { tls: None, within }, Some(why)),
        }
    }

    /// A connection that may speak these.
    pub(super) async fn line(&self, at: &Uri, may_be_http2: May) -> Result<Line, String> {
        let made = tokio::time::timeout(self.within, self.connect(at, may_be_http2)).await;
        made.map_err(|_| format!("no connection within {:?}", self.within))?
    }

    async fn connect(&self, at: &Uri, may: May) -> Result<Line, String> {
        let host = at.host().unwrap_or_default().trim_matches(['[', ']']);
        let is_tls = at.scheme_str() == Some("https");
        let port = at.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let failed = |why: io::Error| format!("{host}:{port}: {why}");
        let stream = TcpStream::connect((host, port)).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        if !is_tls {
            return Ok(Line { io: Box::new(stream), is_http2: false });
        }
        let tls = self.tls.as_ref().ok_or("there are no certificates to trust")?;
        let mut tls = ClientConfig::clone(tls);
        tls.alpn_protocols = match may {
            May::Http2 => vec![HTTP2.to_vec(), HTTP1.to_vec()],
            May::OnlyHttp1 => vec![HTTP1.to_vec()],
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|why| format!("{host}: {why}"))?;
        let stream =
            TlsConnector::from(Arc::new(tls)).connect(name, stream).await.map_err(failed)?;
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP2);
        Ok(Line { io: Box::new(stream), is_http2 })
    }
}

/// What a connection may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum May {
    Http2,
    OnlyHttp1,
}

fn trusted(ca_file: Option<&Path>) -> Result<RootCertStore, String> {
    let system = || BUNDLES.iter().map(PathBuf::from).find(|path| path.exists());
    let path = ca_file.map(Path::to_owned).or_else(system);
    let path =
        path.ok_or("the system has no certificates where they usually are: give nlp_ca_file")?;
    let bad = |why: String| format!("certificates to trust, {}: {why}", path.display());
    let certs = CertificateDer::pem_file_iter(&path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|why| bad(why.to_string()))?;
    let mut roots = RootCertStore::empty();
    // Of a system's hundreds some may be odd.
    let (added, _) = roots.add_parsable_certificates(certs);
    if added == 0 { Err(bad("there is none in it".to_owned())) } else { Ok(roots) }
}

/// For the pool of HTTP/1.1.
impl Service<Uri> for Dial {
    type Response = Pipe;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Pipe>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, at: Uri) -> Self::Future {
        let dial = self.clone();
        Box::pin(async move {
            let line = dial.line(&at, May::OnlyHttp1).await;
            line.map(|line| Pipe(TokioIo::new(line.io))).map_err(io::Error::other)
        })
    }
}

impl Connection for Pipe {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl Write for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, buffers)
    }
}
