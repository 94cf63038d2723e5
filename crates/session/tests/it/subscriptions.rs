//! The conversations that are followed.

use model::{ConversationId, Epoch, Position, ReadFrom, Retry, Seq};
use session::{Event, Options, ReadId, TooManyReads, TooManySubscriptions};
use wire::{About, Code, Command, Frame, Problem, SubscribeFrom};

use crate::rig::{EPOCH, Rig, message, options, tea};

fn at(epoch: u32, seq: u64) -> Position {
    Position { epoch: Epoch(epoch), seq: Seq(seq) }
}

fn subscribe(from: SubscribeFrom, rig: &mut Rig) -> Option<u64> {
    rig.session.subscribe(tea(), from).unwrap();
    asked(rig, from)
}

/// It asks for the conversation from there, under this number.
fn asked(rig: &mut Rig, expected: SubscribeFrom) -> Option<u64> {
    match rig.commands().as_slice() {
        [Command::Subscribe { reference, conversation, from }] => {
            assert_eq!((conversation, *from), (&tea(), expected));
            *reference
        }
        other => panic!("{other:?}"),
    }
}

fn subscribed(reference: Option<u64>, epoch: u32, recovered: bool, next: u64, head: u64) -> Frame {
    let (epoch, next, head) = (Epoch(epoch), Seq(next), Seq(head));
    Frame::Subscribed { reference, conversation: tea(), epoch, recovered, next, head }
}

fn said(epoch: u32, seq: u64) -> Frame {
    Frame::Message { epoch: Epoch(epoch), message: message(tea(), seq, 1) }
}

/// The sequence numbers that were heard; nothing else must have happened.
fn heard(rig: &mut Rig) -> Vec<u64> {
    let seq = |event| {
        let Event::Heard { message, .. } = event else { panic!("{event:?}") };
        message.seq.0
    };
    rig.events().into_iter().map(seq).collect()
}

/// A subscription from the start that has heard so many.
fn running(options: Options, heard_to: u64) -> Rig {
    let mut rig = Rig::open(options);
    let reference = subscribe(SubscribeFrom::Start, &mut rig);
    rig.frame(subscribed(reference, 1, true, 1, heard_to));
    (1..=heard_to).for_each(|seq| rig.frame(said(1, seq)));
    rig.events();
    rig
}

#[test]
fn what_comes_is_heard_once_in_order() {
    let mut rig = Rig::open(options());
    let reference = subscribe(SubscribeFrom::Last(2), &mut rig);
    rig.frame(subscribed(reference, 1, true, 4, 5));
    assert!(matches!(rig.events()[..], [Event::Subscribed { next: Seq(4), recovered: true, .. }]));
    for seq in [4, 4, 5, 4, 5, 6] {
        rig.frame(said(1, seq));
    }
    assert_eq!(heard(&mut rig), [4, 5, 6]);
    assert_eq!(rig.session.position(&tea()), Some(at(1, 6)));
}

#[test]
fn a_gap_is_a_broken_promise_and_is_said() {
    let mut rig = running(options(), 1);
    rig.frame(said(1, 4));
    let events = rig.events();
    let gap = Event::Gap { conversation: tea(), expected: at(1, 2), found: at(1, 4) };
    assert!(events.len() == 2 && events[0] == gap, "{events:?}");
    rig.frame(said(1, 5));
    assert_eq!(heard(&mut rig), [5]);
    rig.frame(said(2, 6));
    assert!(matches!(rig.events()[..], [Event::Gap { .. }, Event::Heard { .. }]));
}

#[test]
fn after_a_lost_connection_it_goes_on_from_its_position() {
    let mut rig = running(options(), 3);
    rig.reconnect();
    let reference = asked(&mut rig, SubscribeFrom::After(at(1, 3)));
    rig.frame(subscribed(reference, 1, true, 4, 9));
    rig.frame(said(1, 3));
    rig.frame(said(1, 4));
    rig.events().remove(0);
    rig.frame(said(1, 5));
    assert_eq!(heard(&mut rig), [5]);
}

#[test]
fn before_anything_was_received_it_begins_where_it_was_to_begin() {
    let mut rig = Rig::open(options());
    subscribe(SubscribeFrom::Cursor, &mut rig);
    rig.reconnect();
    let reference = asked(&mut rig, SubscribeFrom::Cursor);
    // Where it begins is known from here on, and kept, though no message came.
    rig.frame(subscribed(reference, 1, true, 8, 9));
    rig.events();
    rig.reconnect();
    asked(&mut rig, SubscribeFrom::After(at(1, 7)));
}

