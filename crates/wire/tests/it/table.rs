//! Codes: each its text, each refusal its code.

use model::{InstanceId, MessageId, Refusal, Role, Seq};
use wire::{About, CloseCode, Code, Problem, busy_reason, retry_after_of, retry_after_of_header};

#[test]
fn every_code_reads_back_and_one_of_tomorrow_is_other() {
    for &code in Code::ALL {
        assert_eq!(code.text().parse(), Ok(code));
    }
    assert_eq!("too_late".parse(), Ok(Code::Other));
}

#[test]
fn every_refusal_is_a_problem_with_its_retry_and_what_it_is_about() {
    let id = MessageId { instance: InstanceId(7), counter: 3 };
    let refusals = [
        Refusal::Busy { bound: "undurable".to_owned(), retry_after_ms: 10 },
        Refusal::DiskFull,
        Refusal::OutcomeUnknown,
        Refusal::IdempotencyConflict { id, seq: Seq(9) },
        Refusal::Expired { id },
        Refusal::LamportJump { counter: 5_000_000, most: 1_048_577 },
        Refusal::SeenAhead { seen_seq: Seq(12), head: Seq(11) },
        Refusal::NotFound,
        Refusal::Forbidden { needs: Role::Admin },
        Refusal::NoSuchMessage { target: Seq(3) },
        Refusal::Exists { conversation: "tea".parse().unwrap() },
        Refusal::LastOwner,
        Refusal::TooManyMembers { most: 10_000 },
    ];
    let about =
        About { reference: Some(1), id: Some(id), conversation: Some("tea".parse().unwrap()) };
    let mut shown = String::new();
    for refusal in refusals {
        let problem = Problem::from((about.clone(), refusal.clone()));
        assert_eq!(problem.retry, refusal.retry());
        assert_eq!((problem.reference, problem.id), (Some(1), Some(id)));
        assert_eq!(problem.conversation, about.conversation);
        shown += &format!("{} ({:?})\n    {}\n", problem.code, problem.retry, problem.detail);
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn only_3500_to_3999_say_do_not_come_back() {
    let stay_away = |code| !CloseCode(code).connect_again();
    assert!([3500, 3501, 3999].into_iter().all(stay_away));
    assert!(![1000, 1001, 1006, 1013, 3000, 3003, 3004, 3499, 4000].into_iter().any(stay_away));
}

#[test]
fn a_refused_upgrade_says_how_long_to_wait_in_seconds() {
    assert_eq!(retry_after_of_header(" 5 "), Some(5_000));
    assert_eq!(retry_after_of_header("0"), Some(0));
    assert_eq!(retry_after_of_header("4294968"), Some(u32::MAX), "longer than can be said");
    assert_eq!(retry_after_of_header("18446744073709551615"), Some(u32::MAX));
    for none in ["", "-1", "1.5", "Fri, 31 Dec 1999 23:59:59 GMT"] {
        assert_eq!(retry_after_of_header(none), None, "{none}");
    }
}

#[test]
fn a_busy_reason_says_how_long_to_wait() {
    assert_eq!(busy_reason(250), r#"{"retry_after_ms":250}"#);
    assert_eq!(retry_after_of(&busy_reason(250)), Some(250));
    assert_eq!(retry_after_of("come back later"), None);
    assert_eq!(retry_after_of(r#"{"retry_after_ms":-1}"#), None);
}
