//! `why`: what the enricher remembers of a message, and what the journal has of it, in words for people.

use enrich::{Decided, Failure, Kind, Standing, Step, Suppressed, What};
use link::{EnrichAnswer, EnrichNot, FromOwner, MessageRef, RequestId, Why};
use model::{Reason, Refusal, Wall};

use super::enrich_drive::EnrichDrive;
use super::links::LinkSender;
use super::searcher::{Found, Search, Searched};
use crate::clock::Clock;

/// A message is read so soon after it was written, or it is not found by its id; by its place it is.
const READ_AFTER_MS: u64 = 10_000;

impl EnrichDrive {
    /// Someone asks about a message: the journal is searched first.
    pub(super) fn search(&mut self, request: RequestId, of: MessageRef, to: LinkSender) {
        let MessageRef::Id(id) = &of else { return self.hand_over(request, of, None, to) };
        let arrived = self.room.target_of(*id).and_then(|target| self.room.steps(target).next());
        let since = arrived.map(|arrived| self.wall_of(arrived).0.saturating_sub(READ_AFTER_MS));
        self.hand_over(request, of, since.map(Wall), to);
    }

    fn hand_over(&self, request: RequestId, of: MessageRef, since: Option<Wall>, to: LinkSender) {
        let refused = self.searches.try_send(Search { request, of, since, to }).err();
        if let Some(Search { to, .. }) = refused.map(crossbeam_channel::TrySendError::into_inner) {
            let refusal = Refusal::Busy { bound: "searches".to_owned(), retry_after_ms: 1_000 };
            to.tell(FromOwner::Refused { request, refusal });
        }
    }

    /// The journal was searched: with what is remembered, that is the answer.
    pub(super) fn searched(&self, searched: Searched) {
        let Searched { request, found, to } = searched;
        let answer = found.map_or(EnrichAnswer::Not(EnrichNot::NoSuchMessage), |found| {
            EnrichAnswer::Why(Box::new(self.why(found)))
        });
        to.tell(FromOwner::Enriching { request, answer });
    }

    fn why(&self, found: Found) -> Why {
        let Found { target, message, facts, read_to } = found;
        let steps = self.room.steps(target).map(|step| {
            let (what, call, detail) = told(step.what);
            let what = what.to_owned();
            link::Step { at: self.wall_of(step), what, call, detail }
        });
        Why {
            id: message.id,
            conversation: message.conversation,
            seq: message.seq,
            received_at: message.received_at,
            standing: standing(self.room.standing(target)),
            steps: steps.collect(),
            facts,
            read_to,
        }
    }

    fn wall_of(&self, step: Step) -> Wall {
        let ago = self.clock.mono().since(step.at).as_millis();
        Wall(Clock::wall().0.saturating_sub(u64::try_from(ago).unwrap_or(u64::MAX)))
    }
}

/// A step in a word, which call it is of, and what else there is to say.
fn told(what: What) -> (&'static str, Option<u8>, String) {
    match what {
        What::Arrived(_) => ("arrived", None, "read from the journal".to_owned()),
        What::Waits(ahead) => ("waits", None, format!("for a place, {ahead} are before it")),
        What::Called { number, kind, breaker, in_flight, limit } => {
            let breaker = ["closed", "half open", "open"].get(usize::from(breaker)).unwrap_or(&"?");
            let kind = kind_of(kind);
            let detail =
                format!("{kind}; {in_flight} of {limit} calls are out, the breaker is {breaker}");
            ("called", Some(number), detail)
        }
        What::NotCalled(why) => ("not_called", None, withheld(why).to_owned()),
        What::Suppressed(why) => ("not_called", None, format!("a second call: {}", lacks(why))),
        What::Withheld { number, why } => ("withheld", Some(number), withheld(why).to_owned()),
        What::Answered { number, won: true } => {
            ("answered", Some(number), "before the call that was sent first".to_owned())
        }
        What::Answered { number, won: false } => ("answered", Some(number), String::new()),
        What::Failed { number, how } => ("failed", Some(number), failed(how).to_owned()),
        What::Decided(result) => ("decided", None, decided(result)),
        What::Durable => ("durable", None, String::new()),
        What::Unwritten => {
            ("unwritten", None, "the journal did not take it; again later".to_owned())
        }
        What::Swept(nth) => ("asked_again", None, format!("for the {nth}. time")),
    }
}

fn kind_of(kind: Kind) -> &'static str {
    match kind {
        Kind::First => "the first",
        Kind::Hedge => "beside a slow first",
        Kind::Retry => "after a first that failed",
        Kind::Again => "of a sweep",
    }
}

/// Why a call was not sent.
fn withheld(why: Reason) -> &'static str {
    match why {
        Reason::Breaker => "the breaker is open",
        Reason::Limit => "no place within the limit came free",
        Reason::Overload => "it waited for too long while more came",
        Reason::RateLimit => "the service allows no more requests or tokens now",
        Reason::Budget => "the budget is used up",
        Reason::Deadline => "there is no time",
        Reason::Failed => "all who asked with the same text failed",
        Reason::Refused => "the service refuses the same text",
        Reason::Unreadable => "an answer in words that are not known",
        Reason::Exhausted => "all tries are used up",
    }
}

fn lacks(why: Suppressed) -> &'static str {
    match why {
        Suppressed::Budget => "the budget is used up",
        Suppressed::Time => "there is no time",
        Suppressed::Limit => "the limit is nearly reached",
        Suppressed::Breaker => "the breaker is not closed",
    }
}

fn failed(how: Failure) -> &'static str {
    match how {
        Failure::Error => "an error, or no answer in time",
        Failure::Throttled => "the service takes no more for now",
        Failure::Refused => "the service refuses this message",
        Failure::Unreadable => "an answer in words that are not known",
    }
}

fn decided(result: Decided) -> String {
    match result {
        Decided::Pending => "pending".to_owned(),
        Decided::Full => "full".to_owned(),
        Decided::Degraded(why) => format!("degraded: {}", why.text()),
        Decided::Dead(why) => format!("dead: {}", why.text()),
    }
}

fn standing(standing: Standing) -> String {
    match standing {
        Standing::InHand { result, calls, waits } => {
            let waits = if waits { ", it waits for a place" } else { "" };
            format!("in hand: {}, {calls} calls are out{waits}", decided(result))
        }
        Standing::Later { result, sweeps } => {
            format!("{}, to be asked again; it was {sweeps} times", decided(result))
        }
        Standing::Full => "full".to_owned(),
        Standing::Dead(why) => format!("dead: {}; `hubbub letters` has it", why.text()),
        Standing::Unknown => "not read yet, or nothing to be understood".to_owned(),
    }
}
