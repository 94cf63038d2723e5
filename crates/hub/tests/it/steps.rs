//! What may happen, one thing at a time.

use hub::Limits;
use proptest::prelude::*;

use crate::words::EPOCH;

/// Several times as many as fit into memory.
pub(crate) const CONVERSATIONS: usize = 8;
pub(crate) const AUTHORS: [(&str, u64); 3] = [("ada", 1), ("ada", 2), ("ben", 3)];
pub(crate) const GATEWAYS: usize = 2;

#[derive(Debug, Clone)]
pub(crate) enum Speech {
    Say {
        author: usize,
        to: usize,
        bytes: usize,
    },
    /// A counter is used and the draft kept back, as on a link that died.
    KeepBack {
        author: usize,
        to: usize,
    },
    SayKeptBack(usize),
    Resend(usize),
    /// The same id with another body.
    Conflict(usize),
    Jump {
        author: usize,
        to: usize,
        beyond: u64,
    },
    SeeAhead {
        author: usize,
        to: usize,
        beyond: u64,
    },
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Speak(Speech),
    Attach {
        gateway: usize,
        to: usize,
    },
    Detach {
        gateway: usize,
        to: usize,
    },
    GatewayGone(usize),
    Read {
        of: usize,
        from: u64,
        limit: u32,
    },
    ReadLatest {
        of: usize,
        limit: u32,
    },
    FinishRead(usize),
    GetCursor {
        of: usize,
        device: usize,
    },
    MoveCursor {
        of: usize,
        device: usize,
        back: u64,
        beyond: u64,
        epoch: u32,
    },
    Commit(usize),
    Tell,
    Index,
    TellIndexed,
    Refuse,
    AnswerLoad(usize),
    AnswerLoads,
    AnswerLookup(usize),
    Elapse(u64),
    /// All is written, told and answered: then what is cold can be evicted.
    Rest,
    Restart,
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let g = 0..GATEWAYS;
    // Some are spoken in often, so that tails grow; the others come and go.
    let c = prop_oneof![2 => 0..2_usize, 1 => 0..CONVERSATIONS];
    let any = 0..64_usize;
    let step = prop_oneof![
        26 => speech(c.clone()).prop_map(Step::Speak),
        3 => (g.clone(), c.clone()).prop_map(|(gateway, to)| Step::Attach { gateway, to }),
        1 => (g.clone(), c.clone()).prop_map(|(gateway, to)| Step::Detach { gateway, to }),
        1 => g.prop_map(Step::GatewayGone),
        4 => (c.clone(), 0..8_u64, 0..5_u32)
            .prop_map(|(of, from, limit)| Step::Read { of, from, limit }),
        1 => (c.clone(), 1..5_u32).prop_map(|(of, limit)| Step::ReadLatest { of, limit }),
        1 => any.clone().prop_map(Step::FinishRead),
        2 => (c.clone(), 0..2_usize).prop_map(|(of, device)| Step::GetCursor { of, device }),
        4 => (c, 0..2_usize, 0..3_u64, near(), prop_oneof![9 => Just(EPOCH.0), 1 => 1..3_u32])
            .prop_map(|(of, device, back, beyond, epoch)| {
                Step::MoveCursor { of, device, back, beyond, epoch }
            }),
        7 => (1..5_usize).prop_map(Step::Commit),
        9 => Just(Step::Tell),
        3 => Just(Step::Index),
        2 => Just(Step::TellIndexed),
        1 => Just(Step::Refuse),
        9 => any.clone().prop_map(Step::AnswerLoad),
        5 => Just(Step::AnswerLoads),
        5 => any.prop_map(Step::AnswerLookup),
        2 => (0..6_000_u64).prop_map(Step::Elapse),
        1 => Just(Step::Rest),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..240)
}

fn speech(to: impl Strategy<Value = usize> + Clone) -> impl Strategy<Value = Speech> {
    let (by, any) = (0..AUTHORS.len(), 0..64_usize);
    prop_oneof![
        12 => (by.clone(), to.clone(), 1..60_usize)
            .prop_map(|(author, to, bytes)| Speech::Say { author, to, bytes }),
        2 => (by.clone(), to.clone()).prop_map(|(author, to)| Speech::KeepBack { author, to }),
        2 => any.clone().prop_map(Speech::SayKeptBack),
        5 => any.clone().prop_map(Speech::Resend),
        3 => any.prop_map(Speech::Conflict),
        1 => (by.clone(), to.clone(), near())
            .prop_map(|(author, to, beyond)| Speech::Jump { author, to, beyond }),
        1 => (by, to, near())
            .prop_map(|(author, to, beyond)| Speech::SeeAhead { author, to, beyond }),
    ]
}

/// At an edge, or just beyond it.
fn near() -> impl Strategy<Value = u64> {
    prop_oneof![3 => Just(0_u64), 1 => 1..3_u64]
}

/// Small enough for every bound to be met.
pub(crate) fn tight() -> Limits {
    Limits {
        memory_bytes: 11_000,
        undurable_max: 5,
        tail_max_bytes: 3_000,
        loads_waiting_max: 8,
        reads_in_flight_max: 1,
        ..Limits::default()
    }
}
