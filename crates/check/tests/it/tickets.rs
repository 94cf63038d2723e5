//! A ticket opens one connection.

use check::Kind;

use crate::history::{History, assert_found, check};

#[test]
fn a_ticket_that_opens_a_second_connection_is_found_one_that_is_refused_is_not() {
    let (once, refused) = (History::client(1).by_ticket("t"), History::client(3).hello_by("t"));
    let report = check(&[once, refused, History::client(4).by_ticket("u")]);
    assert!(report.is_green(), "{report}");
    assert_eq!(report.counts.tickets, 2);
    assert_found(
        &[History::client(1).by_ticket("t"), History::client(2).by_ticket("t")],
        Kind::TicketTwice,
        &[Kind::TicketTwice],
        "ticket_twice: a ticket opened a second connection [h0:4, h1:4]",
    );
}
