//! The connection.

use std::time::Duration;

use model::Mono;
use session::{Do, Event, Lost, Options, Session};
use wire::{CloseCode, Command, Frame, Proof};

use crate::rig::{Rig, message, options, tea};

#[test]
fn it_connects_at_once_and_greets_before_all_else() {
    let mut rig = Rig::new(options());
    rig.say("too early");
    assert_eq!(rig.doings(), [Do::Connect { gateway: 0 }]);
    rig.say("still too early");
    rig.session.handle_connected(rig.now);
    let hello = Command::Hello {
        reference: None,
        user: "ann".parse().unwrap(),
        device: "phone".parse().unwrap(),
        instance: crate::rig::ME,
        proof: None,
    };
    assert_eq!(rig.commands(), [hello]);
    assert_eq!(rig.commands(), []);
    rig.frame(Frame::Welcome { reference: None, heartbeat_ms: 1_000, expires_at: None });
    let heartbeat = Duration::from_secs(1);
    assert_eq!(rig.events(), [Event::Welcomed { heartbeat }]);
    assert_eq!(rig.counters(), [1, 2]);
}

#[test]
fn who_sends_nothing_for_a_heartbeat_pings() {
    let mut rig = Rig::open(options());
    rig.wait_ms(999);
    assert_eq!(rig.commands(), []);
    assert_eq!(rig.session.poll_timeout(), Some(rig.now + Duration::from_millis(1)));
    rig.wait_ms(1);
    assert_eq!(rig.commands(), [Command::Ping { reference: None }]);
    rig.frame(Frame::Pong { reference: None });
    rig.wait_ms(500);
    rig.say("this is a sign of life as well");
    assert_eq!(rig.counters(), [1]);
    rig.wait_ms(999);
    assert_eq!(rig.commands(), []);
}

#[test]
fn after_three_silent_heartbeats_it_gives_up() {
    let mut rig = Rig::open(options());
    rig.wait_ms(2_999);
    assert_eq!(rig.commands(), [Command::Ping { reference: None }]);
    assert_eq!(rig.session.poll_timeout(), Some(rig.now + Duration::from_millis(1)));
    rig.wait_ms(1);
    assert_eq!(rig.doings(), [Do::Close]);
    assert_eq!(rig.session.poll_timeout(), None);
    rig.lose();
}

#[test]
fn any_frame_is_a_sign_of_life_and_so_is_one_of_the_shell() {
    let mut rig = Rig::open(options());
    rig.wait_ms(2_999);
    rig.frame(Frame::Message { epoch: crate::rig::EPOCH, message: message(tea(), 1, 1) });
    rig.wait_ms(2_999);
    rig.session.handle_sign_of_life(rig.now);
    rig.wait_ms(2_999);
    assert!(!rig.doings().contains(&Do::Close));
    rig.wait_ms(1);
    assert_eq!(rig.doings(), [Do::Close]);
}

#[test]
fn a_try_that_takes_too_long_and_a_server_that_does_not_welcome_are_given_up() {
    let mut rig = Rig::new(options());
    rig.doings();
    rig.wait_ms(9_999);
    assert_eq!(rig.doings(), []);
    rig.wait_ms(1);
    assert_eq!(rig.doings(), [Do::Close]);
    let wait = rig.lose();
    rig.wait(wait);
    rig.doings();
    rig.session.handle_connected(rig.now);
    rig.doings();
    rig.wait_ms(30_000);
    assert_eq!(rig.doings(), [Do::Close]);
}

fn within(wait: Duration, from: u64, to: u64) {
    let edges = Duration::from_secs(from)..=Duration::from_secs(to);
    assert!(edges.contains(&wait), "{wait:?} is not {from} to {to} s");
}

#[test]
fn it_waits_longer_and_longer_and_not_a_moment_less() {
    let mut rig = Rig::new(options());
    for (from, to) in [(1, 2), (2, 4), (4, 8), (8, 16), (60, 70), (60, 70)] {
        assert!(matches!(rig.doings()[..], [Do::Connect { .. }]));
        let wait = rig.lose();
        within(wait, from, to);
        assert_eq!(rig.session.poll_timeout(), Some(rig.now + wait));
        rig.wait(wait - Duration::from_nanos(1));
        assert_eq!(rig.doings(), []);
        rig.wait(Duration::from_nanos(1));
    }
}

