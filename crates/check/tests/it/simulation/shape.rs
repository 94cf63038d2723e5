//! What one seed's world is like: how many of what, how tight the bounds, how slow everything, how much
//! goes wrong.

use std::time::Duration;

use hub::Limits;
use journal::SEGMENT_MIN_BYTES;
use model::{ConversationId, PartitionId, TenantId};

use super::dice::Dice;

/// The largest body a session says; a hub's budget holds some of them.
pub(crate) const BODY_BYTES: usize = 600;

/// Drawn once, before anything happens.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) players: usize,
    pub(crate) gateways: usize,
    pub(crate) hubs: usize,
    pub(crate) conversations: Vec<ConversationId>,
    /// Things that each player does.
    pub(crate) acts: u64,
    pub(crate) act_every: Duration,
    /// Things that go wrong.
    pub(crate) faults: u64,
    /// How late at most: frames and what goes over a link, a drive's turn, a commit, the views, an
    /// answer of the views.
    pub(crate) wire: Duration,
    pub(crate) turn: Duration,
    pub(crate) commit: Duration,
    pub(crate) follow: Duration,
    pub(crate) answer: Duration,
    pub(crate) limits: Limits,
    pub(crate) segment_bytes: u64,
    pub(crate) batch_max_bytes: usize,
    /// Messages that a gateway keeps of a conversation, and of a page.
    pub(crate) ring: usize,
    pub(crate) page: u32,
    /// How often much is said that nobody listens to: it fills segments.
    pub(crate) ballast: u64,
    #[cfg(feature = "mutants")]
    pub(crate) mutant: Option<model::Mutant>,
}

impl Shape {
    pub(crate) fn roll(dice: &mut Dice) -> Self {
        let ballast = *dice.pick(&[0, 0, 6]);
        let millis = |dice: &mut Dice, choices: &[u64]| Duration::from_millis(*dice.pick(choices));
        Self {
            players: *dice.pick(&[2, 2, 3, 4]),
            gateways: dice.count(1, 2),
            hubs: *dice.pick(&[1, 4]),
            conversations: conversations(dice),
            acts: dice.between(5, 14),
            act_every: millis(dice, &[10, 60, 200]),
            faults: dice.below(8),
            wire: millis(dice, &[1, 5, 30]),
            turn: millis(dice, &[0, 1, 10]),
            commit: millis(dice, &[1, 10, 150]),
            follow: millis(dice, &[1, 20, 300]),
            answer: millis(dice, &[1, 10, 100]),
            limits: limits(dice, ballast > 0),
            segment_bytes: SEGMENT_MIN_BYTES,
            batch_max_bytes: if ballast > 0 { 60_000 } else { *dice.pick(&[2_000, 60_000]) },
            ring: dice.count(0, 4),
            page: u32::try_from(dice.between(1, 4)).unwrap(),
            ballast,
            #[cfg(feature = "mutants")]
            mutant: None,
        }
    }
}

/// A few. With four hubs most of them belong to one, so that it has to evict.
fn conversations(dice: &mut Dice) -> Vec<ConversationId> {
    let all = || (0_u32..).map(|n| format!("room-{n}").parse::<ConversationId>().unwrap());
    let hub = |name: &ConversationId| PartitionId::of(TenantId::DEFAULT, name).get() % 4;
    let crowded = all().filter(|name| hub(name) == 0).take(dice.count(1, 5));
    let elsewhere = all().filter(|name| hub(name) != 0).take(dice.count(1, 2));
    crowded.chain(elsewhere).collect()
}

/// Small enough that each bound is met, large enough that everything gets through in the end.
fn limits(dice: &mut Dice, ballast: bool) -> Limits {
    let large = |tight: &[usize], large: usize, dice: &mut Dice| {
        if ballast { large } else { *dice.pick(tight) }
    };
    Limits {
        memory_bytes: large(&[6_000, 10_000, 100_000], 150_000, dice),
        undurable_max: large(&[2, 8, 1_000], 1_000, dice),
        tail_max_bytes: large(&[3_000, 8_000, 100_000], 100_000, dice),
        loads_waiting_max: large(&[2, 6, 1_000], 1_000, dice),
        reads_in_flight_max: *dice.pick(&[1, 2, 100]),
        cursor_flush: Duration::from_millis(*dice.pick(&[20, 300, 5_000])),
        #[cfg(feature = "mutants")]
        mutant: None,
    }
}
