//! Where messages are said: many conversations.

use model::ConversationId;

use crate::measure::refusal::Refusal;

/// Conversations of a load.
#[derive(Debug, Clone)]
pub(crate) struct Conversations {
    name: String,
    count: u32,
}

impl Conversations {
    /// So many, named NAME-0, NAME-1, ….
    pub(crate) fn new(name: &str, count: u32) -> Result<Self, Refusal> {
        let last = named(name, count);
        last.map_err(|why| Refusal::usage(format!("--name {name}: {why}")))?;
        Ok(Self { name: name.to_owned(), count })
    }

    /// Any of them; which follows from `random`.
    pub(crate) fn pick(&self, random: u64) -> ConversationId {
        let number = random % u64::from(self.count.max(1));
        let number = u32::try_from(number).expect("it is below a count of 32 bits");
        named(&self.name, number).expect("the longest name was tried")
    }
}

fn named(name: &str, number: u32) -> Result<ConversationId, model::NameError> {
    ConversationId::new(&format!("{name}-{number}"))
}
