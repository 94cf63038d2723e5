//! Two sessions and a naive server, with a network between them that cuts connections, loses what was
//! under way, and goes on serving what its author has given up, in any interleaving.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{ConversationId, InstanceId, Message, MessageId, Mono, Wall};
use proptest::prelude::*;
use session::{Do, Event, Lost, Options, Session};
use wire::{Frame, SubscribeFrom};

use crate::rig::body;
use crate::server::{Mischief, Server};

const CONVERSATIONS: [&str; 2] = ["tea", "coffee"];

#[derive(Debug, Clone)]
enum Step {
    Say {
        who: usize,
        to: usize,
    },
    /// The server takes so many of a client's commands.
    Up {
        who: usize,
        many: usize,
    },
    /// A client takes so many of the server's frames.
    Down {
        who: usize,
        many: usize,
    },
    /// The connection breaks; so many of the commands under way still arrive, some time.
    Cut {
        who: usize,
        arrive: usize,
    },
    /// The server takes a command of a connection that its client has lost.
    Ghost {
        nth: usize,
    },
    Mischief(Mischief),
    Wait {
        ms: u64,
    },
}

fn step(mischief: bool) -> impl Strategy<Value = Step> {
    let weight = u32::from(mischief);
    let kinds = [Mischief::Busy, Mischief::UnknownDone, Mischief::UnknownNotDone];
    prop_oneof![
        6 => (0..2_usize, 0..2_usize).prop_map(|(who, to)| Step::Say { who, to }),
        6 => (0..2_usize, 1..5_usize).prop_map(|(who, many)| Step::Up { who, many }),
        6 => (0..2_usize, 1..5_usize).prop_map(|(who, many)| Step::Down { who, many }),
        2 => (0..2_usize, 0..5_usize).prop_map(|(who, arrive)| Step::Cut { who, arrive }),
        3 => (0..8_usize).prop_map(|nth| Step::Ghost { nth }),
        2 * weight => prop::sample::select(kinds.to_vec()).prop_map(Step::Mischief),
        3 => (1..3_000_u64).prop_map(|ms| Step::Wait { ms }),
    ]
}

struct Client {
    session: Session,
    connection: Option<usize>,
    heard: BTreeMap<ConversationId, Vec<u64>>,
    /// What was said, and the highest stamp and sequence number received before.
    said: BTreeMap<MessageId, (u64, u64)>,
    acknowledged: Vec<MessageId>,
    stamp: u64,
    seen: BTreeMap<ConversationId, u64>,
}

struct World {
    server: Server,
    clients: Vec<Client>,
    now: Mono,
}