#[test]
fn a_recovery_that_skips_is_a_gap() {
    let mut rig = running(options(), 3);
    rig.reconnect();
    let reference = asked(&mut rig, SubscribeFrom::After(at(1, 3)));
    rig.frame(subscribed(reference, 1, true, 6, 9));
    let gap = Event::Gap { conversation: tea(), expected: at(1, 4), found: at(1, 6) };
    assert_eq!(rig.events()[1..], [gap]);
}

#[test]
fn what_was_not_recovered_is_forgotten_and_it_goes_on_from_next() {
    let mut rig = running(options(), 3);
    rig.session.acknowledge(&tea(), Seq(3), rig.now);
    rig.reconnect();
    let reference = asked(&mut rig, SubscribeFrom::After(at(1, 3)));
    rig.frame(subscribed(reference, 2, false, 9, 8));
    assert!(matches!(rig.events()[..], [Event::Subscribed { recovered: false, .. }]));
    rig.wait_ms(100);
    assert_eq!(rig.commands(), [], "what was acknowledged is forgotten too");
    rig.frame(said(2, 9));
    assert_eq!(heard(&mut rig), [9]);
    rig.reconnect();
    asked(&mut rig, SubscribeFrom::After(at(2, 9)));
}

#[test]
fn history_may_be_lost_under_a_running_subscription() {
    let mut rig = running(Options { acknowledge_on_hearing: true, ..options() }, 3);
    rig.frame(subscribed(None, 2, false, 7, 6));
    rig.frame(said(2, 7));
    assert!(matches!(rig.events()[..], [Event::Subscribed { .. }, Event::Heard { .. }]));
    rig.wait_ms(100);
    assert_eq!(rig.commands(), [Command::Ack { conversation: tea(), position: at(2, 7) }]);
}

#[test]
fn a_subscription_that_was_replaced_is_not_listened_to() {
    let mut rig = running(options(), 3);
    rig.session.subscribe(tea(), SubscribeFrom::Start).unwrap();
    rig.frame(said(1, 4));
    let old = asked(&mut rig, SubscribeFrom::Start);
    rig.frame(said(1, 5));
    rig.frame(subscribed(None, 2, false, 9, 8));
    let new = subscribe(SubscribeFrom::Last(1), &mut rig);
    rig.frame(subscribed(old, 1, true, 1, 5));
    rig.frame(said(1, 1));
    assert_eq!(heard(&mut rig), [0; 0]);
    rig.frame(subscribed(new, 1, true, 5, 5));
    rig.frame(said(1, 5));
    assert_eq!(rig.events().len(), 2);
}

#[test]
fn who_unsubscribes_says_first_what_is_acknowledged_and_hears_no_more() {
    let mut rig = running(options(), 3);
    rig.session.acknowledge(&tea(), Seq(2), rig.now);
    rig.session.unsubscribe(&tea());
    let acknowledged = Command::Ack { conversation: tea(), position: at(1, 2) };
    let commands = rig.commands();
    let [ack, Command::Unsubscribe { reference, .. }] = &commands[..] else {
        panic!("{commands:?}")
    };
    assert_eq!(*ack, acknowledged);
    rig.frame(said(1, 4));
    rig.frame(Frame::Unsubscribed { reference: *reference, conversation: tea() });
    assert_eq!(rig.events(), [Event::Unsubscribed { conversation: tea(), asked: true }]);
    rig.reconnect();
    assert_eq!(rig.commands(), []);
}

#[test]
fn who_is_removed_hears_no_more_and_does_not_ask_again() {
    let mut rig = running(options(), 3);
    rig.frame(Frame::Unsubscribed { reference: None, conversation: tea() });
    assert_eq!(rig.events(), [Event::Unsubscribed { conversation: tea(), asked: false }]);
    rig.frame(said(1, 4));
    assert_eq!(rig.events(), []);
    rig.reconnect();
    assert_eq!(rig.commands(), []);
}

#[test]
fn what_was_to_end_on_a_lost_connection_has_ended() {
    let mut rig = running(options(), 3);
    rig.session.unsubscribe(&tea());
    rig.reconnect();
    assert_eq!(rig.commands(), []);
}

#[test]
fn acknowledgements_are_gathered_cumulative_and_never_beyond_what_came() {
    let mut rig = running(options(), 5);
    rig.session.acknowledge(&tea(), Seq(2), rig.now);
    rig.wait_ms(60);
    rig.session.acknowledge(&tea(), Seq(1), rig.now);
    rig.session.acknowledge(&tea(), Seq(4), rig.now);
    assert_eq!(rig.commands(), []);
    rig.wait_ms(40);
    let ack = |seq| Command::Ack { conversation: tea(), position: at(1, seq) };
    assert_eq!(rig.commands(), [ack(4)]);
    rig.session.acknowledge(&tea(), Seq(9), rig.now);
    rig.wait_ms(100);
    assert_eq!(rig.commands(), [ack(5)]);
    rig.session.acknowledge(&tea(), Seq(5), rig.now);
    rig.wait_ms(100);
    assert_eq!(rig.commands(), []);
}

