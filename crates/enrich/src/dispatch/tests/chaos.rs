//! Whatever happens, in whatever order: each call ends once.

use std::collections::BTreeSet;

use super::*;

struct Chaos {
    seed: u64,
    dispatch: Dispatch,
    dice: Dice,
    now: Mono,
    /// Calls without an end, by target, number, and the order they came in.
    wanted: BTreeSet<(u64, u8, u64)>,
    /// Requests that are out, and how many texts they have.
    out: Vec<(usize, usize)>,
}

impl Chaos {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut of = |choices: &[usize]| {
            let at = dice.next() % choices.len() as u64;
            choices[usize::try_from(at).unwrap()]
        };
        let settings = DispatchSettings {
            cache_bytes: of(&[0, 1_000, 4_000]),
            batch_max: of(&[1, 4]),
            batch_wait: 3 * MS,
            requests_per_minute: of(&[0, 60_000]) as u64,
            seed,
            ..settings(of(&[1, 2, 3]))
        };
        let now = Mono(1_000_000_000_000);
        let dispatch = Dispatch::new(&settings, now);
        Self { seed, dispatch, dice, now, wanted: BTreeSet::new(), out: Vec::new() }
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.dice.next() % bound as u64).unwrap()
    }

    fn call(&mut self, order: u64) {
        let target = self.below(200) as u64;
        let number = if self.below(8) == 0 { 2 } else { 1 };
        let call = Call { sent: Mono(order), ..call(target, number, self.now) };
        self.wanted.insert((target, number, order));
        self.dispatch.handle_call(call, text(&format!("text {}", target % 7)), self.now);
    }

    fn reply(&mut self) {
        let at = self.below(self.out.len());
        let (ticket, count) = self.out.swap_remove(at);
        let said = match self.below(5) {
            0 => Err(Failed::Error),
            1 => Err(Failed::Throttled { retry_after: None }),
            2 => Ok(Vec::new()),
            _ => Ok((0..count).map(|_| self.said()).collect()),
        };
        self.dispatch.handle_reply(ticket, reply(said), self.now);
    }

    fn said(&mut self) -> Result<Understanding, Failed> {
        match self.below(6) {
            0 => Err(Failed::Error),
            1 => Err(Failed::Refused),
            _ => Ok(good()),
        }
    }

    fn drain(&mut self) {
        if self.dispatch.poll_timeout().is_some_and(|due| due <= self.now) {
            self.dispatch.handle_timeout(self.now);
        }
        while let Some(order) = self.dispatch.next_order() {
            match order {
                Order::Send { ticket, texts, .. } => self.out.push((ticket, texts.len())),
                Order::Answer { call, .. } => {
                    let end = (call.target.record.0, call.number, call.sent.0);
                    assert!(self.wanted.remove(&end), "seed {}: {call:?} ended twice", self.seed);
                }
            }
        }
    }
}

#[test]
fn whatever_happens_each_call_ends_once() {
    for seed in 1..400 {
        let mut chaos = Chaos::new(seed);
        for order in 0..500 {
            chaos.now = chaos.now + MS * u32::try_from(chaos.below(3)).unwrap();
            if chaos.out.is_empty() || chaos.below(2) == 0 {
                chaos.call(order);
            } else {
                chaos.reply();
            }
            chaos.drain();
        }
        while !chaos.wanted.is_empty() {
            chaos.now = chaos.now + 10 * MS;
            chaos.drain();
            let is_hopeless = chaos.out.is_empty() && !chaos.wanted.is_empty();
            assert!(!is_hopeless, "seed {seed}: {:?} have no end", chaos.wanted);
            if !chaos.out.is_empty() {
                chaos.reply();
            }
        }
        while !chaos.out.is_empty() {
            chaos.reply();
        }
        assert!(chaos.dispatch.endpoints().all(|endpoint| endpoint.in_flight == 0), "seed {seed}");
    }
}
