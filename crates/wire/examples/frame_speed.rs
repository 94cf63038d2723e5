//! How long a frame takes: `cargo run --release -p wire --example frame_speed`.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "it measures")]

use std::time::Instant;

use model::{
    Body, ConversationId, Draft, Epoch, InstanceId, Message, MessageId, Ordinal, Seq, UserId, Wall,
};

const ROUNDS: u32 = 200_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let draft = Draft {
        conversation: ConversationId::new("general")?,
        sender: UserId::new("ann")?,
        id: MessageId { instance: InstanceId(0xc0ffee), counter: 1 },
        content: Body::new(&"x".repeat(100))?.into(),
        lamport: 7,
        seen_seq: Seq(6),
        sent_at: Wall(1_795_000_000_000),
    };
    let message = Message {
        conversation: draft.conversation.clone(),
        seq: Seq(7),
        ordinal: Ordinal(7),
        sender: draft.sender.clone(),
        id: draft.id,
        content: draft.content.clone(),
        lamport: draft.lamport,
        seen_seq: draft.seen_seq,
        sent_at: draft.sent_at,
        received_at: draft.sent_at,
    };
    let text = wire::encode_message(Epoch(1), &message);
    let send = wire::Command::Send { reference: Some(1), post: wire::Post::from(&draft) }.encode();
    measure("encode_message", || wire::encode_message(Epoch(1), &message).len());
    measure("decode_frame", || wire::decode_frame(&text).map_or(0, |_| 1));
    measure("decode_command", || wire::decode_command(&send).map_or(0, |_| 1));
    Ok(())
}

fn measure(name: &str, work: impl Fn() -> usize) {
    let start = Instant::now();
    let bytes: usize = (0..ROUNDS).map(|_| work()).sum();
    println!("{name}: {:?} ({bytes} in all)", start.elapsed() / ROUNDS);
}
