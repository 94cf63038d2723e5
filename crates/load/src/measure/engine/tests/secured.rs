//! TLS: whom a generator trusts, and what it says of whom it does not.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::{FINE, measure};
use crate::measure::refusal::EXIT_UNAVAILABLE;

/// A server that answers each request, and the file of its certificate.
async fn serve() -> (String, tempfile::NamedTempFile) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), cert.pem()).expect("it is written");
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("they are known")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("they belong together");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // Who does not trust it hangs up.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut request = [0; 1_024];
                while stream.read(&mut request).await.is_ok_and(|count| count > 0) {
                    if stream.write_all(FINE.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (format!("https://127.0.0.1:{port}/"), file)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_measured_by_tls_if_its_certificate_is_trusted_or_anybodys_is() {
    let (url, certificate) = serve().await;
    let own = format!("--ca {}", certificate.path().display());
    for trust in [own.as_str(), "--insecure"] {
        let run = measure(&url, &format!("-n 50 -c 2 {trust}")).await.expect("it is measured");
        assert_eq!((run.totals.done, run.totals.connects), (50, 2), "{trust}: {:?}", run.totals);
    }
    let (_, anothers) = serve().await;
    let other = format!("-n 1 -c 1 --ca {}", anothers.path().display());
    let why = measure(&url, &other).await.expect_err("it is another's");
    assert_eq!(why.exit_code, EXIT_UNAVAILABLE);
    assert!(why.to_string().contains("certificate"), "{why}");
}
