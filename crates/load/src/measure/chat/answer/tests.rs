use model::{Epoch, InstanceId, MessageId, Retry, Seq, Wall};
use wire::{About, Code, Problem};

use super::*;

fn sent(reference: Option<u64>) -> Frame {
    Frame::Sent {
        reference,
        id: MessageId { instance: InstanceId(7), counter: 1 },
        conversation: "c".parse().unwrap(),
        epoch: Epoch(0),
        seq: Seq(1),
        received_at: Wall(1),
        duplicate: false,
    }
}

#[test]
fn what_the_server_says_is_understood_where_it_lies_and_when_it_looks_different() {
    let done = |reference| Heard::Answer { reference, status: DONE };
    let about = |reference| About { reference, ..About::default() };
    let busy = |reference| Problem {
        retry: Retry::Now,
        ..Problem::never(about(reference), Code::Busy, "x")
    };
    let cases = [
        (sent(Some(12)), done(12)),
        (sent(None), Heard::Other),
        (Frame::Pong { reference: Some(0) }, done(0)),
        (Frame::Pong { reference: None }, Heard::Other),
        (Frame::Problem(busy(Some(3))), Heard::Answer { reference: 3, status: 503 }),
        (Frame::Problem(busy(None)), Heard::Problem { status: 503 }),
        (Frame::Welcome { reference: None, heartbeat_ms: 1, expires_at: None }, Heard::Welcome),
    ];
    for (frame, right) in cases {
        let text = frame.encode();
        assert_eq!(heard(text.as_bytes()), right, "{text}");
        let spaced = text.replacen(':', ": ", 1);
        assert_eq!(heard(spaced.as_bytes()), right, "{spaced}");
    }
    for none in ["", "{}", "{\"type\":\"", "\u{0}"] {
        assert_eq!(heard(none.as_bytes()), Heard::Other, "{none}");
    }
}
