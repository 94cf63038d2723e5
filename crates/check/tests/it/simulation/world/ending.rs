//! The end: nothing goes wrong any more, everything drains, every conversation is read whole through
//! every gateway, and the checker judges.

use std::time::Duration;

use check::Options;
use model::InstanceId;

use super::{Outcome, World};
use crate::simulation::client::{Client, Mind, Sweeper, Voice};
use crate::simulation::file::{Ending, Who};

/// How often it is looked whether all is quiet.
const LOOK: Duration = Duration::from_millis(100);

/// After so many looks it is as quiet as it gets.
const LOOKS_MAX: u32 = 400;

impl World {
    pub(super) fn end(&mut self) {
        self.calm = true;
        self.armed = None;
        self.fate.wall_ahead_ms = 0;
        self.room_again();
        if let Some(why) = self.wait(Self::unrest) {
            self.fate.broken.push(format!("it never became quiet: {why}"));
        }
        for client in self.clients.iter_mut().filter(|client| !client.is_over) {
            if let Voice::Session { session, .. } = &mut client.voice {
                session.stop();
            }
            client.pump(&mut self.fate, &mut self.net);
            let ending = match client.voice {
                Voice::Session { .. } => Ending::Waited,
                Voice::Raw(_) => Ending::Quiet,
            };
            client.end(&mut self.fate, &mut self.net, ending);
        }
        for gateway in 0..self.shape.gateways {
            self.add_sweeper(gateway);
        }
        if let Some(why) = self.wait(Self::unread) {
            self.fate.broken.push(format!("the last reads never ended: {why}"));
        }
        self.count();
    }

    pub(super) fn verdict(mut self, seed: u64) -> Outcome {
        for client in &self.clients {
            self.fate.trace.text(&client.file.text);
        }
        let files = self.clients.iter().map(|client| &client.file);
        let histories = files.map(|file| (file.name.as_str(), file.text.as_str()));
        let report = check::check(histories, Options::default());
        let counts = &report.counts;
        self.fate.met.add("frames checked", counts.lines);
        self.fate.met.add("messages said", counts.said);
        self.fate.met.add("messages delivered", counts.delivered);
        let trace = self.fate.trace.fingerprint();
        Outcome { seed, report, broken: self.fate.broken, met: self.fate.met, trace }
    }

    /// Lets time pass until there is no reason left to; else the reason.
    fn wait(&mut self, reason: impl Fn(&Self) -> Option<String>) -> Option<String> {
        let mut why = None;
        for _ in 0..LOOKS_MAX {
            self.run_until(self.fate.now + LOOK);
            why = reason(self);
            if why.is_none() {
                break;
            }
        }
        why
    }

    /// Not every word is answered, not everyone has heard everything, or something is under way.
    fn unrest(&self) -> Option<String> {
        let Some(owner) = &self.owner else { return Some("no owner".to_owned()) };
        let of_client = |client: &Client| match &client.voice {
            _ if client.is_over => None,
            Voice::Session { session, mind: Mind::Player(player) } => {
                let lacks = player.lacks(|name| self.views.head(name));
                let closed = (!session.is_open()).then(|| "no connection".to_owned());
                let why = closed.or(lacks)?;
                Some(format!("{}: {why}", client.file.name))
            }
            Voice::Session { mind: Mind::Sweeper(_), .. } => None,
            Voice::Raw(_) => (!client.is_idle()).then(|| format!("{} speaks", client.file.name)),
        };
        let of_owner = owner.unrest(&self.views, &self.shape);
        of_owner.or_else(|| self.clients.iter().find_map(of_client))
    }

    fn unread(&self) -> Option<String> {
        self.clients.iter().find_map(|client| match &client.voice {
            Voice::Session { mind: Mind::Sweeper(sweeper), .. } if !sweeper.is_through() => {
                Some(client.file.name.clone())
            }
            Voice::Session { .. } | Voice::Raw(_) => None,
        })
    }

    fn add_sweeper(&mut self, gateway: usize) {
        let index = self.clients.len();
        let who = Who {
            user: "sweep".parse().unwrap(),
            device: "d0".parse().unwrap(),
            instance: InstanceId(u64::MAX - 1 - gateway as u64),
        };
        let sweeper = Sweeper::new(&self.shape.conversations);
        let mut client = Client::sweeper(&mut self.fate, index, who, gateway, sweeper);
        if let Voice::Session { session, mind: Mind::Sweeper(sweeper) } = &mut client.voice {
            sweeper.read(session);
        }
        client.pump(&mut self.fate, &mut self.net);
        self.clients.push(client);
    }

    fn count(&mut self) {
        if let Some(owner) = &self.owner {
            owner.count(&mut self.fate);
        }
        for gateway in &self.gateways {
            self.fate.met.add("handovers under traffic", gateway.handovers);
            self.fate.met.add("catch-ups", gateway.catch_ups);
        }
    }
}