#[test]
fn only_a_connection_that_stood_for_a_minute_starts_anew() {
    let mut rig = Rig::new(options());
    rig.doings();
    for _ in 0..3 {
        let wait = rig.lose();
        rig.wait(wait);
        rig.doings();
    }
    rig.session.handle_connected(rig.now);
    rig.wait(Duration::from_secs(60) - Duration::from_nanos(1));
    within(rig.lose(), 8, 16);
    rig.wait_ms(20_000);
    rig.doings();
    rig.session.handle_connected(rig.now);
    rig.wait(Duration::from_secs(60));
    // Given up for its silence, it still stood.
    assert_eq!(rig.doings(), [Do::Close]);
    within(rig.lose(), 1, 2);
    rig.wait_ms(2_000);
    rig.doings();
    rig.wait_ms(70_000);
    within(rig.lose(), 2, 4);
}

#[test]
fn a_server_that_is_too_busy_is_left_alone_as_long_as_it_asks() {
    let mut rig = Rig::open(options());
    let lost = Lost::Closed { code: CloseCode::TOO_BUSY, retry_after_ms: Some(5_000) };
    rig.session.handle_disconnected(lost, rig.now);
    assert_eq!(rig.events(), [Event::Disconnected { again_in: Duration::from_secs(5) }]);
    rig.wait_ms(5_000);
    rig.doings();
    let lost = Lost::Closed { code: CloseCode::TOO_BUSY, retry_after_ms: Some(1) };
    rig.session.handle_disconnected(lost, rig.now);
    let [Event::Disconnected { again_in }] = rig.events()[..] else { panic!("not lost") };
    within(again_in, 2, 4);
}

#[test]
fn a_server_that_refuses_a_try_is_left_alone_as_long_as_it_asks() {
    let mut rig = Rig::new(options());
    for (retry_after_ms, from, to) in [(Some(5_000), 5, 5), (Some(1), 2, 4), (None, 4, 8)] {
        rig.doings();
        rig.session.handle_disconnected(Lost::Refused { retry_after_ms }, rig.now);
        let [Event::Disconnected { again_in }] = rig.events()[..] else { panic!("not lost") };
        within(again_in, from, to);
        rig.wait(again_in);
    }
}

#[test]
fn a_token_is_shown_again_where_it_may_be_known_later_and_a_ticket_is_not() {
    let lost = Lost::Closed { code: CloseCode::STALE, retry_after_ms: None };
    let after = |proof| {
        let mut rig = Rig::open(Options { proof: Some(proof), ..options() });
        rig.session.handle_disconnected(lost, rig.now);
        rig.session.is_stopped()
    };
    assert!(!after(Proof::Token("t".to_owned())));
    assert!(after(Proof::Ticket("t".to_owned())));
}

#[test]
fn a_server_that_says_do_not_come_back_is_not_asked_again() {
    let mut rig = Rig::open(options());
    let lost = Lost::Closed { code: CloseCode::NO_HELLO, retry_after_ms: None };
    rig.session.handle_disconnected(lost, rig.now);
    assert_eq!(rig.events(), [Event::Stopped]);
    rig.wait_ms(1_000_000);
    assert_eq!((rig.doings(), rig.session.poll_timeout()), (vec![], None));
    assert!(rig.session.is_stopped());
}

#[test]
fn the_first_gateway_is_drawn_and_then_it_goes_round() {
    let mut first = [0; 3];
    for seed in 0..300 {
        let mut rig = Rig::new(Options { seed, gateways: 3, ..options() });
        let mut went = Vec::new();
        for _ in 0..4 {
            let [Do::Connect { gateway }] = rig.doings()[..] else { panic!("no try") };
            went.push(gateway);
            let wait = rig.lose();
            rig.wait(wait);
        }
        first[went[0]] += 1;
        assert_eq!(went[1..], [(went[0] + 1) % 3, (went[0] + 2) % 3, went[0]]);
    }
    assert!(first.iter().all(|&times| times > 70), "{first:?}");
}

#[test]
fn to_stop_is_to_close_and_never_to_connect_again() {
    let mut rig = Rig::open(options());
    rig.session.stop();
    assert_eq!(rig.doings(), [Do::Close]);
    rig.session.handle_disconnected(Lost::Broken, rig.now);
    assert_eq!(rig.events(), [Event::Stopped]);
    rig.session.stop();
    assert_eq!(rig.events(), []);

    let mut connecting = Rig::new(options());
    connecting.doings();
    connecting.session.stop();
    assert_eq!(connecting.doings(), [Do::Close]);

    let mut down = Session::new(options(), Mono(0));
    down.stop();
    assert_eq!((down.next_command(), down.next_event()), (None, Some(Event::Stopped)));
}

#[test]
fn a_heartbeat_of_nothing_does_not_make_it_spin() {
    let mut rig = Rig::new(options());
    rig.doings();
    rig.session.handle_connected(rig.now);
    rig.commands();
    rig.frame(Frame::Welcome { reference: None, heartbeat_ms: 0, expires_at: None });
    assert_eq!(rig.commands(), []);
    assert!(rig.session.poll_timeout() > Some(rig.now));
}
