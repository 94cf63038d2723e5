//! Over TLS: who is trusted, and what is spoken.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;

use axum::body::Bytes;
use axum::http::{Response, Version};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::*;

/// A service with a certificate of its own, which it writes into a file; it says which version of HTTP it was asked in.
async fn service(certificate: &Path, protocols: &[&[u8]]) -> SocketAddr {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(certificate, made.cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let certs = vec![made.cert.der().clone()];
    let mut config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(certs, key).unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let answer =
                    service_fn(async |request: axum::http::Request<hyper::body::Incoming>| {
                        let topic =
                            if request.version() == Version::HTTP_2 { "http2" } else { "http1" };
                        let body =
                            format!(r#"{{"language":"eng","sentiment":0,"topic":"{topic}"}}"#);
                        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(body))))
                    });
                let served = auto::Builder::new(TokioExecutor::new());
                served.serve_connection(TokioIo::new(stream), answer).await.ok();
            });
        }
    });
    at
}

async fn asked(at: SocketAddr, trusted: &Path) -> (Result<String, Failed>, Vec<String>) {
    let port = at.port();
    let text = format!("nlp = 'https://localhost:{port}'\nnlp_ca_file = '{}'", trusted.display());
    let provider = Provider::new(&config(&text)).unwrap();
    let hello = [Body::new("hello").unwrap()];
    // Twice: once with a new connection.
    provider.ask(0, &hello).await;
    let said = provider.ask(0, &hello).await.said;
    let topic = said.map(|mut said| said.remove(0).unwrap().topic);
    (topic, provider.troubles())
}

#[tokio::test]
async fn over_tls_http2_is_spoken_where_both_can_and_http1_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = folder.path().join("cert.pem");
    for (protocols, spoken) in [
        (&[&b"h2"[..], b"http/1.1"][..], "http2"),
        (&[&b"http/1.1"[..]][..], "http1"),
        (&[][..], "http1"),
    ] {
        let at = service(&certificate, protocols).await;
        let (said, troubles) = asked(at, &certificate).await;
        assert_eq!((said, troubles), (Ok(spoken.to_owned()), Vec::new()));
    }
}

#[tokio::test]
async fn a_stranger_gets_neither_text_nor_key() {
    let folder = tempfile::tempdir().unwrap();
    let [own, other] = ["own.pem", "other.pem"].map(|name| folder.path().join(name));
    let at = service(&own, &[b"h2"]).await;
    service(&other, &[b"h2"]).await;
    let (said, troubles) = asked(at, &other).await;
    assert_eq!(said, Err(Failed::Error));
    assert!(troubles[0].contains("certificate"), "{troubles:?}");
    // Nothing to trust: it is said.
    std::fs::write(&other, "no certificate").unwrap();
    let (said, troubles) = asked(at, &other).await;
    assert_eq!(said, Err(Failed::Error));
    assert!(troubles[0].contains("there is none in it"), "{troubles:?}");
}
