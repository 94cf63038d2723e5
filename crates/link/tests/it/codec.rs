//! What goes in comes out, and nothing else does harm.

use bytes::BytesMut;
use link::{DecodeError, FRAME_MAX_BYTES, FrameReader, FromOwner, RequestId, ToOwner};
use model::bounds::{
    BODY_MAX_BYTES, NAME_MAX_BYTES, PAGE_MAX_MESSAGES, REACTION_MAX_BYTES, REACTIONS_COUNTED_MAX,
    REPORT_MAX_ROWS,
};
use model::{
    Body, Change, ConversationId, Counted, Draft, Epoch, InstanceId, Message, MessageId, Ordinal,
    Reaction, Seq, Sheet, Standing, TraceContext, UserId, Value, Wall,
};
use proptest::prelude::*;

fn message(seq: u64, body: &str) -> Message {
    Message {
        conversation: ConversationId::new(&"c".repeat(NAME_MAX_BYTES)).unwrap(),
        seq: Seq(seq),
        ordinal: Ordinal(seq),
        sender: UserId::new(&"u".repeat(NAME_MAX_BYTES)).unwrap(),
        id: MessageId { instance: InstanceId(u64::MAX), counter: u64::MAX },
        content: Body::new(body).unwrap().into(),
        lamport: u64::MAX,
        seen_seq: Seq(u64::MAX),
        sent_at: Wall(u64::MAX),
        received_at: Wall(u64::MAX),
    }
}

#[test]
fn the_largest_page_fits_a_frame() {
    let body = "b".repeat(BODY_MAX_BYTES);
    let page = FromOwner::Page {
        request: RequestId(u64::MAX),
        conversation: ConversationId::new(&"c".repeat(NAME_MAX_BYTES)).unwrap(),
        standing: Standing {
            epoch: Epoch(u32::MAX),
            first: Seq(1),
            head: Seq(u64::MAX),
            ordinal: Ordinal(u64::MAX),
        },
        messages: (0..u64::from(PAGE_MAX_MESSAGES)).map(|seq| message(seq, &body)).collect(),
        changes: (0..u64::from(PAGE_MAX_MESSAGES))
            .map(|seq| Change {
                seq: Seq(seq),
                edited: Some((Seq(u64::MAX), Body::new(&body).unwrap())),
                reactions: vec![
                    Counted {
                        reaction: Reaction::new(&"r".repeat(REACTION_MAX_BYTES)).unwrap(),
                        count: u32::MAX,
                        me: true,
                    };
                    REACTIONS_COUNTED_MAX
                ],
            })
            .collect(),
        as_of: Seq(u64::MAX),
    };
    let mut reader = FrameReader::default();
    link::encode(&page, reader.buffer());
    assert_eq!(reader.next_value(), Ok(Some(page)));
    assert_eq!(reader.next_value::<FromOwner>(), Ok(None));
}

#[test]
fn the_largest_report_fits_a_frame() {
    let name = || Value::Text("n".repeat(NAME_MAX_BYTES));
    let row = || std::iter::once(name()).chain(vec![Value::Integer(i64::MIN); 20]).collect();
    let sheet = Sheet {
        columns: vec!["c".repeat(NAME_MAX_BYTES); 21],
        rows: (0..REPORT_MAX_ROWS).map(|_| row()).collect(),
        is_cut: true,
    };
    let report = FromOwner::Report { request: RequestId(u64::MAX), sheet, behind: u64::MAX };
    let mut reader = FrameReader::default();
    link::encode(&report, reader.buffer());
    assert_eq!(reader.next_value(), Ok(Some(report)));
}

#[test]
fn a_frame_of_the_most_bytes_is_awaited_and_a_byte_more_closes_the_link() {
    let claims = |bytes: usize| {
        let mut reader = FrameReader::default();
        reader.buffer().extend_from_slice(&u32::try_from(bytes).unwrap().to_le_bytes());
        reader.next_value::<ToOwner>()
    };
    assert_eq!(claims(FRAME_MAX_BYTES), Ok(None));
    assert_eq!(
        claims(FRAME_MAX_BYTES + 1),
        Err(DecodeError::TooLong { bytes: FRAME_MAX_BYTES + 1 })
    );
}

#[test]
fn bytes_left_over_are_an_error() {
    let mut frame = BytesMut::new();
    link::encode(&ToOwner::Ping, &mut frame);
    assert!(link::decode::<ToOwner>(&[&frame[4..], &[0]].concat()).is_err());
}

proptest! {
    #[test]
    fn a_draft_survives_the_socket_in_pieces_of_any_size(
        name in "[a-zA-Z0-9.:_-]{1,64}", text in ".{1,200}", numbers: [u64; 5], piece in 1_usize..64,
    ) {
        let [request, instance, counter, lamport, sent_at] = numbers;
        let send = ToOwner::Send {
            request: RequestId(request),
            draft: Draft {
                conversation: ConversationId::new(&name).unwrap(),
                sender: UserId::new(&name).unwrap(),
                id: MessageId { instance: InstanceId(instance), counter },
                content: Body::new(&text).unwrap().into(),
                lamport,
                seen_seq: Seq(counter),
                sent_at: Wall(sent_at),
            },
            trace: (counter > 0).then_some(TraceContext { trace_id: lamport.into(), span_id: counter }),
        };
        let mut bytes = BytesMut::new();
        link::encode(&send, &mut bytes);
        let mut reader = FrameReader::default();
        let mut came = Vec::new();
        for piece in bytes.chunks(piece) {
            reader.buffer().extend_from_slice(piece);
            came.extend(reader.next_value::<ToOwner>().unwrap());
        }
        prop_assert_eq!(came, vec![send]);
    }

    #[test]
    fn any_bytes_decode_or_are_refused_and_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = link::decode::<ToOwner>(&bytes);
        let _ = link::decode::<FromOwner>(&bytes);
        let mut reader = FrameReader::default();
        reader.buffer().extend_from_slice(&bytes);
        while let Ok(Some(_)) = reader.next_value::<ToOwner>() {}
    }
}
