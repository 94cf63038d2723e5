//! The door: keys and revocations from their files, read anew on SIGHUP and when a token comes whose
//! key nobody knows.

use std::path::Path;
use std::sync::Arc;

use access::{Capabilities, Jwks, Keys, Revocations, SharedSecret, Verifier, VerifierConfig};
use gateway::Door;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::{AccessConfig, OpenConversations};
use crate::error::ServeError;
use crate::random;

/// Opens it.
pub(crate) fn open(config: &AccessConfig) -> Result<Door, ServeError> {
    if config.dev {
        return Ok(Door::dev(random::u128));
    }
    Ok(Door::guarded(verifier(config)?, random::u128))
}

/// Reads the files anew when that is asked for, until it is dropped. What cannot be read changes
/// nothing.
pub(crate) async fn keep(door: Arc<Door>, config: AccessConfig) {
    let mut hangup = signal(SignalKind::hangup()).ok();
    loop {
        let asked = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = asked => {}
            () = door.reload_wanted() => {}
        }
        if door.is_dev() {
            continue;
        }
        match verifier(&config) {
            Ok(verifier) => {
                door.replace(verifier);
                tracing::info!("keys and revocations were read anew");
            }
            Err(why) => tracing::error!(%why, "keys stay as they were"),
        }
    }
}

fn verifier(config: &AccessConfig) -> Result<Verifier, ServeError> {
    let mut keys = Keys::default();
    if let Some(path) = &config.token_secret_file {
        let wrong = |why: String| bad("token_secret_file", path, why);
        let bytes = read("token_secret_file", path)?;
        let secret = SharedSecret::from_file(&bytes).map_err(|why| wrong(why.to_string()))?;
        keys = keys.with_secret(&secret).map_err(|why| wrong(why.to_string()))?;
    }
    if let Some(path) = &config.jwks_file {
        let wrong = |why: String| bad("jwks_file", path, why);
        let text = String::from_utf8(read("jwks_file", path)?)
            .map_err(|_| wrong("it is not UTF-8".to_owned()))?;
        keys = keys.with_jwks(&Jwks::parse(&text).map_err(|why| wrong(why.to_string()))?);
    }
    let revocations = match &config.revocations_file {
        None => Revocations::default(),
        Some(path) => {
            let wrong = |why: String| bad("revocations_file", path, why);
            let text = String::from_utf8(read("revocations_file", path)?)
                .map_err(|_| wrong("it is not UTF-8".to_owned()))?;
            Revocations::parse(&text).map_err(|why| wrong(why.to_string()))?
        }
    };
    let settings = VerifierConfig {
        issuer: config.token_issuer.clone(),
        audience: config.token_audience.clone(),
        default_capabilities: match config.open_conversations {
            OpenConversations::Anyone => Capabilities::everything(),
            OpenConversations::Named => Capabilities::default(),
        },
        revocations,
        ..VerifierConfig::new(keys)
    };
    Verifier::new(settings).map_err(|why| {
        let path = config.jwks_file.as_ref().or(config.token_secret_file.as_ref());
        bad("jwks_file", path.map_or(Path::new(""), |path| path), why.to_string())
    })
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, ServeError> {
    std::fs::read(path).map_err(|why| bad(key, path, why.to_string()))
}

fn bad(key: &'static str, path: &Path, why: String) -> ServeError {
    ServeError::Keys { key, path: path.to_owned(), why }
}
