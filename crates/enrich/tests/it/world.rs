//! A journal, a service and a clock, all of arithmetic: what the shell would do, without waiting for anything.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use enrich::{Answer, Answered, Command, Enricher, Failed, Settings};
use model::{
    BatchNo, Body, ConversationId, Fact, InstanceId, Message, MessageId, Mono, Offset, Ordinal,
    PartitionId, RecordNo, Seq, Understanding, Understood, UserId, Wall,
};

pub(crate) const MS: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Between an append and its durable notice.
const COMMIT: Duration = Duration::from_millis(3);

/// What becomes of one call: after how long, and what.
pub(crate) type Fate = (Duration, Answer);

/// How the service answers: told the time, how many calls are in flight and its dice.
pub(crate) type Service<'a> = &'a mut dyn FnMut(&mut Dice, Mono, u32) -> Fate;

/// Dice for the service.
pub(crate) struct Dice {
    state: u64,
    /// The record of the message that is asked about.
    pub(crate) record: u64,
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed, record: 0 }
    }

    /// From 0 up to 1.
    pub(crate) fn share(&mut self) -> f64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Lognormal with this mean and sigma (Box and Muller).
    pub(crate) fn lognormal(&mut self, mean: Duration, sigma: f64) -> Duration {
        let (a, b) = (self.share().max(1e-12), self.share());
        let normal = (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos();
        mean.mul_f64((sigma * normal - sigma * sigma / 2.0).exp())
    }
}

pub(crate) fn good() -> Answer {
    Answer::Got(Understanding { language: "eng".to_owned(), ..Understanding::default() })
}

pub(crate) fn error() -> Answer {
    Answer::Failed(Failed::Error)
}

pub(crate) fn offset(record: u64) -> Offset {
    Offset { partition: PartitionId::new(7).unwrap(), record: RecordNo(record) }
}

pub(crate) fn message(record: u64, sender: &str, at: Wall) -> Fact {
    Fact::Message(Message {
        conversation: ConversationId::new("c").unwrap(),
        seq: Seq(record),
        ordinal: Ordinal(record),
        sender: UserId::new(sender).unwrap(),
        id: MessageId { instance: InstanceId(1), counter: record },
        content: Body::new("hello, this is good").unwrap().into(),
        lamport: record,
        seen_seq: Seq(0),
        sent_at: at,
        received_at: at,
    })
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Durable(usize),
    Answered { target: Offset, number: u8, sent: Mono, fate: usize },
    Arrives(u64),
}

/// All of it.
pub(crate) struct World<'a> {
    pub(crate) room: Enricher,
    pub(crate) now: Mono,
    service: Service<'a>,
    dice: Dice,
    events: BinaryHeap<Reverse<(Mono, u64, Event)>>,
    fates: Vec<Answer>,
    order: u64,
    /// The journal: messages by batch, one each.
    messages: Vec<Fact>,
    follows: usize,
    sweeps: Option<usize>,
    in_flight: u32,
    /// The most calls in flight.
    pub(crate) in_flight_max: u32,
    /// Calls made.
    pub(crate) calls: u64,
    /// By message: each standing that became durable, and how long after the message's arrival.
    pub(crate) told: BTreeMap<Offset, Vec<(Duration, Understood)>>,
    /// Messages up to this one are not looked at any more.
    since: u64,
    /// Facts in the order they were appended, all that became durable.
    pub(crate) facts: Vec<Fact>,
    undurable: Vec<Fact>,
}

impl<'a> World<'a> {
    pub(crate) fn new(settings: Settings, service: Service<'a>) -> Self {
        Self {
            room: Enricher::new(settings),
            // Not at 0: nothing may depend on it.
            now: Mono(1_000_000_000_000),
            service,
            dice: Dice::new(88_172_645_463_325_252),
            events: BinaryHeap::new(),
            fates: Vec::new(),
            order: 0,
            messages: Vec::new(),
            follows: 0,
            sweeps: None,
            in_flight: 0,
            in_flight_max: 0,
            calls: 0,
            told: BTreeMap::new(),
            since: 0,
            facts: Vec::new(),
            undurable: Vec::new(),
        }
    }

    pub(crate) fn wall(&self) -> Wall {
        Wall(self.now.0 / 1_000_000)
    }

    /// So many messages a second, for so long, of one sender; time goes on with them.
    pub(crate) fn arrive(&mut self, rate: u64, span: Duration) {
        self.arrive_from("ann", rate, span);
    }

