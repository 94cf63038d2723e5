//! Clients that torment a server, and write down every frame.
//!
//! [`talk`] is many sessions at once: they speak, listen, lag, cut their own sockets, vanish, come
//! back elsewhere, and send again what was acknowledged long ago. [`sweep`] reads everything when all
//! is quiet. Both write history files (`docs/formats.md`), which the checker judges; nothing here
//! judges.
//!
//! [`import`] torments nobody: it says what was said elsewhere; [`Asker`] asks what operators want to know. [`measure`](mod@measure) and [`fanout`] measure.
//!
//! # Invariants
//!
//! - Each life of a session has its own instance and its own file; files of one instance are named in
//!   the order they lived.
//! - What is done follows from the seed; instances do not: they are drawn anew in each run, for they
//!   must never come twice to one server.

mod args;
mod ask;
mod cpu;
mod crowd;
mod dice;
mod fanout;
mod history;
mod import;
pub mod measure;
mod quantiles;
mod raw;
mod replay;
pub mod report;
mod rooms;
mod stamp;
mod storm;
mod swarm;
mod sweep;
mod talk;
mod websocket;

pub use args::{SweepArgs, TalkArgs};
pub use ask::{Answered, AskError, Asker};
pub use crowd::{CrowdArgs, crowd};
pub use fanout::{FanoutArgs, fanout};
pub use import::{ImportArgs, Imported, import};
pub use replay::{ReplayArgs, Replayed, Tempo, replay, replay_at};
pub use report::{CompareArgs, KneeArgs, ReportArgs};
pub use storm::{StormArgs, storm};
pub use sweep::sweep;
pub use talk::talk;
