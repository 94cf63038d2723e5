use model::bounds::{BODY_MAX_BYTES, CURSOR_MOVES_MAX, NAME_MAX_BYTES};
use model::{
    Body, ConversationId, DeviceId, Epoch, InstanceId, MessageId, Ordinal, PartitionId, RecordNo,
    Seq, UserId, Wall,
};
use proptest::prelude::*;

use super::fact as decoded;
use super::*;
use crate::limits::FACT_MAX_BYTES;

const NAME: &str = "[a-zA-Z0-9.:_-]{1,64}";

fn round_trip(fact: &Fact, offset: Offset, stamp: Wall) -> (Offset, Fact) {
    let mut bytes = Vec::new();
    encode(fact, offset, &mut bytes);
    assert_eq!(bytes.len(), encoded_len(fact));
    let mut records = Records::new(&bytes);
    let record = records.next().unwrap().unwrap();
    assert!(records.next().is_none());
    (record.offset, decoded(&record, stamp).unwrap())
}

fn message() -> impl Strategy<Value = Fact> {
    (NAME, NAME, ".{1,300}", any::<[u64; 7]>()).prop_map(|(conversation, sender, body, n)| {
        Fact::Message(Message {
            conversation: ConversationId::new(&conversation).unwrap(),
            seq: Seq(n[0]),
            ordinal: Ordinal(n[1]),
            sender: UserId::new(&sender).unwrap(),
            id: MessageId { instance: InstanceId(n[2]), counter: n[3] },
            body: Body::new(&body).unwrap(),
            lamport: n[4],
            seen_seq: Seq(n[5]),
            sent_at: Wall(n[6]),
            received_at: Wall(7),
        })
    })
}

fn cursor_move() -> impl Strategy<Value = CursorMove> {
    (NAME, NAME, NAME, any::<u64>()).prop_map(|(conversation, user, device, seq)| CursorMove {
        conversation: ConversationId::new(&conversation).unwrap(),
        user: UserId::new(&user).unwrap(),
        device: DeviceId::new(&device).unwrap(),
        seq: Seq(seq),
    })
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let partition = (0..model::bounds::PARTITIONS).prop_map(|p| PartitionId::new(p).unwrap());
    let enriched = (NAME, any::<[u64; 2]>(), partition, "[a-z]{0,3}", any::<i32>()).prop_map(
        |(conversation, [seq, record], partition, language, sentiment_micros)| {
            Fact::Enriched(Enrichment {
                conversation: ConversationId::new(&conversation).unwrap(),
                seq: Seq(seq),
                target: Offset { partition, record: RecordNo(record) },
                outcome: Outcome::Full { language, sentiment_micros },
            })
        },
    );
    let epoch = any::<(u32, u64, u64)>().prop_map(|(epoch, from, to)| {
        Fact::EpochStarted(EpochStart {
            partition: PartitionId::new(9).unwrap(),
            epoch: Epoch(epoch),
            missing_from: RecordNo(from),
            missing_to: RecordNo(to),
        })
    });
    let cursors = prop::collection::vec(cursor_move(), 1..5).prop_map(Fact::Cursors);
    prop_oneof![message(), cursors, enriched, epoch]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_fact_comes_back_as_it_was(fact in any_fact(), number in any::<u64>()) {
        let offset = Offset { partition: PartitionId::new(9).unwrap(), record: RecordNo(number) };
        prop_assert_eq!(round_trip(&fact, offset, Wall(7)), (offset, fact));
    }

    #[test]
    fn any_bytes_decode_or_are_refused_and_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300), tag in 0_u8..6,
    ) {
        for record in Records::new(&bytes).flatten() {
            let _ = decoded(&record, Wall(0));
        }
        let offset = Offset { partition: PartitionId::new(0).unwrap(), record: RecordNo(1) };
        let record = decode::RecordRef { offset, tag, fact: &bytes };
        let _ = decoded(&record, Wall(0));
    }

    #[test]
    fn a_record_with_one_byte_changed_decodes_or_is_refused_and_never_panics(
        fact in any_fact(), at in any::<prop::sample::Index>(), byte in any::<u8>(), keep in any::<prop::sample::Index>(),
    ) {
        let offset = Offset { partition: PartitionId::new(9).unwrap(), record: RecordNo(1) };
        let mut bytes = Vec::new();
        encode(&fact, offset, &mut bytes);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(keep.index(bytes.len() + 1));
        for record in Records::new(&bytes).flatten() {
            let _ = decoded(&record, Wall(0));
        }
    }
}

#[test]
fn the_largest_facts_are_as_large_as_their_bound_says() {
    let name = "n".repeat(NAME_MAX_BYTES);
    let one = CursorMove {
        conversation: ConversationId::new(&name).unwrap(),
        user: UserId::new(&name).unwrap(),
        device: DeviceId::new(&name).unwrap(),
        seq: Seq(u64::MAX),
    };
    let offset = Offset { partition: PartitionId::new(255).unwrap(), record: RecordNo(u64::MAX) };
    let cursors = Fact::Cursors(vec![one; CURSOR_MOVES_MAX]);
    assert_eq!(encoded_len(&cursors), FACT_MAX_BYTES);
    assert_eq!(round_trip(&cursors, offset, Wall(0)), (offset, cursors));
    let message = Fact::Message(Message {
        conversation: ConversationId::new(&name).unwrap(),
        seq: Seq(1),
        ordinal: Ordinal(1),
        sender: UserId::new(&name).unwrap(),
        id: MessageId { instance: InstanceId(1), counter: 1 },
        body: Body::new(&"b".repeat(BODY_MAX_BYTES)).unwrap(),
        lamport: 1,
        seen_seq: Seq(0),
        sent_at: Wall(0),
        received_at: Wall(0),
    });
    assert!(encoded_len(&message) < FACT_MAX_BYTES);
    assert_eq!(round_trip(&message, offset, Wall(0)), (offset, message));
}

#[test]
fn a_fact_of_an_unknown_kind_and_bytes_left_over_are_refused() {
    let start = EpochStart {
        partition: PartitionId::new(3).unwrap(),
        epoch: Epoch(2),
        missing_from: RecordNo(1),
        missing_to: RecordNo(2),
    };
    let offset = Offset { partition: start.partition, record: RecordNo(3) };
    let mut bytes = Vec::new();
    encode(&Fact::EpochStarted(start), offset, &mut bytes);
    let mut record = Records::new(&bytes).next().unwrap().unwrap();
    record.tag = 200;
    assert!(decoded(&record, Wall(0)).is_err());
    let longer = [record.fact, &[0]].concat();
    record.tag = TAG_EPOCH_STARTED;
    assert!(decoded(&record, Wall(0)).is_ok());
    record.fact = &longer;
    assert!(decoded(&record, Wall(0)).is_err());
}