    pub(crate) fn arrive_from(&mut self, sender: &str, rate: u64, span: Duration) {
        self.arrive_beside(&[(sender, rate)], span);
    }

    /// Senders, each at a rate of its own.
    pub(crate) fn arrive_beside(&mut self, senders: &[(&str, u64)], span: Duration) {
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let began = self.now;
        let mut coming: Vec<(Mono, &str)> = Vec::new();
        for &(sender, rate) in senders {
            let count = rate * millis / 1_000;
            let at = |index| began + Duration::from_nanos(index * 1_000_000_000 / rate);
            coming.extend((0..count).map(|index| (at(index), sender)));
        }
        coming.sort();
        for (at, sender) in coming {
            let record = self.messages.len() as u64 + 1;
            self.messages.push(message(record, sender, Wall(at.0 / 1_000_000)));
            self.push(at, Event::Arrives(record));
        }
        self.run_until(began + span);
    }

    fn push(&mut self, at: Mono, event: Event) {
        self.order += 1;
        self.events.push(Reverse((at, self.order, event)));
    }

    /// Time goes on.
    pub(crate) fn run(&mut self, span: Duration) {
        self.run_until(self.now + span);
    }

    fn run_until(&mut self, end: Mono) {
        loop {
            self.shell();
            let event = self.events.peek().map(|Reverse((at, ..))| *at);
            let timer = self.room.poll_timeout();
            // A shell that sweeps looks often.
            let look = Some(self.now + 5 * MS);
            let next = [event, timer, look].into_iter().flatten().min().unwrap_or(end);
            if next > end {
                self.now = end;
                return;
            }
            self.now = self.now.max(next);
            while let Some(Reverse((at, ..))) = self.events.peek()
                && *at <= self.now
            {
                let Some(Reverse((_, _, event))) = self.events.pop() else { break };
                self.handle(event);
            }
            if self.room.poll_timeout().is_some_and(|at| at <= self.now) {
                self.room.handle_timeout(self.now);
            }
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Durable(count) => {
                for fact in self.undurable.drain(..count) {
                    let Fact::Enriched(enrichment) = &fact else { unreachable!() };
                    let said = enrichment.said.as_ref().expect("it says whose it was");
                    let after = Duration::from_millis(self.now.0 / 1_000_000 - said.at.0);
                    let told = self.told.entry(enrichment.target).or_default();
                    told.push((after, enrichment.after.clone()));
                    self.facts.push(fact);
                }
                self.room.handle_durable(count, self.now);
            }
            Event::Answered { target, number, sent, fate } => {
                self.in_flight -= 1;
                let answer = self.fates[fate].clone();
                let answered = Answered { target, number, sent, came: self.now, answer };
                self.room.handle_answer(answered, self.now);
            }
            Event::Arrives(_) => {}
        }
    }

    /// What the shell does without time passing.
    fn shell(&mut self) {
        while self.room.room() > 0
            && self.follows < self.messages.len()
            && self.arrived(self.follows)
        {
            let (record, wall) = (self.follows as u64 + 1, self.wall());
            let fact = self.messages[self.follows].clone();
            self.room.handle_fact(BatchNo(record), offset(record), &fact, self.now, wall);
            self.follows += 1;
        }
        self.sweep();
        let mut appended = 0;
        while let Some(command) = self.room.next_command() {
            match command {
                Command::Append { fact, .. } => {
                    self.undurable.push(fact);
                    appended += 1;
                }
                Command::Call { target, number, sent, .. } => {
                    self.calls += 1;
                    self.in_flight += 1;
                    self.in_flight_max = self.in_flight_max.max(self.in_flight);
                    self.dice.record = target.record.0;
                    let (took, answer) = (self.service)(&mut self.dice, self.now, self.in_flight);
                    self.fates.push(answer);
                    let fate = self.fates.len() - 1;
                    let at = self.now + took;
                    self.push(at, Event::Answered { target, number, sent, fate });
                }
            }
        }
        if appended > 0 {
            self.push(self.now + COMMIT, Event::Durable(appended));
        }
    }

    fn arrived(&self, index: usize) -> bool {
        let Fact::Message(message) = &self.messages[index] else { unreachable!() };
        message.received_at <= self.wall()
    }

