//! What was called back stays out.

use access::bounds::REVOCATIONS_MAX;
use access::{AccessError, Claims, RevocationError, Revocations, TokenId};
use model::Wall;
use proptest::prelude::*;
use serde_json::json;

use crate::support::{NOW, at, claims_with, now, token, user, verifier};

fn id(text: &str) -> TokenId {
    TokenId::new(text).unwrap()
}

#[test]
fn tokens_of_a_user_up_to_a_second_are_revoked_and_newer_ones_are_not() {
    let list = Revocations::parse(&format!("user ann issued-through {NOW}\n")).unwrap();
    let issued = |who: &str, issued_at: Option<Wall>| {
        list.is_revoked(&Claims { issued_at, ..Claims::new(user(who), now()) })
    };
    assert!(issued("ann", Some(at(NOW - 1))) && issued("ann", Some(Wall(NOW * 1000 + 999))));
    assert!(!issued("ann", Some(at(NOW + 1))) && !issued("ben", Some(at(NOW - 1))));
    assert!(issued("ann", None), "it may be old");
}

#[test]
fn a_revoked_token_is_refused_and_others_of_the_user_are_not() {
    let list = Revocations::parse("token abc expires-at 1900000000 # lost phone").unwrap();
    let verifier = verifier().with_revocations(list);
    let answer = |jti: &str| verifier.verify(&token(&claims_with("jti", json!(jti))), now());
    assert_eq!(answer("abc"), Err(AccessError::Revoked));
    assert!(answer("abcd").is_ok());
    assert!(verifier.verify(&token(&claims_with("iat", json!(NOW))), now()).is_ok());
    let grant = answer("abcd").unwrap();
    assert!(!verifier.revocations().is_revoked(grant.claims()));
}

#[test]
fn a_list_is_read_and_written() {
    let text = "# who and why\n\nuser ann issued-through 7\n  user ann issued-through 5\ntoken x expires-at 9\n";
    let list = Revocations::parse(text).unwrap();
    let written = "user ann issued-through 7\ntoken x expires-at 9\n";
    assert_eq!(list.to_string(), written);
    assert_eq!(Revocations::parse(written), Ok(list));
    assert!(Revocations::parse("").unwrap().is_empty());
}

#[test]
fn a_line_that_is_no_entry_is_named() {
    for wrong in [
        "ann",
        "user ann",
        "user ann issued-through",
        "user ann issued-through soon",
        "user ann issued-through -1",
        "user ann issued-through 99999999999999999999",
        "user ann issued-through 18446744073709551615",
        "user a/b issued-through 1",
        "user ann expires-at 1",
        "token x expires-at 1 2",
        "token ä expires-at 1",
    ] {
        let refused = Revocations::parse(&format!("# first\n{wrong}")).unwrap_err();
        assert!(matches!(refused, RevocationError::Line { line: 2, .. }), "{wrong}: {refused}");
    }
}

#[test]
fn at_its_bound_a_list_forgets_nothing_and_refuses_to_grow() {
    let mut list = Revocations::default();
    for n in 1..REVOCATIONS_MAX {
        list.revoke_token(id(&n.to_string()), at(NOW)).unwrap();
    }
    list.revoke_user(user("ann"), at(NOW)).unwrap();
    assert_eq!(list.len(), REVOCATIONS_MAX);
    assert_eq!(list.revoke_user(user("ben"), at(NOW)), Err(RevocationError::Full));
    assert_eq!(list.revoke_token(id("x"), at(NOW)), Err(RevocationError::Full));
    list.revoke_user(user("ann"), at(NOW + 1)).expect("it is there already");
    list.revoke_token(id("1"), at(NOW + 9)).expect("it is there already");
    let whole = list.to_string();
    assert_eq!(Revocations::parse(&whole), Ok(list.clone()));
    assert_eq!(
        Revocations::parse(&format!("{whole}token x expires-at 1")),
        Err(RevocationError::Full)
    );
    list.drop_expired(at(NOW + 65));
    assert_eq!(list.len(), 2, "ann, and the one that expires later");
}

#[test]
fn an_entry_is_kept_as_long_as_its_token_would_be_taken() {
    let mut list = Revocations::parse(&format!("token x expires-at {NOW}")).unwrap();
    let token = token(&json!({"sub": "ann", "jti": "x", "exp": NOW as f64 + 0.9}));
    let taken = |now: Wall| verifier().verify(&token, now).is_ok();
    for now in (NOW * 1000 + 60_800..NOW * 1000 + 60_900).map(Wall) {
        list.drop_expired(now);
        assert!(taken(now) && !list.is_empty());
    }
    let end = Wall(NOW * 1000 + 61_000);
    list.drop_expired(end);
    assert!(!taken(end) && list.is_empty());
}

proptest! {
    #[test]
    fn whatever_is_read_is_written_the_same(text in "((user|token) [a-c]{1,2} (issued-through|expires-at) [0-9]{1,4}\n){0,8}") {
        if let Ok(list) = Revocations::parse(&text) {
            prop_assert_eq!(Revocations::parse(&list.to_string()), Ok(list));
        }
    }
}
