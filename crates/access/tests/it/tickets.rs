//! Tickets open one connection, once, soon.

use access::bounds::{TICKET_LIFE, TICKETS_MAX};
use access::{Grant, Tickets};
use model::{SeededState, Wall};
use serde_json::json;

use crate::support::{NOW, now, token, user, verifier};

fn tickets() -> Tickets {
    Tickets::new(SeededState(1, 2))
}

fn ann() -> Grant {
    Grant::unverified(user("ann"))
}

fn life_ms() -> u64 {
    u64::try_from(TICKET_LIFE.as_millis()).unwrap()
}

#[test]
fn a_ticket_is_redeemed_once() {
    let mut tickets = tickets();
    let [one, two] = [1, u128::MAX].map(|dice| tickets.issue(ann(), dice, now()));
    assert_eq!((one.len(), tickets.len()), (32, 2));
    assert_eq!(tickets.redeem(&one, now()), Some(ann()));
    assert_eq!(tickets.redeem(&one, now()), None);
    assert_eq!(tickets.redeem(&two, now()), Some(ann()));
    assert!(tickets.is_empty());
}

#[test]
fn a_ticket_is_worth_something_for_its_life_and_no_millisecond_longer() {
    let mut tickets = tickets();
    let redeemed = |tickets: &mut Tickets, then: u64| {
        let ticket = tickets.issue(ann(), 7, Wall(1000));
        tickets.redeem(&ticket, Wall(then)).is_some()
    };
    assert!(redeemed(&mut tickets, 1000) && redeemed(&mut tickets, 999 + life_ms()));
    assert!(!redeemed(&mut tickets, 1000 + life_ms()) && !redeemed(&mut tickets, u64::MAX));
    assert!(!redeemed(&mut tickets, 999), "the clock was set back");
    assert!(tickets.is_empty(), "and it does not come back");
}

#[test]
fn a_ticket_does_not_outlive_what_was_granted() {
    let mut tickets = tickets();
    let grant = verifier().verify(&token(&json!({"sub": "ann", "exp": NOW - 50})), now()).unwrap();
    let [early, late] = [1, 2].map(|dice| tickets.issue(grant.clone(), dice, now()));
    assert!(tickets.redeem(&early, Wall(NOW * 1000 + 9_999)).is_some());
    assert!(tickets.redeem(&late, Wall(NOW * 1000 + 10_000)).is_none());
}

#[test]
fn what_is_no_ticket_is_refused() {
    let mut tickets = tickets();
    let ticket = tickets.issue(ann(), 0xabc, now());
    let plus = format!("+{}", &ticket[1..]);
    for wrong in ["", "abc", "0xabc", &plus, &ticket[1..], &format!("0{ticket}"), &"é".repeat(16)]
    {
        assert_eq!(tickets.redeem(wrong, now()), None, "{wrong:?}");
    }
    assert!(tickets.redeem(&ticket, now()).is_some());
}

#[test]
fn at_the_bound_the_oldest_that_still_waits_is_dropped() {
    let mut tickets = tickets();
    let bound = u128::try_from(TICKETS_MAX).unwrap();
    let first: Vec<String> = (0..3).map(|dice| tickets.issue(ann(), dice, now())).collect();
    assert!(tickets.redeem(&first[0], now()).is_some(), "makes room");
    for dice in 3..=bound {
        tickets.issue(ann(), dice, now());
    }
    assert_eq!(tickets.len(), TICKETS_MAX);
    tickets.issue(ann(), bound + 1, now());
    assert_eq!(tickets.len(), TICKETS_MAX);
    assert_eq!(tickets.redeem(&first[1], now()), None, "dropped");
    assert!(tickets.redeem(&first[2], now()).is_some(), "kept");
}

#[test]
fn the_dead_make_room_for_the_living() {
    let mut tickets = tickets();
    for dice in 0..100 {
        tickets.issue(ann(), dice, Wall(0));
    }
    tickets.issue(ann(), 100, Wall(life_ms()));
    assert_eq!(tickets.len(), 1);
}

#[test]
fn dice_that_fall_the_same_way_twice_leave_one_ticket() {
    let mut tickets = tickets();
    let ticket = tickets.issue(Grant::unverified(user("ben")), 5, now());
    assert_eq!(tickets.issue(ann(), 5, now()), ticket);
    assert_eq!(tickets.len(), 1);
    assert_eq!(tickets.redeem(&ticket, now()), Some(ann()));
}

#[test]
fn tickets_are_not_printed() {
    let mut tickets = tickets();
    tickets.issue(ann(), 5, now());
    assert_eq!(format!("{tickets:?}"), "Tickets(1, hidden)");
}
