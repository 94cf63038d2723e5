use super::*;

fn wrong(wanted: &Wanted) -> Option<Field> {
    wanted.check().err().map(|(field, _)| field)
}

fn listened(listeners: u32, listening: Option<u32>) -> Wanted {
    Wanted { listeners, listening, ..Wanted::default() }
}

#[test]
fn each_bound_holds_at_its_edge() {
    type With = fn(u32) -> Wanted;
    let edges: [(Field, With, [u32; 2]); 5] = [
        (
            Field::Conversations,
            |conversations| Wanted { conversations, ..Wanted::default() },
            [1, CONVERSATIONS_MAX],
        ),
        (Field::BodyBytes, |body_bytes| Wanted { body_bytes, ..Wanted::default() }, [1, 8_192]),
        (
            Field::PageMessages,
            |page_messages| Wanted { page_messages, ..Wanted::default() },
            [1, 200],
        ),
        (
            Field::Connections,
            |number| Wanted { connections: Some(number), ..Wanted::default() },
            [1, CONNECTIONS_MAX],
        ),
        (
            Field::Streams,
            |number| Wanted { streams: Some(number), ..Wanted::default() },
            [1, 1_000],
        ),
    ];
    for (field, with, [least, most]) in edges {
        let seen = [least - 1, least, most, most + 1].map(|number| wrong(&with(number)));
        assert_eq!(seen, [Some(field), None, None, Some(field)]);
    }
}

#[test]
fn listeners_that_cannot_be_are_refused() {
    assert_eq!(wrong(&listened(60, None)), None, "60,000 connections");
    assert_eq!(wrong(&listened(61, None)), Some(Field::Listeners));
    assert_eq!(wrong(&listened(61, Some(61))), None, "1,000 conversations each");
    assert_eq!(wrong(&listened(61, Some(60))), Some(Field::Listening), "one hears nothing twice");
    let many = Wanted { conversations: 1_001, ..listened(61, Some(61)) };
    assert_eq!(wrong(&many), Some(Field::Listening), "1,001 conversations each");
    let stamp = |body_bytes| Wanted { body_bytes, ..listened(1, None) };
    let least = u32::try_from(STAMP_BYTES).unwrap();
    assert_eq!(
        [least - 1, least].map(|bytes| wrong(&stamp(bytes))),
        [Some(Field::Listeners), None]
    );
}

#[test]
fn a_part_carries_at_least_itself_and_is_one_conversation_or_more() {
    let wanted = |share, carry| Wanted {
        busiest: Some(Busiest { share, carry }),
        conversations: 100,
        ..Wanted::default()
    };
    for (share, carry, is_right) in [
        (0.01, 0.3, true),
        (0.3, 0.3, true),
        (0.3, 0.29, false),
        (0.004, 0.3, false),
        (0.0, 0.3, false),
        (1.0, 1.0, false),
        (f64::NAN, 0.3, false),
    ] {
        assert_eq!(wrong(&wanted(share, carry)).is_none(), is_right, "{share} {carry}");
    }
}
