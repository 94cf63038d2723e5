//! What may happen, one thing at a time.

use hub::Limits;
use proptest::prelude::*;

use crate::words::EPOCH;

/// Several times as many as fit into memory.
pub(crate) const CONVERSATIONS: usize = 8;
pub(crate) const AUTHORS: [(&str, u64); 4] = [("ada", 1), ("ada", 2), ("ben", 3), ("cy", 4)];
/// The instance that makes what is governed: its first id a group, its second a channel.
pub(crate) const FOUNDER: (&str, u64) = ("ada", 9);
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
    /// A group, a channel, or the direct conversation of ada and ben.
    Create {
        which: usize,
        public: bool,
    },
    Change {
        author: usize,
        to: usize,
        what: Change,
    },
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

/// What is no text.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Reply(u64),
    Edit(u64),
    Delete(u64),
    React(u64, bool),
    Member { user: usize, role: usize },
    Describe { public: bool },
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
    ReadAs {
        reader: usize,
        of: usize,
    },
    Admit {
        listener: usize,
        of: usize,
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
    let c = prop_oneof![2 => 0..2_usize, 2 => 5..CONVERSATIONS, 1 => 0..CONVERSATIONS];
    let any = 0..64_usize;
    let step = prop_oneof![
        26 => speech(c.clone()).prop_map(Step::Speak),
        3 => (g.clone(), c.clone()).prop_map(|(gateway, to)| Step::Attach { gateway, to }),
        1 => (g.clone(), c.clone()).prop_map(|(gateway, to)| Step::Detach { gateway, to }),
        1 => g.prop_map(Step::GatewayGone),
        4 => (c.clone(), 0..8_u64, 0..5_u32)
            .prop_map(|(of, from, limit)| Step::Read { of, from, limit }),
        1 => (c.clone(), 1..5_u32).prop_map(|(of, limit)| Step::ReadLatest { of, limit }),
        2 => (0..AUTHORS.len(), c.clone()).prop_map(|(reader, of)| Step::ReadAs { reader, of }),
        2 => (0..AUTHORS.len(), c.clone())
            .prop_map(|(listener, of)| Step::Admit { listener, of }),
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
    let (by, nth) = (0..AUTHORS.len(), 0..64_usize);
    prop_oneof![
        12 => (by.clone(), to.clone(), 1..60_usize)
            .prop_map(|(author, to, bytes)| Speech::Say { author, to, bytes }),
        2 => (by.clone(), to.clone()).prop_map(|(author, to)| Speech::KeepBack { author, to }),
        2 => (0..3_usize, any::<bool>())
            .prop_map(|(which, public)| Speech::Create { which, public }),
        7 => (by.clone(), to.clone(), change())
            .prop_map(|(author, to, what)| Speech::Change { author, to, what }),
        2 => nth.clone().prop_map(Speech::SayKeptBack),
        5 => nth.clone().prop_map(Speech::Resend),
        3 => nth.prop_map(Speech::Conflict),
        1 => (by.clone(), to.clone(), near())
            .prop_map(|(author, to, beyond)| Speech::Jump { author, to, beyond }),
        1 => (by, to, near())
            .prop_map(|(author, to, beyond)| Speech::SeeAhead { author, to, beyond }),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let target = || 1..5_u64;
    prop_oneof![
        1 => target().prop_map(Change::Reply),
        2 => target().prop_map(Change::Edit),
        2 => target().prop_map(Change::Delete),
        2 => (target(), any::<bool>()).prop_map(|(target, on)| Change::React(target, on)),
        6 => (0..4_usize, 0..5_usize).prop_map(|(user, role)| Change::Member { user, role }),
        1 => any::<bool>().prop_map(|public| Change::Describe { public }),
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
