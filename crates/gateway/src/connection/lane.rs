//! The one lane on which pages come to a connection: one page at a time, replays and `read`s in the
//! order they were asked for, and never without a permit of the bound over all connections.

use std::collections::VecDeque;
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;

use model::{ConversationId, Epoch, Message, ReadFrom};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The lane.
pub(super) struct Lane {
    permits: Arc<Semaphore>,
    jobs: VecDeque<Job>,
    reads: usize,
    pub(super) state: State,
    permit: Permit,
}

/// What a page is wanted for.
#[derive(Debug)]
pub(super) enum Job {
    /// A subscription that is below its ring.
    Replay(u64),
    /// A `read`.
    Read(Read),
}

/// A `read` command.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) reference: Option<u64>,
    pub(super) conversation: ConversationId,
    pub(super) from: ReadFrom,
    pub(super) limit: u32,
}

/// What is on the lane now.
#[derive(Debug, Default)]
pub(super) enum State {
    /// Nothing.
    #[default]
    Idle,
    /// A page is asked for.
    Asked { number: u64, job: Job, permit: OwnedSemaphorePermit },
    /// A page of a replay is being written.
    Holding { sub: u64, epoch: Epoch, messages: VecDeque<Message>, _permit: OwnedSemaphorePermit },
}

type Acquiring = Pin<Box<dyn Future<Output = Option<OwnedSemaphorePermit>> + Send>>;

enum Permit {
    None,
    Acquiring(Acquiring),
    Have(OwnedSemaphorePermit),
}

impl Lane {
    pub(super) fn new(permits: Arc<Semaphore>) -> Self {
        let (jobs, state, permit) = (VecDeque::new(), State::Idle, Permit::None);
        Self { permits, jobs, reads: 0, state, permit }
    }

    /// `read`s that wait, the one that is asked for included.
    pub(super) fn reads(&self) -> usize {
        let asked = matches!(self.state, State::Asked { job: Job::Read(_), .. });
        self.reads + usize::from(asked)
    }

    pub(super) fn push(&mut self, job: Job) {
        self.reads += usize::from(matches!(job, Job::Read(_)));
        self.jobs.push_back(job);
    }

    pub(super) fn pop(&mut self) -> Option<Job> {
        let job = self.jobs.pop_front()?;
        if self.jobs.is_empty() {
            self.jobs = VecDeque::new(); // An idle connection holds no memory.
        }
        self.reads -= usize::from(matches!(job, Job::Read(_)));
        Some(job)
    }

    /// Nothing more for this subscription.
    pub(super) fn forget(&mut self, number: u64) {
        self.jobs.retain(|job| !matches!(job, Job::Replay(sub) if *sub == number));
        if self.holds(number) {
            self.state = State::Idle;
        }
    }

    /// Whether a page is being written.
    pub(super) fn is_holding(&self) -> bool {
        matches!(self.state, State::Holding { .. })
    }

    /// Whether this subscription's page is being written.
    pub(super) fn holds(&self, number: u64) -> bool {
        matches!(self.state, State::Holding { sub, .. } if sub == number)
    }

    /// A permit for the next page, if the lane is free, something waits, and there is one.
    pub(super) fn permit(&mut self) -> Option<OwnedSemaphorePermit> {
        if !matches!(self.state, State::Idle) || self.jobs.is_empty() {
            return None;
        }
        match std::mem::replace(&mut self.permit, Permit::None) {
            Permit::Have(permit) => return Some(permit),
            Permit::Acquiring(acquiring) => self.permit = Permit::Acquiring(acquiring),
            Permit::None => {
                let permits = Arc::clone(&self.permits);
                match Arc::clone(&permits).try_acquire_owned() {
                    Ok(permit) => return Some(permit),
                    // Never closed, so an error is only that there is none now.
                    Err(_) => {
                        let acquiring = async move { permits.acquire_owned().await.ok() };
                        self.permit = Permit::Acquiring(Box::pin(acquiring));
                    }
                }
            }
        }
        None
    }

    /// Waits for the permit that [`Lane::permit`] did not get. Cancel safe.
    pub(super) async fn permit_comes(&mut self) {
        let Permit::Acquiring(acquiring) = &mut self.permit else { return pending().await };
        self.permit = acquiring.await.map_or(Permit::None, Permit::Have);
    }

    /// Gives up a permit, or a place in the queue for one.
    pub(super) fn give_back_permit(&mut self) {
        self.permit = Permit::None;
    }
}
