//! What of a conversation has been kept long enough.

use history::{History, HistoryError};
use model::{ConversationId, Message, Seq, Wall};

use crate::config::Keep;

/// Messages that one word lets expire, at most: what history folds at once.
pub(crate) const EXPIRED_AT_ONCE: u64 = 1_000;

/// The lowest place that is to be left, if something below it is still there. Stamps and ordinals rise
/// with places, so it is looked for by halves.
pub(crate) fn first_kept(
    history: &History,
    conversation: &ConversationId,
    keep: Keep,
    now: Wall,
) -> Result<Option<Seq>, HistoryError> {
    let Some(head) = history.head(conversation)? else { return Ok(None) };
    let oldest = keep.age.map(|age| {
        let millis = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        Wall(now.0.saturating_sub(millis))
    });
    // Texts up to this one are too many; what stands before the first text goes with it.
    let texts = head.next_ordinal.0 - 1;
    let fullest = keep.texts.filter(|most| texts > *most).map(|most| texts - most);
    let goes = |message: &Message| {
        let too_old = oldest.is_some_and(|oldest| message.received_at < oldest);
        too_old || fullest.is_some_and(|fullest| message.ordinal.0 <= fullest)
    };
    let (mut low, mut high) = (head.first.0, head.next_seq.0.min(head.first.0 + EXPIRED_AT_ONCE));
    while low < high {
        let middle = Seq(low + (high - low) / 2);
        match history.read(conversation, middle, 1, middle)?.first() {
            Some(message) if goes(message) => low = middle.0 + 1,
            // What is not there has just gone, and the next sweep sees it.
            Some(_) | None => high = middle.0,
        }
    }
    let left = Seq(low);
    let gone = history.read(conversation, head.first, u32::MAX, Seq(low - 1))?;
    // The house's own words about what went before are no reason to say one more.
    let worth = gone.iter().any(|message| !message.content.is_of_the_house());
    Ok((left > head.first && worth).then_some(left))
}
