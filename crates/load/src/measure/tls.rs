//! TLS: which certificates are trusted, and which protocol is offered.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::refusal::Refusal;

/// Where Linux distributions keep the certificates they trust; the first that is there.
const BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

/// Whom to trust.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trust<'a> {
    /// Those whom the machine trusts.
    Machine,
    /// Those of a file.
    File(&'a Path),
    /// Anybody: for servers of one's own.
    Anybody,
}

/// Settings of a client; `protocols` are offered (ALPN).
pub(crate) fn config(trust: Trust<'_>, protocols: &[&[u8]]) -> Result<Arc<ClientConfig>, Refusal> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|why| Refusal::io(format!("TLS cannot be set up: {why}")))?;
    let builder = match trust {
        Trust::Anybody => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Believing(provider)))
        }
        Trust::File(path) => builder.with_root_certificates(roots(path)?),
        Trust::Machine => builder.with_root_certificates(roots(machine()?)?),
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(Arc::new(config))
}

fn machine() -> Result<&'static Path, Refusal> {
    let found = BUNDLES.iter().map(Path::new).find(|path| path.exists());
    found.ok_or_else(|| {
        Refusal::usage(
            "this machine has no list of certificates it trusts: give one with --ca FILE",
        )
    })
}

fn roots(path: &Path) -> Result<RootCertStore, Refusal> {
    let wrong = |why: &str| Refusal::usage(format!("{}: {why}", path.display()));
    let text = std::fs::read(path).map_err(|why| wrong(&why.to_string()))?;
    let blocks = pem::parse_many(text).map_err(|why| wrong(&format!("is no PEM: {why}")))?;
    let certificates = blocks.into_iter().map(|block| CertificateDer::from(block.into_contents()));
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 { Err(wrong("has no certificate")) } else { Ok(roots) }
}

/// Believes any certificate, but wants its key.
#[derive(Debug)]
struct Believing(Arc<CryptoProvider>);

impl ServerCertVerifier for Believing {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