#[test]
fn an_acknowledgement_is_said_again_on_another_connection_once_the_subscription_runs() {
    let mut rig = running(options(), 5);
    rig.session.acknowledge(&tea(), Seq(5), rig.now);
    rig.reconnect();
    let reference = asked(&mut rig, SubscribeFrom::After(at(1, 5)));
    rig.wait_ms(100);
    assert_eq!(rig.commands(), []);
    rig.frame(subscribed(reference, 1, true, 6, 5));
    rig.wait_ms(100);
    assert_eq!(rig.commands(), [Command::Ack { conversation: tea(), position: at(1, 5) }]);
}

#[test]
fn who_stops_says_first_what_is_acknowledged() {
    let mut rig = running(options(), 5);
    rig.session.acknowledge(&tea(), Seq(5), rig.now);
    rig.session.stop();
    let ack = Command::Ack { conversation: tea(), position: at(1, 5) };
    assert_eq!(rig.doings(), [session::Do::Send(ack), session::Do::Close]);
}

fn problem(reference: Option<u64>, retry: Retry) -> Frame {
    let about = About { reference, ..About::default() };
    Frame::Problem(Problem { retry, ..Problem::never(about, Code::Busy, "too much") })
}

#[test]
fn a_refused_subscription_is_asked_for_again_or_given_up_as_told() {
    let mut rig = Rig::open(options());
    let reference = subscribe(SubscribeFrom::Start, &mut rig);
    rig.frame(problem(reference, Retry::After(50)));
    rig.wait_ms(49);
    assert_eq!(rig.commands(), []);
    rig.wait_ms(1);
    let reference = asked(&mut rig, SubscribeFrom::Start);
    rig.frame(problem(reference, Retry::Never));
    let events = rig.events();
    assert!(
        matches!(&events[..], [Event::Problem(problem)] if problem.conversation == Some(tea())),
        "{events:?}"
    );
    rig.reconnect();
    assert_eq!(rig.commands(), []);
}

#[test]
fn a_read_is_asked_until_its_page_comes() {
    let mut rig = Rig::open(options());
    let read = rig.session.read(tea(), ReadFrom::Latest, 1_000).unwrap();
    let command = Command::Read {
        reference: Some(read.0),
        conversation: tea(),
        from: ReadFrom::Latest,
        limit: 200,
    };
    assert_eq!(rig.commands(), std::slice::from_ref(&command));
    rig.frame(problem(Some(read.0), Retry::After(20)));
    rig.wait_ms(20);
    assert_eq!(rig.commands(), std::slice::from_ref(&command));
    rig.reconnect();
    assert_eq!(rig.commands(), [command]);
    let page = |reference| Frame::Page {
        reference,
        conversation: tea(),
        epoch: EPOCH,
        first: Seq(1),
        head: Seq(2),
        messages: vec![message(tea(), 2, 1)],
        changes: Vec::new(),
        as_of: Seq(2),
    };
    rig.frame(page(Some(read.0 + 1)));
    rig.frame(page(Some(read.0)));
    rig.frame(page(Some(read.0)));
    let events = rig.events();
    assert!(
        matches!(&events[..], [Event::Page { read: found, messages, .. }] if *found == read && messages.len() == 1),
        "{events:?}"
    );
}

#[test]
fn a_read_that_will_never_be_answered_is_a_problem() {
    let mut rig = Rig::open(options());
    let ReadId(reference) = rig.session.read(tea(), ReadFrom::Seq(Seq(1)), 1).unwrap();
    rig.commands();
    rig.frame(problem(Some(reference), Retry::Never));
    assert!(matches!(rig.events()[..], [Event::Problem(_)]));
    rig.reconnect();
    assert_eq!(rig.commands(), []);
}

#[test]
fn subscriptions_and_reads_have_their_bounds() {
    let mut rig = Rig::open(Options { subscriptions_max: 2, reads_max: 1, ..options() });
    let name = |n: u32| n.to_string().parse::<ConversationId>().unwrap();
    for n in [0, 1, 1] {
        rig.session.subscribe(name(n), SubscribeFrom::Start).unwrap();
    }
    let third = rig.session.subscribe(name(2), SubscribeFrom::Start);
    assert_eq!(third, Err(TooManySubscriptions { most: 2 }));
    rig.session.unsubscribe(&name(0));
    rig.session.subscribe(name(2), SubscribeFrom::Start).unwrap();
    rig.session.read(tea(), ReadFrom::Latest, 1).unwrap();
    let second = rig.session.read(tea(), ReadFrom::Latest, 1);
    assert_eq!(second, Err(TooManyReads { most: 1 }));
}
