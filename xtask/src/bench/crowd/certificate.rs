//! A certificate of a day for a server that is measured over TLS: made by `openssl`, which every
//! machine of developers has.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::bench::workshop::Workshop;

/// For 127.0.0.1. Nobody else's: a certificate that may sign others would not be taken from a server.
const REQUEST: &str = "[req]\ndistinguished_name = name\nx509_extensions = uses\nprompt = no\n\
                       [name]\nCN = hubbub bench\n\
                       [uses]\nsubjectAltName = IP:127.0.0.1\nbasicConstraints = CA:FALSE\n";

/// Files in the workshop.
#[derive(Debug)]
pub(super) struct Certificate {
    pub(super) chain: PathBuf,
    pub(super) key: PathBuf,
}

impl Certificate {
    pub(super) fn make(workshop: &Workshop) -> Result<Self> {
        let file = |name: &str| workshop.folder().join(name);
        let request = file("tls.cnf");
        std::fs::write(&request, REQUEST)?;
        let made = Self { chain: file("tls.pem"), key: file("tls.key") };
        let said = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
            .args(["-nodes", "-days", "1", "-config"])
            .arg(&request)
            .arg("-keyout")
            .arg(&made.key)
            .arg("-out")
            .arg(&made.chain)
            .output()
            .context("openssl, which makes the certificate, does not run: install it")?;
        if !said.status.success() {
            bail!("openssl made no certificate: {}", String::from_utf8_lossy(&said.stderr));
        }
        Ok(made)
    }
}
