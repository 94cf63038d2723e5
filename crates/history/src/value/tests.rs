use proptest::prelude::*;

use super::*;

fn said(numbers: [u64; 6], body: &str) -> Message {
    let [seq, ordinal, instance, counter, lamport, seen_seq] = numbers;
    Message {
        conversation: ConversationId::new("room").unwrap(),
        seq: Seq(seq),
        ordinal: Ordinal(ordinal),
        sender: UserId::new("ann").unwrap(),
        id: MessageId { instance: InstanceId(instance), counter },
        content: Body::new(body).unwrap().into(),
        lamport,
        seen_seq: Seq(seen_seq),
        sent_at: Wall(300),
        received_at: Wall(0),
    }
}

#[test]
fn values_are_stored_as_they_always_were() {
    let message = said([1, 2, 3, 4, 5, 6], "hi");
    assert_eq!(
        message_into(&message, Wall(7), Vec::new()),
        b"\x02\x03ann\x03\x04\0\x02hi\x05\x06\xac\x02\x07"
    );
    let found = Found { seq: Seq(300), body: BodyHash(1), received_at: Wall(7) };
    assert_eq!(id_into(&found, Vec::new()), b"\xac\x02\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x07");
    let head = Head { next_seq: Seq(3), next_ordinal: Ordinal(2), first: Seq(1) };
    assert_eq!(head_into(&head, Vec::new()), b"\x03\x02\x01");
    assert_eq!(seq_into(Seq(128), Vec::new()), b"\x80\x01");
    let mut cursor = Cursor::start();
    cursor.batch = BatchNo(9);
    cursor.records[1] = RecordNo(5);
    let mut stored = vec![9, 0x80, 2, 0, 5];
    stored.resize(3 + usize::from(PARTITIONS), 0);
    assert_eq!(cursor_into(&cursor, Vec::new()), stored);
}

#[test]
fn values_are_appended_to_what_is_there() {
    assert_eq!(seq_into(Seq(1), vec![7]), [7, 1]);
}

proptest! {
    #[test]
    fn what_is_stored_comes_back(numbers: [u64; 6], body in ".{1,40}", stamp: u64, hash: u128) {
        let message = said(numbers, &body);
        let bytes = message_into(&message, Wall(stamp), Vec::new());
        let back = super::message(&message.conversation, message.seq, &bytes);
        prop_assert_eq!(back, Some(Message { received_at: Wall(stamp), ..message }));

        let found = Found { seq: Seq(stamp), body: BodyHash(hash), received_at: Wall(numbers[0]) };
        prop_assert_eq!(id(&id_into(&found, Vec::new())), Some(found));

        let [next_seq, next_ordinal, first, ..] = numbers;
        let head =
            Head { next_seq: Seq(next_seq), next_ordinal: Ordinal(next_ordinal), first: Seq(first) };
        prop_assert_eq!(super::head(&head_into(&head, Vec::new())), Some(head));
    }

    #[test]
    fn any_bytes_decode_or_do_not_and_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let room = ConversationId::new("room").unwrap();
        let _ = message(&room, Seq(1), &bytes);
        let _ = (id(&bytes), head(&bytes), seq(&bytes), cursor(&bytes));
    }

    #[test]
    fn bytes_left_over_are_no_value(numbers: [u64; 6], extra: u8) {
        let message = said(numbers, "x");
        let mut bytes = message_into(&message, Wall(0), Vec::new());
        bytes.push(extra);
        prop_assert_eq!(super::message(&message.conversation, message.seq, &bytes), None);
    }
}
