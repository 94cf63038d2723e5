//! The NLP service that the owner asks: killed, away for a while, and in trouble of many kinds.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::http;
use super::schedule::Trouble;
use super::server::{Ground, Server, free_address};

/// How long it may take to start, and to be told its faults.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// How long one question to it may take.
const TOLD_WITHIN: Duration = Duration::from_secs(2);
/// How long answers take when nothing is wrong.
const LATENCY_MS: u64 = 60;

/// It, through its lives.
#[derive(Debug)]
pub(crate) struct Service {
    server: Server,
    seed: u64,
    /// When it comes back, if it is away.
    back_at: Option<Instant>,
    trouble: Trouble,
}

impl Service {
    pub(crate) fn start(ground: &Ground, seed: u64) -> Result<Self> {
        let address = free_address()?;
        let server = ground.launch("nlp", address, &arguments(address, seed))?;
        Ok(Self { server, seed, back_at: None, trouble: Trouble::None })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// SIGKILL; it comes back after a while.
    pub(crate) fn kill(&mut self, away: Duration) -> Result<()> {
        self.server.process.kill()?;
        self.back_at = Some(Instant::now() + away);
        Ok(())
    }

    /// What is wrong with it from now on, in this and in its next lives.
    pub(crate) fn suffer(&mut self, trouble: Trouble) {
        self.trouble = trouble;
        self.tell();
    }

    /// Brings it back if it is time. `true`: it ended by itself.
    pub(crate) fn mend(&mut self, ground: &Ground) -> Result<bool> {
        let by_itself = self.back_at.is_none() && self.server.process.ended()?.is_some();
        if by_itself || self.back_at.is_some_and(|at| at <= Instant::now()) {
            self.come_back(ground)?;
        }
        Ok(by_itself)
    }

    /// Nothing is wrong with it any more.
    pub(crate) fn heal(&mut self, ground: &Ground) -> Result<()> {
        if self.back_at.is_some() {
            self.come_back(ground)?;
        }
        self.trouble = Trouble::None;
        let until = Instant::now() + READY_WITHIN;
        while !self.tell() {
            if Instant::now() > until {
                bail!("the NLP service does not come back: see nlp.log");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn come_back(&mut self, ground: &Ground) -> Result<()> {
        let seed = self.seed.wrapping_add(u64::from(self.server.life));
        self.server.revive(ground, &arguments(self.server.address, seed))?;
        self.back_at = None;
        Ok(())
    }

    /// `true`: it is as it was told to be.
    fn tell(&self) -> bool {
        let faults = faults(self.trouble, self.seed);
        let told = http::put(self.server.address, "/v1/faults", &faults, TOLD_WITHIN);
        told.is_ok_and(|(status, _)| status == 200)
    }
}

fn arguments(listen: SocketAddr, seed: u64) -> Vec<String> {
    let line = format!("nlp --listen {listen} --seed {seed} --latency-mean-ms {LATENCY_MS}");
    line.split(' ').map(str::to_owned).collect()
}

/// As `PUT /v1/faults` takes them.
fn faults(trouble: Trouble, seed: u64) -> String {
    let what = match trouble {
        Trouble::None => "",
        Trouble::Errors => r#","fail_fast_share":0.2,"fail_slow_share":0.2"#,
        Trouble::Hang => r#","hang_share":0.3"#,
        Trouble::TooMany => r#","too_many":{"share":0.5,"retry_after_ms":1000}"#,
        Trouble::Outage => r#","outages":[{"from_ms":0,"for_ms":2000,"every_ms":4000}]"#,
        Trouble::Stall => r#","stall":{"for_ms":1500}"#,
        Trouble::Broken => r#","wrong_json_share":0.2,"reset_share":0.2,"goaway_every":50"#,
        Trouble::Slow => "",
    };
    let (mean_ms, sigma) = if trouble == Trouble::Slow { (400, 0.8) } else { (LATENCY_MS, 0.25) };
    format!(
        r#"{{"seed":{seed},"latency":{{"distribution":"lognormal","mean_ms":{mean_ms},"sigma":{sigma}}}{what}}}"#
    )
}

#[test]
fn every_trouble_is_json() {
    for trouble in Trouble::ALL {
        let faults: serde_json::Value = serde_json::from_str(&faults(trouble, 7)).unwrap();
        assert_eq!(faults["seed"], 7);
        assert_eq!(faults["latency"]["mean_ms"], if trouble == Trouble::Slow { 400 } else { 60 });
    }
}
