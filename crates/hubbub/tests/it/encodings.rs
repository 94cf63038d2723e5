//! One conversation in two encodings.

use std::collections::BTreeMap;

use model::{ConversationId, Message, ReadFrom};
use wire::{Command, Encoding, Frame, SubscribeFrom};

use crate::house::{House, SMALL, address};
use crate::line::Line;

const EACH: usize = 40;

/// Says so many, and hears what everyone says until all is there; and that all was acknowledged.
async fn talk(line: &mut Line, tea: &ConversationId) -> BTreeMap<u64, Message> {
    for counter in 1..=EACH as u64 {
        line.post(counter, tea, &format!("{counter} häppchen 🍰")).await;
    }
    let (mut heard, mut sent) = (BTreeMap::new(), 0);
    while heard.len() < 2 * EACH || sent < EACH {
        match line.hear().await {
            Frame::Message { message, .. } => {
                assert_eq!(message.seq.0, heard.len() as u64 + 1, "dense");
                heard.insert(message.seq.0, message);
            }
            Frame::Sent { duplicate: false, .. } => sent += 1,
            other => panic!("{other:?}"),
        }
    }
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_either_encoding_see_the_same_conversation() {
    let folder = tempfile::tempdir().unwrap();
    let at = address();
    let _house = House::serve(folder.path(), at, SMALL).await;
    let tea: ConversationId = "tea".parse().unwrap();
    let mut ann = Line::open_in(Encoding::Json, at, "ann", 1).await;
    let mut bob = Line::open_in(Encoding::MessagePack, at, "bob", 2).await;
    for line in [&mut ann, &mut bob] {
        line.subscribe(&tea, SubscribeFrom::Start).await;
        assert!(matches!(line.hear().await, Frame::Subscribed { .. }));
    }
    let (anns, bobs) = tokio::join!(talk(&mut ann, &tea), talk(&mut bob, &tea));
    assert_eq!(anns, bobs);
    // The same from history.
    let mut pages = Vec::new();
    for line in [&mut ann, &mut bob] {
        let (conversation, from) = (tea.clone(), ReadFrom::Latest);
        line.say(&Command::Read { reference: Some(9), conversation, from, limit: 200 }).await;
        pages.push(line.hear().await);
    }
    assert_eq!(pages[0], pages[1]);
    let Frame::Page { messages, .. } = &pages[0] else { panic!("{:?}", pages[0]) };
    assert_eq!(*messages, anns.into_values().collect::<Vec<_>>());
}
