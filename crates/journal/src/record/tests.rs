use model::bounds::{BODY_MAX_BYTES, CURSOR_MOVES_MAX, NAME_MAX_BYTES};
use model::{
    BodyHash, ConversationId, DeviceId, Enrichment, Epoch, InstanceId, Line, Member, MessageId,
    Ordinal, PartitionId, Profile, Reaction, Reason, RecordNo, Role, Said, Seq, Understanding,
    Understood, UserId, Wall,
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

fn content() -> impl Strategy<Value = Content> {
    let body = || ".{1,300}".prop_map(|text| Body::new(&text).unwrap());
    let seq = || (1..u64::MAX).prop_map(Seq);
    let user = || NAME.prop_map(|name| UserId::new(&name).unwrap());
    let role = || prop::sample::select(Role::ALL.to_vec());
    let profile = || {
        ("\\PC{0,30}", "\\PC{0,200}", any::<bool>()).prop_map(|(name, topic, public)| Profile {
            name: Line::new(&name).unwrap(),
            topic: Line::new(&topic).unwrap(),
            public,
        })
    };
    let members = prop::collection::vec((user(), role()), 0..6);
    prop_oneof![
        (body(), prop::option::of(seq()))
            .prop_map(|(body, reply_to)| Content::Text { body, reply_to }),
        (seq(), body()).prop_map(|(target, body)| Content::Edit { target, body }),
        seq().prop_map(|target| Content::Delete { target }),
        (seq(), "[a-z👍]{1,8}", any::<bool>()).prop_map(|(target, text, on)| Content::React {
            target,
            reaction: Reaction::new(&text).unwrap(),
            on,
        }),
        (profile(), members).prop_map(|(profile, members)| Content::Create {
            profile,
            members: members.into_iter().map(|(user, role)| Member { user, role }).collect(),
        }),
        (user(), prop::option::of(role())).prop_map(|(user, role)| Content::Member { user, role }),
        profile().prop_map(|profile| Content::Describe { profile }),
        any::<u64>().prop_map(|first| Content::Expire { first: Seq(first) }),
        user().prop_map(|user| Content::Erase { user }),
    ]
}

fn message() -> impl Strategy<Value = Fact> {
    (NAME, NAME, content(), any::<[u64; 7]>()).prop_map(|(conversation, sender, content, n)| {
        Fact::Message(Message {
            conversation: ConversationId::new(&conversation).unwrap(),
            seq: Seq(n[0]),
            ordinal: Ordinal(n[1]),
            sender: UserId::new(&sender).unwrap(),
            id: MessageId { instance: InstanceId(n[2]), counter: n[3] },
            content,
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

fn understood() -> impl Strategy<Value = Understood> {
    let micros = 0..=model::ONE_MICROS;
    let sentiment = -1_000_000..=1_000_000_i32;
    let full = ("[a-z]{0,3}", "[a-z_]{0,32}", sentiment, micros.clone(), micros).prop_map(
        |(language, topic, sentiment_micros, toxicity_micros, urgency_micros)| Understanding {
            language,
            topic,
            sentiment_micros,
            toxicity_micros,
            urgency_micros,
        },
    );
    let why = prop::sample::select(Reason::ALL.to_vec());
    prop_oneof![
        Just(Understood::Pending),
        full.clone().prop_map(Understood::Full),
        (why.clone(), full).prop_map(|(why, guess)| Understood::Degraded { why, guess }),
        why.prop_map(Understood::Dead),
    ]
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let partition = (0..model::bounds::PARTITIONS).prop_map(|p| PartitionId::new(p).unwrap());
    let said = prop::option::of(
        (NAME, any::<u64>())
            .prop_map(|(sender, at)| Said { sender: UserId::new(&sender).unwrap(), at: Wall(at) }),
    );
    let enriched = (NAME, any::<[u64; 2]>(), partition, said, understood(), understood()).prop_map(
        |(conversation, [seq, record], partition, said, before, after)| {
            Fact::Enriched(Box::new(Enrichment {
                conversation: ConversationId::new(&conversation).unwrap(),
                seq: Seq(seq),
                target: Offset { partition, record: RecordNo(record) },
                said,
                before,
                after,
            }))
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
    let left = prop_oneof![
        Just(Left::Nothing),
        any::<u64>().prop_map(|by| Left::Gone(Seq(by))),
        any::<u64>().prop_map(|target| Left::EditOfGone(Seq(target))),
    ];
    let remnant = (NAME, NAME, any::<[u64; 7]>(), any::<u128>(), left).prop_map(
        |(conversation, sender, n, body, left)| {
            Fact::Remnant(Remnant {
                conversation: ConversationId::new(&conversation).unwrap(),
                seq: Seq(n[0]),
                ordinal: Ordinal(n[1]),
                sender: UserId::new(&sender).unwrap(),
                id: MessageId { instance: InstanceId(n[2]), counter: n[3] },
                lamport: n[4],
                seen_seq: Seq(n[5]),
                sent_at: Wall(n[6]),
                body: BodyHash(body),
                left,
            })
        },
    );
    prop_oneof![message(), cursors, enriched, epoch, remnant]
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
        bytes in prop::collection::vec(any::<u8>(), 0..300), tag in 0_u8..8,
    ) {
        for record in Records::new(&bytes).flatten() {
            let _ = decoded(&record, Wall(0));
        }
        let offset = Offset { partition: PartitionId::new(0).unwrap(), record: RecordNo(1) };
        let record = RecordRef { offset, tag, fact: &bytes, whole: &bytes };
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
        content: Body::new(&"b".repeat(BODY_MAX_BYTES)).unwrap().into(),
        lamport: 1,
        seen_seq: Seq(0),
        sent_at: Wall(0),
        received_at: Wall(0),
    });
    assert!(encoded_len(&message) < FACT_MAX_BYTES);
    assert_eq!(round_trip(&message, offset, Wall(0)), (offset, message));
}

#[test]
fn what_is_stored_of_what_is_understood_never_changes() {
    let full = Understanding {
        language: "eng".to_owned(),
        sentiment_micros: -2,
        topic: "t".to_owned(),
        toxicity_micros: 3,
        urgency_micros: 4,
    };
    let enrichment = |said, before, after| Enrichment {
        conversation: ConversationId::new("c").unwrap(),
        seq: Seq(5),
        target: Offset { partition: PartitionId::new(6).unwrap(), record: RecordNo(7) },
        said,
        before,
        after,
    };
    let said = Said { sender: UserId::new("ann").unwrap(), at: Wall(8) };
    let guess = Understanding::default();
    let degraded = Understood::Degraded { why: Reason::Breaker, guess };
    let plain = Understanding {
        topic: String::new(),
        toxicity_micros: 0,
        urgency_micros: 0,
        ..full.clone()
    };
    let head = b"\x01c\x05\0\0\0\0\0\0\0\x06\0\x07\0\0\0\0\0\0\0";
    let golden: [(Enrichment, u8, &[u8]); 3] = [
        (
            enrichment(None, Understood::Pending, Understood::Full(plain)),
            TAG_ENRICHED,
            b"\x01\x03eng\xfe\xff\xff\xff",
        ),
        (
            enrichment(Some(said), degraded, Understood::Full(full)),
            TAG_UNDERSTOOD,
            b"\x01\x03ann\x08\0\0\0\0\0\0\0\x02\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
              \x01\x03eng\x01t\xfe\xff\xff\xff\x03\0\0\0\x04\0\0\0",
        ),
        (
            enrichment(None, Understood::Dead(Reason::Refused), Understood::Pending),
            TAG_UNDERSTOOD,
            b"\0\x03\x08\0",
        ),
    ];
    let offset = Offset { partition: PartitionId::new(6).unwrap(), record: RecordNo(9) };
    for (enrichment, tag, rest) in golden {
        let mut bytes = Vec::new();
        encode(&Fact::Enriched(enrichment.into()), offset, &mut bytes);
        assert_eq!(bytes[RECORD_HEADER_BYTES - 1], tag);
        assert_eq!(bytes[RECORD_HEADER_BYTES..], [head, rest].concat());
    }
}

#[test]
fn what_is_stored_of_each_content_never_changes() {
    let (body, target) = (Body::new("ab").unwrap(), Seq(0x0102));
    let user = UserId::new("bob").unwrap();
    let profile =
        Profile { name: Line::new("N").unwrap(), topic: Line::new("T").unwrap(), public: true };
    let members = vec![Member { user: user.clone(), role: Role::Owner }];
    let reaction = Reaction::new("+").unwrap();
    let golden: [(Content, &[u8]); 11] = [
        (
            Content::Text { body: body.clone(), reply_to: Some(target) },
            b"\x01\x02\x01\0\0\0\0\0\0\x02\0ab",
        ),
        (Content::Edit { target, body }, b"\x02\x02\x01\0\0\0\0\0\0\x02\0ab"),
        (Content::Delete { target }, b"\x03\x02\x01\0\0\0\0\0\0"),
        (Content::React { target, reaction, on: true }, b"\x04\x02\x01\0\0\0\0\0\0\x01+\x01"),
        (
            Content::Create { profile: profile.clone(), members },
            b"\x05\x01\0N\x01\0T\x01\x01\x03bob\x04",
        ),
        (Content::Member { user: user.clone(), role: Some(Role::Reader) }, b"\x06\x03bob\x01"),
        (Content::Member { user: user.clone(), role: Some(Role::Admin) }, b"\x06\x03bob\x03"),
        (Content::Member { user: user.clone(), role: None }, b"\x06\x03bob\0"),
        (Content::Expire { first: target }, b"\x08\x02\x01\0\0\0\0\0\0"),
        (Content::Erase { user }, b"\x09\x03bob"),
        (Content::Describe { profile }, b"\x07\x01\0N\x01\0T\x01"),
    ];
    for (said, bytes) in golden {
        let mut out = Vec::new();
        content::put(&said, &mut out);
        assert_eq!(out, bytes, "{said:?}");
        assert_eq!(content::encoded_len(&said), bytes.len());
    }
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
