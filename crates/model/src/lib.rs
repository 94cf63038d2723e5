//! What we call things, and how big they may be.
//!
//! Every other crate speaks these words. The types are valid or do not exist: a constructor that
//! can refuse says what was wrong, with which value, and what to do. Nothing here knows a clock, a
//! disk, a socket, the shape of a JSON frame or the bytes of a record.

mod answer;
mod body;
pub mod bounds;
mod content;
mod enrichment;
mod fact;
mod hash;
mod lamport;
mod letter;
mod map;
mod message;
#[cfg(feature = "mutants")]
mod mutant;
mod name;
mod position;
mod role;
mod sheet;
mod time;
mod trace;

pub use answer::{Change, Counted, Listed, ReadFrom, Refusal, Retry, Standing};
pub use body::{Body, BodyError};
pub use content::{Content, Line, LineError, Member, Profile, Reaction};
pub use enrichment::{
    Enrichment, ONE_MICROS, Reason, Said, Understanding, UnderstandingError, Understood,
};
pub use fact::{CursorMove, EpochStart, Fact, Left, Remnant};
pub use hash::{BodyHash, BodyKey};
pub use lamport::Lamport;
pub use letter::{LetterId, LetterIdError};
pub use map::{SeededMap, SeededState};
pub use message::{Draft, InstanceId, Message, MessageId, MessageIdError};
#[cfg(feature = "mutants")]
pub use mutant::{Mutant, UnknownMutant};
pub use name::{ConversationId, DeviceId, NameError, TenantId, UserId};
pub use position::{BatchNo, Epoch, Offset, Ordinal, PartitionId, Position, RecordNo, Seq, Term};
pub use role::{Kind, Role};
pub use sheet::{Sheet, Value};
pub use time::{Mono, Wall};
pub use trace::{TraceContext, TraceParent};
