//! Says again what was acknowledged, on a connection of its own: the same id and body must give the
//! original acknowledgement, the same id and another body a conflict, however long ago it was.

use model::Body;
use wire::{Command, Frame, Post};

use crate::simulation::dice::Dice;
use crate::simulation::fate::Fate;
use crate::simulation::file::Who;

use super::{Client, Voice};

/// Messages that are said again at a time, at most.
const AT_A_TIME: usize = 3;

#[derive(Debug, Default)]
pub(crate) struct Repeater {
    to_say: Vec<String>,
    /// Answers that are still to come.
    due: usize,
    references: u64,
}

impl Repeater {
    /// What it says as soon as it is connected.
    pub(super) fn first_words(&mut self) -> Vec<String> {
        std::mem::take(&mut self.to_say)
    }

    /// Whether this was the last answer that was due.
    pub(super) fn is_through(&mut self, frame: &Frame) -> bool {
        let answer = matches!(
            frame,
            Frame::Sent { reference: Some(_), .. } | Frame::Problem(wire::Problem { .. })
        );
        self.due -= usize::from(answer);
        answer && self.due == 0
    }

    fn pick(&mut self, dice: &mut Dice, who: &Who, said: &[Post]) {
        let Who { user, device, instance } = who.clone();
        let hello = Command::Hello { reference: None, user, device, instance, proof: None };
        self.to_say = vec![hello.encode()];
        self.due = dice.count(1, AT_A_TIME);
        for _ in 0..self.due {
            let mut post = dice.pick(said).clone();
            if dice.percent(25) {
                post.content = Body::new("something else").unwrap().into();
            }
            self.references += 1;
            let again = Command::Send { reference: Some(self.references), post };
            self.to_say.push(again.encode());
        }
    }
}

impl Client {
    /// Says some of this again, unless it is still at it.
    pub(crate) fn repeat(&mut self, fate: &mut Fate, said: &[Post], gateways: usize) {
        let Voice::Raw(repeater) = &mut self.voice else { return };
        if self.conn.is_none() && self.trying.is_none() && !said.is_empty() {
            repeater.pick(&mut fate.dice, &self.who, said);
            let gateway = fate.dice.index(gateways);
            self.connect(fate, gateway);
        }
    }
}
