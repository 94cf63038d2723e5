use model::{BatchNo, Body, ConversationId, Draft, InstanceId, MessageId, Mono, Seq, UserId, Wall};
use model::{BodyKey, DeviceId, Epoch, SeededState};

use crate::{Command, Durable, GatewayId, Hub, Limits, LoadGot, LoadWant, Loaded, Start, Ticket};

const HERE: GatewayId = GatewayId(1);
const NOW: Mono = Mono(1);

fn hub() -> Hub {
    Hub::new(Start {
        limits: Limits::default(),
        epochs: [Epoch(1); 256],
        lamport_high: 0,
        body_key: BodyKey([0; 16]),
        map_seed: SeededState(0, 0),
    })
}

fn draft(to: &str, counter: u64, bytes: usize) -> Draft {
    Draft {
        conversation: ConversationId::new(to).unwrap(),
        sender: UserId::new("ada").unwrap(),
        id: MessageId { instance: InstanceId(1), counter },
        content: Body::new(&"x".repeat(bytes)).unwrap().into(),
        lamport: 1,
        seen_seq: Seq(0),
        sent_at: Wall(0),
    }
}

fn ticket(request: u64) -> Ticket {
    Ticket { gateway: HERE, request }
}

/// Answers loads as an empty history does; gives back how many records were appended.
fn answer(hub: &mut Hub) -> usize {
    let mut appended = 0;
    while let Some(command) = hub.next_command() {
        match command {
            Command::Load { conversation, want } => {
                let got = match want {
                    LoadWant::Head => LoadGot::Head(None),
                    LoadWant::Author(user, instance) => LoadGot::Author(user, instance, 0),
                    LoadWant::Cursor(user, device) => LoadGot::Cursor(user, device, Seq(0)),
                    LoadWant::Member(user) => LoadGot::Member(user, None),
                    LoadWant::Text(seq) => LoadGot::Text(seq, None),
                };
                hub.handle_loaded(Loaded { conversation, got }, NOW);
            }
            Command::Append { .. } => appended += 1,
            Command::Reply { .. }
            | Command::Deliver { .. }
            | Command::Typing { .. }
            | Command::Lookup { .. }
            | Command::ReadHistory { .. } => {}
        }
    }
    appended
}

fn durable(hub: &mut Hub, count: usize) {
    let (batch, stamp) = (BatchNo(1), Wall(1));
    hub.handle_durable(Durable { generation: 0, count, batch, stamp, lamport_high: 1 });
}

fn bytes(hub: &Hub) -> usize {
    hub.gauges().bytes
}

#[test]
fn bytes_grow_at_least_with_the_content_and_return_to_zero() {
    let mut hub = hub();
    let mut content = 0;
    for n in 1..=100_u64 {
        let said = draft(&format!("room{}", n % 10), n, 500);
        content += said.content.text_bytes();
        hub.handle_send(ticket(n), said, NOW);
        hub.handle_attach(ticket(1_000 + n), ConversationId::new("room1").unwrap(), NOW);
    }
    let waiting = bytes(&hub);
    assert!(waiting >= content && waiting < 4 * content, "{waiting}");
    let count = answer(&mut hub);
    assert_eq!(count, 100);
    let tails = bytes(&hub);
    assert!(tails >= content && tails < 4 * content, "{tails}");
    durable(&mut hub, count);
    assert_eq!(bytes(&hub), tails, "history does not have them yet");
    hub.handle_indexed(BatchNo(1));
    let quiet = bytes(&hub);
    assert!(quiet < tails - content, "{quiet}");
    assert_eq!(hub.gauges().tail_bytes, 0);

    assert!(!hub.make_room(usize::MAX / 2), "all that can go has gone");
    assert_eq!(hub.gauges().conversations, 0);
    let attached = bytes(&hub);
    assert!(attached > 0 && attached < 500);
    hub.handle_gateway_gone(HERE);
    assert_eq!(bytes(&hub), 0);
}

#[test]
fn what_waits_and_what_is_rolled_back_leaves_no_bytes_behind() {
    let mut hub = hub();
    let id = ConversationId::new("c").unwrap();
    let (user, device) = (UserId::new("ada").unwrap(), DeviceId::new("phone").unwrap());
    hub.handle_send(ticket(1), draft("c", 1, 100), NOW);
    hub.handle_get_cursor(ticket(2), id.clone(), user.clone(), device.clone(), NOW);
    hub.handle_move_cursor(id, user, device, Epoch(1), Seq(0), NOW);
    assert_eq!(answer(&mut hub), 1);
    let before = bytes(&hub);
    hub.handle_send(ticket(3), draft("c", 1, 100), NOW);
    hub.handle_send(ticket(4), draft("c", 1, 99), NOW);
    assert!(bytes(&hub) > before, "two wait for the undurable one");
    hub.handle_append_refused(0);
    assert!(bytes(&hub) < before);
    assert_eq!(hub.gauges().waiting, 0);
    hub.make_room(usize::MAX / 2);
    assert_eq!(bytes(&hub), 0);
}

#[test]
fn one_in_use_stands_nowhere_among_the_idle() {
    let mut hub = hub();
    hub.handle_send(ticket(1), draft("c", 1, 1), NOW);
    hub.make_room(usize::MAX / 2);
    assert_eq!(hub.gauges().conversations, 1, "its load is out");
    let count = answer(&mut hub);
    hub.make_room(usize::MAX / 2);
    assert_eq!(hub.gauges().conversations, 1, "its message is undurable");
    durable(&mut hub, count);
    hub.make_room(usize::MAX / 2);
    assert_eq!(hub.gauges().conversations, 1, "history does not have it");
    hub.handle_indexed(BatchNo(1));
    assert!(hub.books.idle.clean.len() == 1 && hub.books.idle.dirty.is_empty());
    hub.make_room(usize::MAX / 2);
    assert_eq!(hub.gauges().conversations, 0);
    assert!(hub.books.idle.clean.is_empty());
}
