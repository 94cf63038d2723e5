use axum::extract::ws::Message;
use proptest::prelude::*;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use wire::FRAME_MAX_BYTES;

use super::*;

const TEXT: OpCode = OpCode::Data(Data::Text);
const REST: OpCode = OpCode::Data(Data::Continue);
const PING: OpCode = OpCode::Control(Control::Ping);

/// A frame as clients write it.
fn frame(opcode: OpCode, is_final: bool, content: &[u8]) -> Vec<u8> {
    let mask = [7, 0, 200, 33];
    let header = FrameHeader { is_final, opcode, mask: Some(mask), ..FrameHeader::default() };
    let mut bytes = Vec::new();
    header.format(content.len() as u64, &mut bytes).unwrap();
    bytes.extend(content.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// What one inlet hears of it all at once, in words.
fn all(bytes: &[u8]) -> Vec<String> {
    let mut inlet = Inlet::default();
    inlet.push(bytes);
    drain(&mut inlet)
}

fn drain(inlet: &mut Inlet) -> Vec<String> {
    let mut said = Vec::new();
    loop {
        match inlet.next() {
            Ok(Some(heard)) => said.push(format!("{heard:?}")),
            Ok(None) => return said,
            Err(broken) => {
                said.push(format!("{broken:?}"));
                return said;
            }
        }
    }
}

#[test]
fn frames_in_parts_are_one_message_and_control_frames_may_stand_between() {
    let bytes = [
        frame(TEXT, false, b"one "),
        frame(PING, true, b"?"),
        frame(REST, true, "messége".as_bytes()),
        frame(OpCode::Data(Data::Binary), true, &[1]),
        frame(OpCode::Control(Control::Close), true, &[3, 232, b'x']),
    ];
    let said = all(&bytes.concat());
    assert_eq!(
        said,
        [r#"Ping([63])"#, r#"Text("one messége")"#, "Binary([1])", "Close(Some(1000))"]
    );
}

#[test]
fn the_largest_message_is_heard_and_one_byte_more_is_not_kept() {
    let half = vec![b'x'; FRAME_MAX_BYTES / 2];
    let whole = [frame(TEXT, false, &half), frame(REST, true, &half)].concat();
    assert_eq!(all(&whole).len(), 1);
    assert!(all(&whole)[0].starts_with("Text("));
    let more = [frame(TEXT, false, &half), frame(REST, false, &half), frame(REST, true, b"x")];
    assert_eq!(all(&more.concat()), ["TooLarge"]);
    // Its head is enough to know.
    let large = frame(TEXT, true, &vec![b'x'; FRAME_MAX_BYTES + 1]);
    assert_eq!(all(&large[..14]), ["TooLarge"]);
    assert!(all(&frame(TEXT, true, &vec![b'x'; FRAME_MAX_BYTES]))[0].starts_with("Text("));
}

#[test]
fn what_rfc_6455_forbids_is_heard_no_further() {
    let unmasked = b"\x81\x01x".to_vec();
    let long_ping = frame(PING, true, &[0; 126]);
    let longest_ping = frame(PING, true, &[0; 125]);
    let mut extended = frame(TEXT, true, b"x");
    extended[0] |= 0b0100_0000;
    let mut reserved = frame(TEXT, true, b"x");
    reserved[0] = 0x83;
    let cases = [
        unmasked,
        long_ping,
        extended,
        reserved,
        frame(PING, false, b""),
        frame(REST, true, b"x"),
        [frame(TEXT, false, b"x"), frame(TEXT, true, b"x")].concat(),
        frame(TEXT, true, &[0xff]),
        [frame(TEXT, false, &[0xc3]), frame(REST, true, b"x")].concat(),
    ];
    for bytes in cases {
        let said = all(&[bytes.clone(), frame(TEXT, true, b"after")].concat());
        let last = said.last().unwrap();
        assert!(last.starts_with("Protocol(") || last == "NotUtf8", "{bytes:?}: {said:?}");
        assert!(!said.iter().any(|said| said.contains("after")), "{bytes:?}: {said:?}");
    }
    assert!(all(&longest_ping)[0].starts_with("Ping("));
}

#[test]
fn who_waits_holds_no_memory() {
    let mut inlet = Inlet::default();
    inlet.push(&frame(TEXT, true, b"hello"));
    assert_eq!(drain(&mut inlet).len(), 1);
    assert_eq!(inlet.held_bytes(), 0);
    let mut outlet = Outlet::default();
    outlet.put(Message::Text("hello".into()));
    outlet.advance(7);
    assert!(outlet.is_empty());
    assert_eq!(outlet.places(), 0);
}

#[test]
fn of_many_pings_the_last_is_answered_but_never_within_a_frame_that_is_begun() {
    let mut outlet = Outlet::default();
    for number in 0..1_000_u32 {
        outlet.pong(&number.to_be_bytes());
    }
    assert_eq!(written(&mut outlet.clone(), 100), b"\x8a\x04\0\0\x03\xe7");
    outlet.advance(1);
    outlet.pong(b"new");
    outlet.pong(b"newer");
    assert_eq!(written(&mut outlet, 3), b"\x04\0\0\x03\xe7\x8a\x05newer");
}

/// Writes it, so many bytes at a time.
fn written(outlet: &mut Outlet, most: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while !outlet.is_empty() {
        let mut bytes = Vec::new();
        outlet.fill(&mut bytes, most);
        bytes.truncate(most);
        outlet.advance(bytes.len());
        all.extend(bytes);
    }
    all
}

proptest! {
    #[test]
    fn however_the_bytes_are_cut_the_same_is_heard(
        texts in prop::collection::vec("\\PC{0,300}", 0..8),
        cuts in prop::collection::vec(1..400_usize, 1..20),
    ) {
        let bytes: Vec<u8> =
            texts.iter().flat_map(|text| frame(TEXT, true, text.as_bytes())).collect();
        let (mut inlet, mut said, mut rest) = (Inlet::default(), Vec::new(), &bytes[..]);
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            inlet.push(now);
            said.extend(drain(&mut inlet));
            rest = later;
        }
        prop_assert_eq!(said, all(&bytes));
        prop_assert_eq!(all(&bytes).len(), texts.len());
    }

    #[test]
    fn whatever_comes_nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        all(&bytes);
    }

    #[test]
    fn however_little_a_write_takes_the_same_is_written(
        lengths in prop::collection::vec(prop::sample::select(vec![0, 1, 125, 126, 300, 65_535, 65_536]), 1..6),
        most in 1..200_usize,
    ) {
        let mut outlet = Outlet::default();
        let mut wanted = Vec::new();
        for length in lengths {
            let text = "x".repeat(length);
            let header = FrameHeader { opcode: TEXT, ..FrameHeader::default() };
            header.format(length as u64, &mut wanted).unwrap();
            wanted.extend(text.as_bytes());
            outlet.put(Message::Text(text.into()));
        }
        outlet.close(Some(1000), "é".repeat(100).as_str());
        wanted.extend([0x88, 124, 3, 232]);
        wanted.extend("é".repeat(61).as_bytes());
        prop_assert_eq!(written(&mut outlet, most), wanted);
    }
}
