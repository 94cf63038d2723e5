//! RFC 6455 case by case: what a client may do is answered, what it may not do ends the connection with
//! the code that says why.

use wire::FRAME_MAX_BYTES;

use crate::bare::{
    BEGIN, BINARY, Bare, CLOSE, Form, Heard, LAST, MIDDLE, PING, PONG, TEXT, declared, frame,
    masked, unmasked,
};
use crate::house::{House, SMALL, address};

/// A command, with two, three and four bytes of UTF-8 in a field that nobody knows, and its answer.
const ASK: &str = r#"{"type":"ping","ref":7,"x":"é€😀"}"#;
const ANSWER: &str = r#"{"type":"pong","ref":7}"#;

/// What comes of it.
#[derive(Debug, Clone)]
enum Outcome {
    /// These, and the connection goes on.
    Says(Vec<Heard>),
    /// A close frame with this code, and nothing after it.
    Closes(u16),
    /// A close frame without a code.
    ClosesPlainly,
    /// One answer that has this in it, and the connection goes on.
    Complains(&'static str),
}

use Outcome::{Closes, ClosesPlainly, Complains, Says};

type Case = (&'static str, Vec<u8>, Outcome);

fn answer() -> Heard {
    Heard::Text(ANSWER.to_owned())
}

fn answered() -> Outcome {
    Says(vec![answer()])
}

fn pong(payload: &[u8]) -> Heard {
    Heard::Pong(payload.to_vec())
}

/// A text in fragments.
fn fragments(parts: &[&[u8]]) -> Vec<u8> {
    let last = parts.len() - 1;
    let first = |at: usize| match at {
        0 => BEGIN,
        at if at == last => LAST,
        _ => MIDDLE,
    };
    parts.iter().enumerate().flat_map(|(at, part)| frame(first(at), part)).collect()
}

fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(CLOSE, &[&code.to_be_bytes(), reason].concat())
}

/// A command of so many bytes.
fn ask_of(bytes: usize) -> Vec<u8> {
    format!("{ASK}{}", " ".repeat(bytes - ASK.len())).into_bytes()
}

/// Plays each case on a connection of its own. One that goes on proves it.
async fn play(cases: Vec<Case>) {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    for (name, bytes, outcome) in cases {
        let mut bare = Bare::welcomed(house.at(), "ann").await;
        bare.write(&bytes).await;
        let alive = || Heard::Text(r#"{"type":"pong","ref":99}"#.to_owned());
        match outcome {
            Says(expected) => {
                bare.text(r#"{"type":"ping","ref":99}"#).await;
                for expected in expected.into_iter().chain([alive()]) {
                    assert_eq!(bare.hear().await, expected, "{name}");
                }
            }
            Complains(about) => {
                bare.text(r#"{"type":"ping","ref":99}"#).await;
                let heard = bare.hear().await;
                assert!(
                    matches!(&heard, Heard::Text(text) if text.contains(about)),
                    "{name}: {heard:?}"
                );
                assert_eq!(bare.hear().await, alive(), "{name}");
            }
            Closes(code) => assert_eq!(bare.last().await, Heard::Close(Some(code)), "{name}"),
            ClosesPlainly => assert_eq!(bare.last().await, Heard::Close(None), "{name}"),
        }
    }
    while house.metric("gateway_connections").await > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn fragments_make_one_message_and_control_frames_may_stand_between() {
    let (head, tail) = ASK.as_bytes().split_at(10);
    let bytes: Vec<&[u8]> = ASK.as_bytes().chunks(1).collect();
    let mut cases: Vec<Case> = (0..=ASK.len())
        .map(|at| {
            let (head, tail) = ASK.as_bytes().split_at(at);
            (
                "two fragments, split anywhere, also inside a character",
                fragments(&[head, tail]),
                answered(),
            )
        })
        .collect();
    cases.extend([
        ("whole", frame(TEXT, ASK.as_bytes()), answered()),
        ("a fragment for each byte", fragments(&bytes), answered()),
        ("empty fragments", fragments(&[b"", head, b"", b"", tail, b""]), answered()),
        (
            "a ping and a pong between fragments",
            [frame(BEGIN, head), frame(PING, b"p"), frame(PONG, b"q"), frame(LAST, tail)].concat(),
            Says(vec![pong(b"p"), answer()]),
        ),
        (
            "a close between fragments",
            [frame(BEGIN, head), close(1000, b"")].concat(),
            Closes(1000),
        ),
        ("a continuation of nothing", frame(LAST, ASK.as_bytes()), Closes(1002)),
        ("a continuation of nothing, not the last", frame(MIDDLE, ASK.as_bytes()), Closes(1002)),
        (
            "a continuation after the last",
            [frame(BEGIN, head), frame(LAST, tail), frame(LAST, b"")].concat(),
            Closes(1002),
        ),
        (
            "a new text inside a text",
            [frame(BEGIN, head), frame(TEXT, tail)].concat(),
            Closes(1002),
        ),
        (
            "a new begin inside a text",
            [frame(BEGIN, head), frame(BEGIN, tail)].concat(),
            Closes(1002),
        ),
        (
            "a binary inside a text",
            [frame(BEGIN, head), frame(BINARY, tail)].concat(),
            Closes(1002),
        ),
        ("an empty text", frame(TEXT, b""), Complains("bad_frame")),
        ("an empty text in fragments", fragments(&[b"", b""]), Complains("bad_frame")),
        ("a binary frame", frame(BINARY, ASK.as_bytes()), Complains("binary")),
        (
            "a binary in fragments",
            [frame(BINARY & 0x0F, head), frame(LAST, tail)].concat(),
            Complains("binary"),
        ),
    ]);
    play(cases).await;
}

#[tokio::test]
async fn a_text_that_is_not_utf8_ends_the_connection() {
    let bad: [(&'static str, &[u8]); 12] = [
        ("a byte that is none", b"\xFF"),
        ("a continuation byte alone", b"\x80"),
        ("two bytes, the second missing", b"\xC3"),
        ("two bytes, the second wrong", b"\xC3\x28"),
        ("three bytes, the last missing", b"\xE2\x82"),
        ("four bytes, the last missing", b"\xF0\x9F\x98"),
        ("overlong, of two", b"\xC0\xAF"),
        ("overlong, of three", b"\xE0\x80\xAF"),
        ("overlong, of four", b"\xF0\x80\x80\xAF"),
        ("the first surrogate", b"\xED\xA0\x80"),
        ("the last surrogate", b"\xED\xBF\xBF"),
        ("above the last character", b"\xF4\x90\x80\x80"),
    ];
    let mut cases: Vec<Case> = Vec::new();
    for (name, bytes) in bad {
        let bytes = [br#"{"type":"ping","x":""#, bytes].concat();
        cases.push((name, frame(TEXT, &bytes), Closes(1007)));
        let (head, tail) = bytes.split_at(bytes.len() - 1);
        cases.push((name, fragments(&[head, tail]), Closes(1007)));
    }
    // It need not wait for the last fragment.
    cases.push(("an early fragment", frame(BEGIN, b"\xC0\xAF"), Closes(1007)));
    for good in ["\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{10000}", "\u{10FFFF}"]
    {
        let text = format!(r#"{{"type":"ping","ref":7,"x":"{good}"}}"#);
        cases.push(("an edge of what is valid", frame(TEXT, text.as_bytes()), answered()));
    }
    play(cases).await;
}

#[tokio::test]
async fn what_no_client_may_send_is_a_protocol_error() {
    let mut cases: Vec<Case> = vec![
        ("a text without a mask", unmasked(TEXT, b"{}"), Closes(1002)),
        ("a ping without a mask", unmasked(PING, b""), Closes(1002)),
        ("a close without a mask", unmasked(CLOSE, &1000_u16.to_be_bytes()), Closes(1002)),
        ("a ping in fragments", frame(PING & 0x0F, b""), Closes(1002)),
        ("a pong in fragments", frame(PONG & 0x0F, b""), Closes(1002)),
        ("a close in fragments", frame(CLOSE & 0x0F, b""), Closes(1002)),
        ("a ping of 126 bytes", frame(PING, &[b'p'; 126]), Closes(1002)),
        ("a pong of 126 bytes", frame(PONG, &[b'p'; 126]), Closes(1002)),
        ("a close of 126 bytes", close(1000, &[b'r'; 124]), Closes(1002)),
    ];
    for bit in [0x40, 0x20, 0x10, 0x70] {
        for first in [TEXT, BINARY, BEGIN, CLOSE, PING, PONG] {
            cases.push(("a reserved bit", frame(first | bit, b""), Closes(1002)));
        }
    }
    for opcode in (0x3..=0x7).chain(0xB..=0xF) {
        cases.push(("a reserved opcode", frame(0x80 | opcode, b""), Closes(1002)));
        cases.push(("a reserved opcode in fragments", frame(opcode, b""), Closes(1002)));
    }
    play(cases).await;
}

#[tokio::test]
async fn a_close_is_answered_with_its_code_or_with_what_is_wrong_with_it() {
    let mut cases: Vec<Case> = vec![
        ("no code", frame(CLOSE, b""), ClosesPlainly),
        ("one byte", frame(CLOSE, b"\x03"), Closes(1002)),
        ("a reason", close(1000, "Tschüß".as_bytes()), Closes(1000)),
        ("the longest reason", close(1000, &[b'r'; 123]), Closes(1000)),
        ("a reason that is not UTF-8", close(1000, b"\xFF"), Closes(1007)),
        ("half a character", close(1000, b"\xE2\x82"), Closes(1007)),
        (
            "data after the close",
            [close(1000, b""), frame(TEXT, ASK.as_bytes()), frame(PING, b"p")].concat(),
            Closes(1000),
        ),
        ("a second close", [close(1000, b""), close(1001, b"")].concat(), Closes(1000)),
        (
            "bytes that are no frame after the close",
            [close(1000, b""), vec![0xFF; 100]].concat(),
            Closes(1000),
        ),
    ];
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999] {
        cases.push(("a code that may be sent", close(code, b""), Closes(code)));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
        cases.push(("a code that may not be sent", close(code, b""), Closes(1002)));
    }
    play(cases).await;
}

#[tokio::test]
async fn pings_are_answered_with_what_they_carry_and_pongs_with_nothing() {
    let payload: Vec<u8> = (0..125).collect();
    play(vec![
        ("no payload", frame(PING, b""), Says(vec![pong(b"")])),
        ("the longest payload, binary", frame(PING, &payload), Says(vec![pong(&payload)])),
        ("a pong that nobody asked for", frame(PONG, b"q"), Says(vec![])),
        ("the longest pong", frame(PONG, &payload), Says(vec![])),
        (
            "between two commands",
            [frame(PING, b"1"), frame(TEXT, ASK.as_bytes())].concat(),
            Says(vec![pong(b"1"), answer()]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_message_of_the_most_bytes_is_heard_and_one_more_byte_is_too_many() {
    let most = ask_of(FRAME_MAX_BYTES);
    let more = ask_of(FRAME_MAX_BYTES + 1);
    let (halves, too_many) = (most.split_at(40_000), more.split_at(40_000));
    let short = ASK.as_bytes();
    let length = short.len() as u64;
    let in_form = |form| [declared(TEXT, form, length), masked(short)].concat();
    let promise = |form, length| declared(TEXT, form, length);
    play(vec![
        ("the most", frame(TEXT, &most), answered()),
        ("the most, in fragments", fragments(&[halves.0, halves.1]), answered()),
        ("one more", frame(TEXT, &more), Closes(1009)),
        ("one more, in fragments", fragments(&[too_many.0, too_many.1]), Closes(1009)),
        ("one more, binary", frame(BINARY, &more), Closes(1009)),
        ("one more is promised", promise(Form::Eight, FRAME_MAX_BYTES as u64 + 1), Closes(1009)),
        ("four GiB are promised", promise(Form::Eight, 1 << 32), Closes(1009)),
        ("the most that can be promised", promise(Form::Eight, u64::MAX >> 1), Closes(1009)),
        ("the top bit of the length", promise(Form::Eight, 1 << 63), Closes(1009)),
        ("all bits of the length", promise(Form::Eight, u64::MAX), Closes(1009)),
        ("a huge ping is promised", declared(PING, Form::Eight, 1 << 40), Closes(1002)),
        ("a length in more bytes than it needs, two", in_form(Form::Two), answered()),
        ("a length in more bytes than it needs, eight", in_form(Form::Eight), answered()),
    ])
    .await;
}

/// What is wrong is told also to those who have not said hello.
#[tokio::test]
async fn before_hello_it_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let house = House::serve(folder.path(), address(), SMALL).await;
    for (bytes, code) in [
        (unmasked(TEXT, b"{}"), 1002),
        (frame(TEXT, b"\xFF"), 1007),
        (declared(TEXT, Form::Eight, 1 << 40), 1009),
        (frame(BINARY, b"{}"), 3500),
        (frame(TEXT, b"{}"), 3500),
        (close(1000, b""), 1000),
    ] {
        let mut bare = Bare::shaken(house.at(), &[]).await;
        bare.write(&bytes).await;
        assert_eq!(bare.last().await, Heard::Close(Some(code)));
    }
}
