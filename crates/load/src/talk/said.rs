//! What a session said, to be said again long after it was acknowledged.

use std::collections::BTreeMap;

use model::MessageId;

use crate::dice::Dice;

/// Acknowledged messages that are remembered. When there are more, dice decide which is forgotten, so
/// that some are as old as the session.
const REMEMBERED_MAX: usize = 256;

/// Frames by id: on their way, and acknowledged ones.
#[derive(Debug)]
pub(crate) struct Said {
    on_their_way: BTreeMap<MessageId, String>,
    acknowledged: Vec<String>,
    dice: Dice,
}

impl Said {
    pub(crate) fn new(seed: u64) -> Self {
        let dice = Dice::new(seed);
        Self { on_their_way: BTreeMap::new(), acknowledged: Vec::new(), dice }
    }

    /// A message is sent, or sent again. What is on its way is bounded by the outbox.
    pub(crate) fn say(&mut self, id: MessageId, frame: &str) {
        self.on_their_way.insert(id, frame.to_owned());
    }

    pub(crate) fn acknowledged(&mut self, id: MessageId) {
        let Some(frame) = self.on_their_way.remove(&id) else { return };
        if self.acknowledged.len() < REMEMBERED_MAX {
            self.acknowledged.push(frame);
        } else {
            let index = self.dice.below(REMEMBERED_MAX);
            self.acknowledged[index] = frame;
        }
    }

    /// It will never be acknowledged.
    pub(crate) fn forget(&mut self, id: MessageId) {
        self.on_their_way.remove(&id);
    }

    /// Some of the acknowledged ones, as they were sent; one may come twice.
    pub(crate) fn pick(&mut self, count: usize) -> Vec<String> {
        (0..count).filter_map(|_| self.dice.pick(&self.acknowledged).cloned()).collect()
    }
}

#[test]
fn no_more_than_the_bound_is_remembered_and_some_are_old() {
    let id = |counter| MessageId { instance: model::InstanceId(1), counter };
    let mut said = Said::new(3);
    let bound = u64::try_from(REMEMBERED_MAX).unwrap();
    for counter in 1..=2 * bound {
        said.say(id(counter), &counter.to_string());
        said.acknowledged(id(counter));
    }
    said.acknowledged(id(1));
    assert_eq!((said.acknowledged.len(), said.on_their_way.len()), (REMEMBERED_MAX, 0));
    assert!(said.acknowledged.iter().any(|frame| frame.parse::<u64>().unwrap() <= bound / 2));
    said.say(id(1), "x");
    said.forget(id(1));
    assert!(said.on_their_way.is_empty());
}
