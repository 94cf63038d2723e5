//! What tokens say besides who it is, and that ours say what we mean.

use std::collections::BTreeSet;

use access::{AccessError, Capabilities, Claims, Grant, Role, Signer, TokenId};
use model::{DeviceId, Wall};
use serde_json::{Value, json};

use crate::support::{
    NOW, at, claims_with, conversation, now, pair, secret, token, user, verifier, verify,
};

fn refused(name: &str, value: Value) -> bool {
    let answer = verify(&token(&claims_with(name, value)));
    matches!(answer, Err(AccessError::Claim { claim, .. }) if claim == name)
}

fn granted(name: &str, value: Value) -> Grant {
    verify(&token(&claims_with(name, value))).unwrap()
}

#[test]
fn what_is_signed_is_what_comes_out_to_the_second() {
    let mut claims = Claims::new(user("ann"), at(NOW + 60));
    claims.not_before = Some(at(NOW));
    claims.issued_at = Some(at(NOW));
    claims.issuer = Some("https://id.example".to_owned());
    claims.device = Some(DeviceId::new("phone").unwrap());
    claims.token_id = Some(TokenId::random(7));
    claims.roles = BTreeSet::from(Role::ALL);
    let capabilities = Capabilities::nothing().with_text("tea=read").unwrap();
    claims.capabilities = Some(capabilities.with_text("x*=read,send").unwrap());
    for signer in [Signer::shared(&secret()), Signer::ed25519(&pair(1))] {
        let token = signer.sign(&claims).unwrap();
        assert_eq!(*verify(&token).unwrap().claims(), claims);
    }
    let between = Claims::new(user("ann"), Wall(NOW * 1000 + 999));
    let token = Signer::shared(&secret()).sign(&between).unwrap();
    assert_eq!(verify(&token).unwrap().claims().expires_at, at(NOW), "never later than asked");
}

#[test]
fn a_token_that_nobody_would_take_is_not_signed() {
    let mut claims = Claims::new(user("ann"), now());
    claims.issuer = Some("i".repeat(9000));
    let refused = Signer::shared(&secret()).sign(&claims);
    assert!(matches!(refused, Err(AccessError::TooLarge { bytes: 12000.. })));
}

#[test]
fn roles_that_are_not_known_give_nothing() {
    let grant = granted("roles", json!(["admin", "root", "Analyst", ""]));
    assert!(grant.has(Role::Admin) && !grant.has(Role::Analyst));
    assert_eq!(grant.roles().len(), 1);
    assert!(granted("roles", json!([])).roles().is_empty());
    for wrong in [json!("admin"), json!([1]), json!(null), json!({"admin": true})] {
        assert!(refused("roles", wrong.clone()), "{wrong}");
    }
}

#[test]
fn a_token_may_be_bound_to_one_device() {
    let [phone, desk] = ["phone", "desk"].map(|name| DeviceId::new(name).unwrap());
    let bound = granted("device", json!("phone"));
    assert!(bound.is_for(&phone) && !bound.is_for(&desk));
    assert_eq!(bound.device(), Some(&phone));
    let free = granted("other", json!(1));
    assert!(free.is_for(&phone) && free.is_for(&desk));
    for wrong in [json!(null), json!(""), json!(1), json!("a b"), json!(["phone"])] {
        assert!(refused("device", wrong.clone()), "{wrong}: it must not be free for all");
    }
}

#[test]
fn a_token_id_is_one_that_can_be_revoked() {
    let id = granted("jti", json!("5f0c:6b")).claims().token_id.clone();
    assert_eq!(id, TokenId::new("5f0c:6b"));
    assert!(TokenId::new(&"i".repeat(128)).is_some());
    for wrong in
        [json!(null), json!(1), json!(""), json!("a b"), json!("a\n"), json!("i".repeat(129))]
    {
        assert!(refused("jti", wrong.clone()), "{wrong}");
    }
}

#[test]
fn an_audience_is_a_text_or_a_bounded_list_of_them() {
    for wrong in [json!(1), json!(null), json!([1]), json!(vec!["a"; 33])] {
        assert!(refused("aud", wrong.clone()), "{wrong}");
    }
    let many = verify(&token(&claims_with("aud", json!(vec!["a"; 32]))));
    assert_eq!(many, Err(AccessError::Audience), "but it is read");
}

#[test]
fn claims_that_are_not_known_are_ignored() {
    assert!(verify(&token(&claims_with("https://example.com/is_root", json!({"a": [1]})))).is_ok());
}

#[test]
fn who_is_not_verified_may_do_what_everyone_may_and_has_no_role() {
    let grant = Grant::unverified(user("ann"));
    assert!(grant.may_read(&conversation("tea")) && grant.may_send(&conversation("tea")));
    assert!(grant.roles().is_empty() && grant.expires_at() == Wall(u64::MAX));
}

#[test]
fn nothing_that_is_printed_holds_a_secret() {
    let (secret, pair) = (secret(), pair(1));
    let signers = [Signer::shared(&secret), Signer::ed25519(&pair)];
    let said = format!("{secret:?} {pair:?} {signers:?} {:?}", verifier());
    assert!(said.contains("hidden") && !said.contains("thirty-two"), "{said}");
    let bytes = format!("{:?}", [1_u8; 32]);
    assert!(!said.contains(&bytes) && !said.contains("[97, 32,"), "{said}");
    assert!(!said.contains(pair.to_pem().lines().nth(1).unwrap()), "{said}");
}
