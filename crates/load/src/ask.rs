//! One question over HTTP, as an operator asks it: an answer, or why there is none.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::measure::socket::{Dial, Sources};
use crate::measure::target::Target;
use crate::measure::tls::{Trust, config};

/// A server that says nothing for so long says nothing.
const PATIENCE: Duration = Duration::from_secs(15);

/// Bytes of an answer, at most.
const ANSWER_MAX_BYTES: usize = 4 << 20;

/// Who asks, and whom they trust.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asker<'a> {
    /// The token that they show.
    pub token: Option<&'a str>,
    /// Certificates that are trusted; none: those of the machine.
    pub ca: Option<&'a Path>,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Of HTTP.
    pub status: u16,
    /// The body.
    pub text: String,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AskError {
    /// What was asked for cannot be meant.
    #[error("{0}")]
    Usage(String),
    /// Nobody answers there.
    #[error("{0}")]
    Unavailable(String),
}

impl Asker<'_> {
    /// GET.
    ///
    /// # Errors
    /// [`AskError`]: there is no answer.
    pub async fn get(&self, url: &str) -> Result<Answered, AskError> {
        self.ask(Method::GET, url).await
    }

    /// POST, without a body.
    ///
    /// # Errors
    /// [`AskError`]: there is no answer, and nobody knows whether it was done.
    pub async fn post(&self, url: &str) -> Result<Answered, AskError> {
        self.ask(Method::POST, url).await
    }

    async fn ask(&self, method: Method, url: &str) -> Result<Answered, AskError> {
        let mut target = Target::parse(url).map_err(|why| AskError::Usage(why.to_string()))?;
        let unavailable = |why: String| AskError::Unavailable(format!("{url}: {why}"));
        let asked = async {
            let failed = |why: &dyn std::fmt::Display| unavailable(why.to_string());
            target.resolve().await.map_err(|why| AskError::Unavailable(why.to_string()))?;
            let socket = self.dial(&target)?.connect().await.map_err(|why| failed(&why))?;
            let greeted = http1::handshake(TokioIo::new(socket)).await;
            let (mut sender, connection) = greeted.map_err(|why| failed(&why))?;
            // It ends with the connection, and what ended it is told to the request.
            tokio::spawn(connection);
            let response = sender
                .send_request(self.request(method, &target)?)
                .await
                .map_err(|why| failed(&why))?;
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), ANSWER_MAX_BYTES).collect().await;
            let body = body.map_err(|why| failed(&why))?.to_bytes();
            Ok(Answered { status, text: String::from_utf8_lossy(&body).into_owned() })
        };
        let asked = tokio::time::timeout(PATIENCE, asked).await;
        asked.unwrap_or_else(|_| Err(unavailable(format!("no answer within {PATIENCE:?}"))))
    }

    fn dial(&self, target: &Target) -> Result<Dial, AskError> {
        let usage = |why: String| AskError::Usage(why);
        let tls = if target.is_tls {
            let trust = self.ca.map_or(Trust::Machine, Trust::File);
            let config = config(trust, &[b"http/1.1"]).map_err(|why| usage(why.to_string()))?;
            let name = ServerName::try_from(target.host.clone());
            Some((config, name.map_err(|why| usage(format!("{}: {why}", target.url)))?))
        } else {
            None
        };
        let unavailable = || AskError::Unavailable(format!("{}: it has no address", target.url));
        let address = *target.addresses.first().ok_or_else(unavailable)?;
        Ok(Dial { address, tls, sources: Sources::default() })
    }

    fn request(&self, method: Method, target: &Target) -> Result<Request<Empty<Bytes>>, AskError> {
        let mut request = Request::builder()
            .method(method)
            .uri(&target.path)
            .header(header::HOST, &target.authority);
        if let Some(token) = self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        request.body(Empty::new()).map_err(|why| AskError::Usage(format!("the token: {why}")))
    }
}
