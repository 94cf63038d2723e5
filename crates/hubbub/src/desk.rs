//! What commands of operators share: which server they ask, as whom, and what they make of its answers.

use std::path::PathBuf;

use clap::Args;
use load::{Answered, AskError, Asker};
use serde_json::Value;

use crate::failure::Failure;

/// As whom a server is asked.
#[derive(Debug, Clone, Args)]
pub(crate) struct As {
    /// A file with the token to show, where the server wants one
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Trust the certificates of this file (PEM) instead of those the machine trusts
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// A server, and as whom it is asked.
#[derive(Debug, Clone, Args)]
pub(crate) struct Server {
    /// The server: http://HOST:PORT or https://…
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    #[command(flatten)]
    by: As,
}

impl As {
    /// One question; whatever is answered.
    pub(crate) async fn get(&self, url: &str) -> Result<Answered, Failure> {
        let token = self.token()?;
        self.asker(token.as_deref()).get(url).await.map_err(failed)
    }

    async fn post(&self, url: &str) -> Result<Answered, Failure> {
        let token = self.token()?;
        self.asker(token.as_deref()).post(url).await.map_err(failed)
    }

    fn asker<'a>(&'a self, token: Option<&'a str>) -> Asker<'a> {
        Asker { token, ca: self.ca.as_deref() }
    }

    fn token(&self) -> Result<Option<String>, Failure> {
        let Some(path) = &self.token_file else { return Ok(None) };
        let token = std::fs::read_to_string(path).map_err(|why| Failure::file(path, why))?;
        Ok(Some(token.trim().to_owned()))
    }
}

impl Server {
    /// What it says there.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, Failure> {
        understood(&self.by.get(&self.at(path)).await?)
    }

    /// Has something done.
    pub(crate) async fn post(&self, path: &str) -> Result<Value, Failure> {
        understood(&self.by.post(&self.at(path)).await?)
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url.trim_end_matches('/'))
    }
}

fn failed(why: AskError) -> Failure {
    match why {
        AskError::Usage(why) => Failure::usage(why),
        AskError::Unavailable(why) => Failure::unavailable(why),
    }
}

/// The JSON of an answer; a problem is none.
fn understood(answered: &Answered) -> Result<Value, Failure> {
    let Answered { status, text } = answered;
    let json: Option<Value> = serde_json::from_str(text).ok();
    if *status == 200 {
        return json.ok_or_else(|| Failure::refused(format!("this is no answer: {text}")));
    }
    let detail = json.as_ref().and_then(|problem| problem["detail"].as_str()).unwrap_or(text);
    let text = format!("the server answers {status}: {detail}");
    Err(match status {
        400 => Failure::usage(text),
        503 => Failure::unavailable(text),
        _ => Failure::refused(text),
    })
}