impl World {
    fn new(seed: u64) -> Self {
        let client = |name: &str, instance| {
            let (user, device) = (name.parse().unwrap(), "d".parse().unwrap());
            let options = Options {
                in_flight_max: 4,
                acknowledge_on_hearing: true,
                ..Options::new(user, device, InstanceId(instance), seed + instance)
            };
            let mut session = Session::new(options, Mono(0));
            for name in CONVERSATIONS {
                session.subscribe(name.parse().unwrap(), SubscribeFrom::Start).unwrap();
            }
            Client {
                session,
                connection: None,
                heard: BTreeMap::new(),
                said: BTreeMap::new(),
                acknowledged: Vec::new(),
                stamp: 0,
                seen: BTreeMap::new(),
            }
        };
        let clients = vec![client("ann", 1), client("bob", 2)];
        Self { server: Server::default(), clients, now: Mono(0) }
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Say { who, to } => self.say(who, CONVERSATIONS[to]),
            Step::Up { who, many } => {
                if let Some(at) = self.clients[who].connection {
                    (0..many).for_each(|_| {
                        self.server.step(at);
                    });
                }
            }
            Step::Down { who, many } => (0..many).for_each(|_| {
                self.down(who);
            }),
            Step::Cut { who, arrive } => self.cut(who, arrive),
            Step::Ghost { nth } => {
                self.ghost(nth);
            }
            Step::Mischief(mischief) => self.server.mischief.push_back(mischief),
            Step::Wait { ms } => self.wait(self.now + Duration::from_millis(ms)),
        }
        (0..self.clients.len()).for_each(|who| self.act(who));
    }

    fn say(&mut self, who: usize, to: &str) {
        let client = &mut self.clients[who];
        let conversation = to.parse::<ConversationId>().unwrap();
        let before = (client.stamp, client.seen.get(&conversation).copied().unwrap_or(0));
        let text = body(&format!("{} of {who}", client.said.len()));
        let id = client.session.say(conversation, text, self.now, Wall(self.now.0)).unwrap();
        assert!(client.said.insert(id, before).is_none(), "an id is given once");
    }

    fn down(&mut self, who: usize) -> bool {
        let client = &mut self.clients[who];
        let frame = client.connection.and_then(|at| self.server.connections[at].down.pop_front());
        let Some(frame) = frame else { return false };
        if let Frame::Message { message, .. } = &frame {
            client.stamp = client.stamp.max(message.lamport);
            let seen = client.seen.entry(message.conversation.clone()).or_default();
            *seen = (*seen).max(message.seq.0);
        }
        client.session.handle_frame(frame, self.now);
        true
    }

    fn cut(&mut self, who: usize, arrive: usize) {
        if let Some(at) = self.clients[who].connection.take() {
            let connection = &mut self.server.connections[at];
            connection.cut = true;
            connection.up.truncate(arrive);
            self.clients[who].session.handle_disconnected(Lost::Broken, self.now);
        }
    }

    fn ghost(&mut self, nth: usize) -> bool {
        let mut ghosts = (0..self.server.connections.len())
            .filter(|&at| {
                self.server.connections[at].cut && !self.server.connections[at].up.is_empty()
            })
            .collect::<Vec<_>>();
        if ghosts.is_empty() {
            return false;
        }
        let nth = nth % ghosts.len();
        self.server.step(ghosts.swap_remove(nth))
    }

    fn wait(&mut self, until: Mono) {
        self.now = self.now.max(until);
        self.clients.iter_mut().for_each(|client| client.session.handle_timeout(self.now));
    }

    /// Runs what a session asks for, and notes what it tells.
    fn act(&mut self, who: usize) {
        let client = &mut self.clients[who];
        while let Some(doing) = client.session.next_command() {
            match doing {
                Do::Connect { .. } => {
                    client.connection = Some(self.server.connect());
                    client.session.handle_connected(self.now);
                }
                Do::Send(command) => {
                    let at = client.connection.expect("it says nothing into the void");
                    self.server.connections[at].up.push_back(command);
                }
                Do::Close => {
                    let at = client.connection.take().expect("it closes what is open");
                    self.server.connections[at].cut = true;
                    client.session.handle_disconnected(Lost::Broken, self.now);
                }
            }
        }
        while let Some(event) = client.session.next_event() {
            match event {
                Event::Heard { message: Message { conversation, seq, .. }, .. } => {
                    client.heard.entry(conversation).or_default().push(seq.0);
                }
                Event::Said { id, .. } => client.acknowledged.push(id),
                Event::Welcomed { .. } | Event::Disconnected { .. } => {}
                Event::Subscribed { recovered, .. } => assert!(recovered),
                Event::Stopped
                | Event::Failed { .. }
                | Event::Unsubscribed { .. }
                | Event::Gap { .. }
                | Event::Page { .. }
                | Event::Problem(_) => panic!("{event:?}"),
            }
        }
    }

    /// No more faults: everything gets through within so many rounds.
    fn settle(&mut self) {
        for _ in 0..500 {
            let mut moved = false;
            while self.ghost(0) {
                moved = true;
            }
            for who in 0..self.clients.len() {
                self.act(who);
                if let Some(at) = self.clients[who].connection {
                    while self.server.step(at) {
                        moved = true;
                    }
                }
                while self.down(who) {
                    moved = true;
                }
                self.act(who);
            }
            if self.clients.iter().all(|client| client.session.outbox_len() == 0)
                && self.clients.iter().all(|client| client.session.is_open())
                && !moved
            {
                return;
            }
            if !moved {
                let next = self.clients.iter().filter_map(|client| client.session.poll_timeout());
                self.wait(next.min().expect("who waits knows until when"));
            }
        }
        panic!("it never comes to rest");
    }

    fn check(&self) {
        let mut said = Vec::new();
        for log in self.server.logs.values() {
            for message in log {
                let author = self.clients.iter().find_map(|client| client.said.get(&message.id));
                let &(stamp, seen) = author.expect("nobody said this");
                assert!(message.lamport > stamp, "{message:?}: stamp {stamp} was received before");
                assert_eq!(message.seen_seq.0, seen, "{message:?}");
                said.push(message.id);
            }
            self.check_order(log);
        }
        said.sort();
        let mut expected =
            self.clients.iter().flat_map(|c| c.said.keys().copied()).collect::<Vec<_>>();
        expected.sort();
        assert_eq!(said, expected, "each once");
        for client in &self.clients {
            let mut acknowledged = client.acknowledged.clone();
            acknowledged.sort();
            assert!(acknowledged.iter().eq(client.said.keys()), "acknowledged once each");
            for (conversation, log) in &self.server.logs {
                let heard = client.heard.get(conversation).map_or(&[][..], Vec::as_slice);
                assert!(
                    heard.iter().copied().eq(1..=log.len() as u64),
                    "{conversation}: {heard:?}"
                );
            }
        }
    }

    /// Of one instance in one conversation, sequence numbers and stamps follow the counters unless a
    /// refusal came between.
    fn check_order(&self, log: &[Message]) {
        for (at, later) in log.iter().enumerate() {
            for earlier in &log[..at] {
                let same = earlier.id.instance == later.id.instance;
                let turned = same && earlier.id.counter > later.id.counter;
                assert!(
                    !turned || self.server.refused.contains(&later.id),
                    "{} before {}, which was never refused",
                    earlier.id,
                    later.id
                );
                let stamps =
                    (earlier.id.counter < later.id.counter) == (earlier.lamport < later.lamport);
                assert!(!same || stamps, "stamps follow counters");
            }
        }
    }
}

fn run(seed: u64, steps: &[Step]) -> World {
    let mut world = World::new(seed);
    (0..2).for_each(|who| world.act(who));
    steps.iter().for_each(|step| world.take(step));
    world.settle();
    world.check();
    world
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_network_does_everything_said_arrives_once_in_order(
        seed in 0..1_000_u64, steps in prop::collection::vec(step(false), 0..150),
    ) {
        let world = run(seed, &steps);
        prop_assert!(world.server.refused.is_empty());
    }

    #[test]
    fn whatever_the_server_refuses_as_well_everything_said_arrives_once(
        seed in 0..1_000_u64, steps in prop::collection::vec(step(true), 0..150),
    ) {
        run(seed, &steps);
    }
}

#[test]
fn the_hard_paths_are_met() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut duplicates, mut refusals, mut connections) = (0, 0, 0);
    for seed in 0..50 {
        let steps = prop::collection::vec(step(true), 150);
        let steps = steps.new_tree(&mut runner).unwrap().current();
        let world = run(seed, &steps);
        connections += world.server.connections.len();
        refusals += world.server.refused.len();
        duplicates += world.server.duplicates;
    }
    assert!(
        connections > 200 && refusals > 50 && duplicates > 50,
        "{connections} {refusals} {duplicates}"
    );
}
