//! What operators ask the enricher: its dead letters, and to have them asked for again.
//!
//! They wait in a queue of their own, which is bounded, and never in the way of an answer of the service.

use enrich::{NoReplay, Preview, Replay};
use link::{EnrichAnswer, EnrichAsk, EnrichNot, FromOwner, Letter, RequestId};
use model::bounds::PAGE_MAX_MESSAGES;
use model::{Body, Content, ConversationId, Kind, LetterId, Reason, Seq};

use super::enrich_drive::EnrichDrive;
use super::links::LinkSender;

/// Questions that may wait.
pub(crate) const QUESTIONS_MAX: usize = 16;

/// What someone asks, and who.
#[derive(Debug)]
pub(crate) struct EnrichQuestion {
    pub(crate) request: RequestId,
    pub(crate) ask: EnrichAsk,
    pub(crate) to: LinkSender,
}

impl EnrichDrive {
    /// Answers one question, if there is one: the next waits for the next turn.
    pub(super) fn answer_questions(&mut self) {
        let Ok(EnrichQuestion { request, ask, to }) = self.questions.try_recv() else { return };
        let answer = match ask {
            EnrichAsk::Why { of } => return self.search(request, of, to),
            EnrichAsk::Letters { reason, after, limit } => self.letters(reason, after, limit),
            EnrichAsk::Letter { id } => self.letter(id),
            EnrichAsk::Preview { reason, per_second } => {
                let Preview { reasons, span, tries_max, lasts } =
                    self.room.preview(reason, per_second);
                let lasts_s = lasts.as_secs();
                EnrichAnswer::Preview(link::Preview {
                    reasons,
                    span,
                    tries_max,
                    per_second,
                    lasts_s,
                })
            }
            EnrichAsk::Replay { reason, per_second } => {
                match self.room.begin_replay(reason, per_second, self.clock.mono()) {
                    Ok(()) => {
                        tracing::info!(?reason, per_second, "dead letters are replayed");
                        self.replay()
                    }
                    Err(NoReplay::Running) => EnrichAnswer::Not(EnrichNot::Running),
                    Err(NoReplay::NothingAgain) => EnrichAnswer::Not(EnrichNot::NothingAgain),
                    Err(NoReplay::Rate) => EnrichAnswer::Not(EnrichNot::Rate),
                }
            }
            EnrichAsk::CancelReplay => {
                self.room.cancel_replay();
                self.replay()
            }
        };
        to.tell(FromOwner::Enriching { request, answer });
    }

    fn letters(&self, reason: Option<Reason>, after: Option<LetterId>, limit: u32) -> EnrichAnswer {
        let limit = limit.min(PAGE_MAX_MESSAGES) as usize;
        let letters = self.room.letters(reason, after).take(limit);
        EnrichAnswer::Letters {
            letters: letters.map(|(id, letter)| told(id, letter)).collect(),
            reasons: self.room.preview(None, 1).reasons,
            replay: self.room.replay().map(going),
        }
    }

    fn letter(&self, id: LetterId) -> EnrichAnswer {
        let Some(letter) = self.room.letter(id) else {
            return EnrichAnswer::Not(EnrichNot::NoSuchLetter);
        };
        let text = self.text(&letter.conversation, letter.seq);
        EnrichAnswer::Letter { letter: told(id, letter), text }
    }

    fn replay(&self) -> EnrichAnswer {
        let replay = self.room.replay().map(going);
        replay.map_or(EnrichAnswer::Not(EnrichNot::NoReplay), EnrichAnswer::Replay)
    }

    /// What was said in an open conversation; what is governed is its members' business.
    fn text(&self, conversation: &ConversationId, seq: Seq) -> Option<Body> {
        if conversation.kind() != Kind::Open {
            return None;
        }
        let found = self.history.read(conversation, seq, 1, seq);
        let found = found.inspect_err(|why| tracing::warn!(%why, "a letter cannot be read"));
        let Content::Text { body, .. } = found.ok()?.pop()?.content else { return None };
        Some(body)
    }
}

fn told(id: LetterId, letter: &enrich::Letter) -> Letter {
    Letter {
        id,
        conversation: letter.conversation.clone(),
        seq: letter.seq,
        sender: letter.said.as_ref().map(|said| said.sender.clone()),
        reason: letter.why,
    }
}

/// How a replay goes, in the words of the link.
pub(crate) fn going(replay: Replay) -> link::Replay {
    let Replay { reason, per_s, of, done, left, runs, .. } = replay;
    link::Replay { reason, per_second: per_s, of, done, left, runs }
}
