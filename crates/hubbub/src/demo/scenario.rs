//! What goes wrong in the demo, and when: each minute a calm third, the trouble, and time to recover.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use load::Tempo;
use nlp::{Faults, Latency, Outage};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Calm, trouble, and calm again, in seconds.
const CALM_S: u64 = 20;
const TROUBLE_S: u64 = 15;
const AFTER_S: u64 = 25;

/// How much more is said in a flood.
const FLOOD: u32 = 10;

/// How long the service may take to be told.
const TOLD_WITHIN: Duration = Duration::from_secs(2);

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Scenario {
    /// Nothing
    Calm,
    /// The NLP service answers 503 for a quarter of each minute
    Outage,
    /// It takes four times as long
    Slow,
    /// Ten times as much is said
    Flood,
    /// It refuses half of the calls: 429, with Retry-After
    #[value(name = "429")]
    TooMany,
}

/// How it is for a while.
#[derive(Debug, Clone, PartialEq)]
struct Phase {
    seconds: u64,
    /// Messages a second.
    rate: u32,
    faults: Faults,
    said: String,
}

impl Scenario {
    /// A minute of it; nothing, if it never changes.
    fn phases(self, rate: u32) -> Vec<Phase> {
        let calm = |seconds, said: &str| Phase {
            seconds,
            rate,
            faults: Faults::default(),
            said: said.to_owned(),
        };
        let trouble = |said: &str| calm(TROUBLE_S, said);
        let trouble = match self {
            Self::Calm => return Vec::new(),
            Self::Outage => {
                let outage = Outage { from_ms: 0, for_ms: TROUBLE_S * 1_000, every_ms: 0 };
                let faults = Faults { outages: vec![outage], ..Faults::default() };
                Phase { faults, ..trouble("the service is down: messages have a guess") }
            }
            Self::Slow => {
                let latency = Latency::LogNormal { mean_ms: 800.0, sigma: 0.5 };
                let faults = Faults { latency, ..Faults::default() };
                Phase { faults, ..trouble("the service takes four times as long") }
            }
            Self::Flood => {
                let rate = rate.saturating_mul(FLOOD);
                Phase { rate, ..trouble("ten times as much is said") }
            }
            Self::TooMany => {
                let mut faults = Faults::default();
                faults.too_many.per_s = (rate / 2).max(1);
                Phase {
                    faults,
                    ..trouble("the service takes half of the calls: 429 for the others")
                }
            }
        };
        vec![calm(CALM_S, "all is well"), trouble, calm(AFTER_S, "all is well again")]
    }

    /// Plays it, minute after minute.
    pub(super) async fn play(self, service: SocketAddr, tempo: &Tempo, rate: u32) -> Infallible {
        let phases = self.phases(rate);
        if phases.is_empty() {
            return std::future::pending().await;
        }
        loop {
            for Phase { seconds, rate, faults, said } in &phases {
                crate::complain(&format!("scenario: {said}, for {seconds} s"));
                tempo.set(*rate);
                // A service that was killed has no faults: the next phase tells it again.
                if let Err(why) = tell(service, faults).await {
                    crate::complain(&format!("scenario: {why:#}"));
                }
                sleep(Duration::from_secs(*seconds)).await;
            }
        }
    }
}

/// `PUT /v1/faults`.
async fn tell(service: SocketAddr, faults: &Faults) -> Result<()> {
    let body = serde_json::to_string(faults).context("faults are JSON")?;
    let length = body.len();
    let request = format!(
        "PUT /v1/faults HTTP/1.1\r\nHost: {service}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let asked = async {
        let mut socket = TcpStream::connect(service).await?;
        socket.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await?;
        std::io::Result::Ok(answer)
    };
    let answer = timeout(TOLD_WITHIN, asked).await.context("the NLP service does not answer")?;
    let answer = answer.context("the NLP service cannot be told")?;
    match answer.split(' ').nth(1) {
        Some("200") => Ok(()),
        _ => bail!("the NLP service refuses the faults: {answer}"),
    }
}

#[cfg(test)]
mod tests;
