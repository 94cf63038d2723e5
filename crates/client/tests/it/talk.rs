//! To say and to hear.

use client::{CallError, Event, Gone, Options, OutboxFull};
use model::{Epoch, ReadFrom, Seq};
use wire::{Command, Frame, SubscribeFrom};

use crate::rig::{Connection, Server, User, body, options, soon, tea};

fn subscribed(reference: Option<u64>, next: u64, head: u64) -> Frame {
    let (epoch, recovered) = (Epoch(1), true);
    let (next, head) = (Seq(next), Seq(head));
    Frame::Subscribed { reference, conversation: tea(), epoch, recovered, next, head }
}

async fn subscribe(connection: &mut Connection) -> SubscribeFrom {
    let Command::Subscribe { reference, from, .. } = connection.command().await else {
        panic!("no subscribe")
    };
    connection.say(&subscribed(reference, 1, 0)).await;
    from
}

#[tokio::test]
async fn what_is_said_is_sent_acknowledged_and_heard_and_the_tap_saw_it_in_order() {
    let server = Server::start().await;
    let mut user = User::start(options(vec![server.gateway()]));
    let mut connection = server.welcome().await;
    user.handle.subscribe(tea(), SubscribeFrom::Start).await.unwrap();
    assert_eq!(subscribe(&mut connection).await, SubscribeFrom::Start);
    assert!(matches!(user.news().await, Event::Subscribed { next: Seq(1), .. }));
    let id = user.handle.say(tea(), body("hello")).await.unwrap();
    let post = connection.post().await;
    assert_eq!((post.id, &post.content), (id, &body("hello").into()));
    assert_eq!(user.handle.outbox_len().await, Ok(1));
    connection.sent(&post, 1, false).await;
    connection.message(&post, 1).await;
    assert!(matches!(user.news().await, Event::Said { seq: Seq(1), .. }));
    assert!(matches!(user.news().await, Event::Heard { message, .. } if message.id == id));
    user.handle.acknowledge(tea(), Seq(1)).await.unwrap();
    user.handle.stop().await.unwrap();
    let acknowledged = connection.command().await;
    assert!(matches!(acknowledged, Command::Ack { position, .. } if position.seq == Seq(1)));
    while connection.next().await.is_some() {}
    assert_eq!(user.news().await, Event::Stopped);
    let handle = user.handle.clone();
    assert_eq!(
        user.ended().await,
        [
            "1 open",
            "1 out hello",
            "1 in welcome",
            "1 out subscribe",
            "1 in subscribed",
            "1 out send",
            "1 in sent",
            "1 in message",
            "1 out ack",
            "1 close stopped"
        ]
    );
    assert_eq!(handle.cut().await, Err(Gone));
    assert_eq!(handle.say(tea(), body("x")).await, Err(CallError::Gone(Gone)));
}

#[tokio::test]
async fn a_page_is_read_and_one_of_the_largest_size_comes_through() {
    let server = Server::start().await;
    let mut user = User::start(options(vec![server.gateway()]));
    let mut connection = server.welcome().await;
    let text = body(&"\u{1}".repeat(8192));
    user.handle.say(tea(), text).await.unwrap();
    let post = connection.post().await;
    let read = user.handle.read(tea(), ReadFrom::Latest, 200).await.unwrap();
    let Command::Read { reference, .. } = connection.command().await else { panic!("no read") };
    let draft = post.into_draft("ann".parse().unwrap());
    let message = |seq| model::Message {
        conversation: draft.conversation.clone(),
        seq: Seq(seq),
        ordinal: model::Ordinal(seq),
        sender: draft.sender.clone(),
        id: draft.id,
        content: draft.content.clone(),
        lamport: 1,
        seen_seq: Seq(0),
        sent_at: draft.sent_at,
        received_at: draft.sent_at,
    };
    let messages = (1..=200).map(message).collect();
    let (epoch, first, head) = (Epoch(1), Seq(1), Seq(200));
    let page = Frame::Page {
        reference,
        conversation: tea(),
        epoch,
        first,
        head,
        messages,
        changes: Vec::new(),
        as_of: Seq(0),
    };
    connection.say(&page).await;
    let event = user.news().await;
    let Event::Page { read: found, messages, .. } = event else { panic!("{event:?}") };
    assert_eq!((found, messages.len()), (read, 200));
}

#[tokio::test]
async fn who_does_not_take_events_is_not_read_to_but_may_speak() {
    const MESSAGES: u64 = 500;
    let server = Server::start().await;
    let mut user =
        User::start(Options { events_max: 1, requests_max: 1, ..options(vec![server.gateway()]) });
    let mut connection = server.welcome().await;
    user.handle.subscribe(tea(), SubscribeFrom::Start).await.unwrap();
    subscribe(&mut connection).await;
    user.handle.say(tea(), body("first")).await.unwrap();
    let post = connection.post().await;
    for seq in 1..=MESSAGES {
        connection.message(&post, seq).await;
    }
    // The events are full: what is asked for is done all the same.
    user.handle.say(tea(), body("second")).await.unwrap();
    assert_eq!(connection.post().await.content, body("second").into());
    let read = user.seen.lines().iter().filter(|line| line.ends_with("message")).count();
    assert!(read <= 2, "{read} were read");
    let mut heard = 0;
    while heard < MESSAGES {
        if let Event::Heard { message, .. } = user.news().await {
            heard += 1;
            assert_eq!(message.seq, Seq(heard));
        }
    }
}

#[tokio::test]
async fn a_full_outbox_refuses_and_a_full_channel_waits() {
    let server = Server::start().await;
    let mut options = options(vec![server.gateway()]);
    options.session.outbox_max = 2;
    let user = User::start(options);
    for _ in 0..2 {
        user.handle.say(tea(), body("x")).await.unwrap();
    }
    let full = user.handle.say(tea(), body("x")).await;
    assert_eq!(full, Err(CallError::Refused(OutboxFull { most: 2 })));
}

#[tokio::test]
async fn many_are_said_without_waiting_for_each() {
    const MESSAGES: u64 = 2_000;
    let server = Server::start().await;
    let mut options = options(vec![server.gateway()]);
    options.session.outbox_max = 3_000;
    let mut user = User::start(options);
    let serve = async {
        let mut connection = server.welcome().await;
        for seq in 1..=MESSAGES {
            let post = connection.post().await;
            assert_eq!(post.id.counter, seq);
            connection.sent(&post, seq, false).await;
        }
        connection
    };
    let handle = user.handle.clone();
    let speak = async {
        for n in 0..MESSAGES {
            handle.say(tea(), body(&n.to_string())).await.unwrap();
        }
    };
    let listen = async {
        for seq in 1..=MESSAGES {
            let event = user.news().await;
            assert!(
                matches!(event, Event::Said { seq: found, .. } if found == Seq(seq)),
                "{event:?}"
            );
        }
    };
    soon("end of it", Box::pin(async { tokio::join!(serve, speak, listen) })).await;
}
