use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;

use super::inbox::FRAME_MAX_BYTES;
use super::*;

fn served(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let header = FrameHeader { opcode, ..FrameHeader::default() };
    header.format(payload.len() as u64, &mut bytes).unwrap();
    bytes.extend_from_slice(payload);
    bytes
}

#[test]
fn frames_are_whole_wherever_reads_cut_them() {
    let texts = ["a", &"b".repeat(126), &"c".repeat(70_000), ""];
    let mut bytes = Vec::new();
    for text in texts {
        bytes.extend(served(OpCode::Data(Data::Text), text.as_bytes()));
        bytes.extend(served(OpCode::Control(Control::Ping), b"p"));
    }
    for step in [1, 2, 3, 125, 4_096, bytes.len()] {
        let (mut inbox, mut pongs, mut came) = (Inbox::default(), Vec::new(), Vec::new());
        for piece in bytes.chunks(step) {
            let mut each = |text: &[u8]| came.push(String::from_utf8(text.to_vec()).unwrap());
            inbox.take(piece, &mut each, &mut pongs).unwrap();
        }
        assert_eq!(came, texts, "read by {step} bytes");
        assert!(inbox.0.is_empty());
        let mut pong = Vec::new();
        frame(OpCode::Control(Control::Pong), b"p", &mut pong);
        assert_eq!(pongs, pong.repeat(texts.len()));
    }
}

#[test]
fn what_is_no_message_of_ours_ends_it_with_a_reason() {
    let ended = |bytes: &[u8]| {
        let taken = Inbox::default().take(bytes, &mut |_| {}, &mut Vec::new());
        taken.unwrap_err().to_string()
    };
    let close = served(OpCode::Control(Control::Close), b"\x0b\xb8slow");
    assert_eq!(ended(&close), "the server closed it: 3000 slow");
    assert!(ended(&served(OpCode::Data(Data::Binary), b"x")).contains("binary"));
    let mut large = Vec::new();
    let text = OpCode::Data(Data::Text);
    let header = FrameHeader { opcode: text, ..FrameHeader::default() };
    header.format(FRAME_MAX_BYTES + 1, &mut large).unwrap();
    assert_eq!(ended(&large), "a frame of 33554433 bytes");
}
