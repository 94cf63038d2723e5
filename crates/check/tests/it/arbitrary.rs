//! Any text at all is a history, if a bad one.

use check::{Options, check};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::history::{History, id, message, page, say, sent, subscribed};

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0u64..4, Just(u64::MAX), Just(u64::MAX - 1), any::<u64>()]
}

/// Frames of the protocol with numbers that are none.
fn frame() -> impl Strategy<Value = Value> {
    let fields = ["seq", "epoch", "next", "head", "first", "lamport", "seen_seq", "received_at"];
    let base = (0usize..9, 1u64..4, 1u64..4).prop_map(|(kind, counter, seq)| match kind {
        0 => say(1, counter),
        1 => sent(1, counter, seq),
        2 => message(1, counter, seq),
        3 => page(seq, seq + 1, &[(1, counter), (1, counter + 1)]),
        4 => subscribed(None, seq, counter),
        5 => json!({"type": "subscribe", "conversation": "c", "from": {"after": {"epoch": 1, "seq": seq}}}),
        6 => json!({"type": "subscribe", "conversation": "c", "from": "cursor"}),
        7 => json!({"type": "ack", "conversation": "c", "epoch": 1, "seq": seq}),
        _ => json!({"type": "problem", "id": id(1, counter), "code": "busy", "retry": "after"}),
    });
    (base, proptest::option::of((0..fields.len(), number()))).prop_map(
        move |(mut frame, change)| {
            if let Some((field, value)) = change {
                if frame.get(fields[field]).is_some() {
                    frame[fields[field]] = json!(value);
                }
                if let Some(message) = frame.pointer_mut("/messages/0") {
                    message["seq"] = json!(value);
                }
            }
            frame
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>(), lines in any::<Vec<String>>()) {
        let started = format!("{}\n{}\n{}", History::client(1).text(), lines.join("\n"), text);
        for history in [text.as_str(), started.as_str()] {
            let report = check([("h", history)], Options::default());
            prop_assert!(report.to_string().contains("read "));
        }
    }

    #[test]
    fn arbitrary_frames_never_panic(
        frames in proptest::collection::vec((any::<bool>(), frame()), 0..40),
        damaged: bool,
        partial: bool,
    ) {
        let write = |history: History| frames.iter().fold(history, |history, (out, frame)| {
            if *out { history.out(frame) } else { history.got(frame) }
        });
        let client = write(History::client(1)).end(0).text();
        let last = write(History::last_read()).text();
        let files = [("a", client.as_str()), ("b", last.as_str()), ("c", last.as_str())];
        let options = Options { damaged, partial, settled: true };
        let report = check(files, options);
        prop_assert_eq!(&report, &check(files, options));
    }
}