    fn sweep(&mut self) {
        if let Some(after) = self.room.begin_sweep(self.now) {
            self.sweeps = Some(usize::try_from(after.0).unwrap());
        }
        let Some(mut at) = self.sweeps else { return };
        while self.room.sweep_room(self.now) > 0 {
            if at >= self.follows {
                self.sweeps = None;
                self.room.handle_sweep_end(self.now);
                return;
            }
            let record = at as u64 + 1;
            let fact = self.messages[at].clone();
            self.room.handle_swept(BatchNo(record), offset(record), &fact, self.now);
            at += 1;
        }
        self.sweeps = Some(at);
    }

    /// Messages that arrived.
    pub(crate) fn messages(&self) -> usize {
        self.messages.len()
    }

    /// What is asked from now on is of messages that arrive from now on.
    pub(crate) fn look_from_now(&mut self) {
        self.since = self.messages.len() as u64;
    }

    fn looked_at(&self) -> impl Iterator<Item = &Vec<(Duration, Understood)>> {
        self.told.iter().filter(|(at, _)| at.record.0 > self.since).map(|(_, told)| told)
    }

    /// How long after arrival each message had its first durable result; the one at this per mille of them, in ms.
    pub(crate) fn first_result_ms(&self, per_mille: usize) -> f64 {
        let mut times: Vec<f64> =
            self.looked_at().map(|told| told[0].0.as_secs_f64() * 1e3).collect();
        times.sort_by(f64::total_cmp);
        times[(times.len() - 1) * per_mille / 1_000]
    }

    /// Messages whose first result was the service's.
    pub(crate) fn full_at_once(&self) -> usize {
        let first = |told: &&Vec<(Duration, Understood)>| matches!(told[0].1, Understood::Full(_));
        self.looked_at().filter(first).count()
    }

    /// The same of one sender.
    pub(crate) fn full_at_once_of(&self, sender: &str) -> usize {
        let first = self.facts.iter().filter(|fact| {
            let Fact::Enriched(enrichment) = fact else { unreachable!() };
            let said = enrichment.said.as_ref().expect("it says whose it was");
            said.sender.as_str() == sender
                && enrichment.target.record.0 > self.since
                && enrichment.before == Understood::Pending
                && matches!(enrichment.after, Understood::Full(_))
        });
        first.count()
    }

    /// Asserts that every message has exactly one result that counts, and that the journal's facts follow from each
    /// other.
    pub(crate) fn assert_conserved(&mut self) {
        let counts = self.room.counts();
        assert_eq!(counts.error(), 0, "{counts:?}");
        assert_eq!(counts.received, self.follows as u64);
        let mut standing: BTreeMap<Offset, Understood> = BTreeMap::new();
        for fact in &self.facts {
            let Fact::Enriched(enrichment) = fact else { unreachable!() };
            let before = standing.insert(enrichment.target, enrichment.after.clone());
            let before = before.unwrap_or_default();
            assert_eq!(enrichment.before, before, "{:?}", enrichment.target);
        }
        let of = |wanted: fn(&Understood) -> bool| {
            standing.values().filter(|at| wanted(at)).count() as u64
        };
        assert_eq!(counts.full, of(|at| matches!(at, Understood::Full(_))));
        assert_eq!(counts.degraded, of(|at| matches!(at, Understood::Degraded { .. })));
        assert_eq!(counts.dead, of(|at| matches!(at, Understood::Dead(_))));
    }

    /// What the checker says of the journal, when all has been waited for.
    #[cfg(feature = "mutants")]
    pub(crate) fn judged(&self) -> check::Report {
        let settled = check::Options { settled: true, ..check::Options::default() };
        let mut checker = check::Checker::new(settled);
        let mut audit = check::Audit::new(BatchNo(0));
        let messages = (1..).map(offset).zip(&self.messages[..self.follows]);
        let results = (1_000_000..).map(offset).zip(&self.facts);
        for (at, fact) in messages.chain(results) {
            audit.fact(BatchNo(1), at, fact);
        }
        checker.audit(audit);
        checker.finish()
    }

    /// Restarts the room from what is durable.
    pub(crate) fn restart(&mut self, settings: Settings) {
        self.room = Enricher::new(settings);
        self.undurable.clear();
        self.events.retain(|Reverse((_, _, event))| matches!(event, Event::Arrives(_)));
        self.in_flight = 0;
        self.sweeps = None;
        for (index, fact) in self.messages[..self.follows].iter().enumerate() {
            let record = index as u64 + 1;
            self.room.handle_past(BatchNo(record), offset(record), fact);
        }
        for fact in &self.facts {
            self.room.handle_past(BatchNo(self.follows as u64), offset(0), fact);
        }
        let after = self.room.handle_end_of_past();
        self.follows = usize::try_from(after.0).unwrap();
    }
}
