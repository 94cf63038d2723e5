//! One world from its seed to its verdict: things happen and go wrong for a while; then nothing goes
//! wrong any more, everything drains, and every conversation is read whole through every gateway.

mod ending;
mod events;
mod faults;

use std::sync::Arc;
use std::time::Duration;

use check::Report;
use journal::shadow::{Faults, ShadowDisk};
use model::{InstanceId, Mono};

use super::client::{Client, Mind, Voice};
use super::dice::Dice;
use super::fate::{Event, Fate};
use super::file::Who;
use super::gateway::Gateway;
use super::met::Met;
use super::network::Network;
use super::owner::{Armed, Owner, Views};
use super::shape::Shape;

/// Of a hundred conversations a player follows so many from the first.
const FOLLOWS: u64 = 50;

pub(crate) struct World {
    fate: Fate,
    net: Network,
    shape: Shape,
    clients: Vec<Client>,
    gateways: Vec<Gateway>,
    owner: Option<Owner>,
    owner_lives: u64,
    disk: Arc<ShadowDisk>,
    views: Views,
    /// An earlier state of the views.
    older: Option<Views>,
    /// What stands: a full disk.
    faults: Faults,
    armed: Option<Armed>,
    /// Nothing goes wrong any more.
    calm: bool,
    /// What the ballast has said.
    ballast: u64,
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) seed: u64,
    /// What the checker says, from the histories alone.
    pub(crate) report: Report,
    /// What the histories do not show.
    pub(crate) broken: Vec<String>,
    pub(crate) met: Met,
    pub(crate) trace: u64,
}

impl Outcome {
    pub(crate) fn is_green(&self) -> bool {
        self.report.is_green() && self.broken.is_empty()
    }

    /// The seed, and the shortest of what is wrong.
    pub(crate) fn explain(&self) -> String {
        let anomalies = self.report.anomalies.iter().map(ToString::to_string);
        let mut lines: Vec<String> = anomalies.chain(self.broken.iter().cloned()).collect();
        lines.sort_by_key(String::len);
        lines.truncate(8);
        format!("seed {}:\n  {}", self.seed, lines.join("\n  "))
    }
}

/// Runs a seed; `change` may change its world before it begins.
pub(crate) fn run(seed: u64, change: impl FnOnce(&mut Shape)) -> Outcome {
    let mut fate = Fate::new(seed);
    let mut shape = Shape::roll(&mut fate.dice);
    change(&mut shape);
    let disk = Arc::new(ShadowDisk::memory(fate.dice.word()));
    let mut world = World {
        net: Network::new(shape.wire),
        shape,
        fate,
        clients: Vec::new(),
        gateways: Vec::new(),
        owner: None,
        owner_lives: 0,
        disk,
        views: Views::default(),
        older: None,
        faults: Faults::default(),
        armed: None,
        calm: false,
        ballast: 0,
    };
    let active = world.begin();
    world.run_until(active);
    world.end();
    world.verdict(seed)
}

impl World {
    /// Puts everything in its place; says when it is time to calm down.
    fn begin(&mut self) -> Mono {
        let Shape { acts, act_every, faults, players, gateways, ballast, .. } = self.shape;
        self.fate.at(Mono(2), Event::OwnerStart);
        for gateway in 0..gateways {
            self.gateways.push(Gateway::new(1, self.shape.ring, self.shape.page));
            self.fate.at(Mono(3), Event::Dial { gateway, life: 1 });
        }
        for number in 0..players {
            self.add_player(number, 0, acts);
        }
        let span = act_every * u32::try_from(acts).unwrap() / 2 + Duration::from_millis(300);
        for _ in 0..faults {
            self.fate.within(span, Event::Fault);
        }
        for _ in 0..ballast {
            self.fate.within(span, Event::Ballast);
        }
        self.fate.now + span
    }

    /// Someone on their device, as a new instance.
    fn add_player(&mut self, number: usize, life: u64, acts: u64) {
        let index = self.clients.len();
        let instance = InstanceId(((number as u64 + 1) << 32) + life);
        let who = Who {
            user: format!("u{number}").parse().unwrap(),
            device: "d0".parse().unwrap(),
            instance,
        };
        let name = format!("c{number}.{life}");
        let sizes = (self.shape.gateways, acts);
        let mut client = Client::player(&mut self.fate, index, name, who, sizes);
        if let Voice::Session { session, mind: Mind::Player(player) } = &mut client.voice {
            for name in &self.shape.conversations {
                if self.fate.dice.percent(FOLLOWS) {
                    player.follow(&mut self.fate, session, name.clone());
                }
            }
        }
        client.pump(&mut self.fate, &mut self.net);
        self.clients.push(client);
        self.fate.within(self.shape.act_every, Event::Act { client: index });
    }

    fn run_until(&mut self, end: Mono) {
        while let Some(event) = self.fate.next(end) {
            self.happens(event);
        }
        self.fate.now = end.max(self.fate.now);
    }

    fn dice(&mut self) -> &mut Dice {
        &mut self.fate.dice
    }
}
