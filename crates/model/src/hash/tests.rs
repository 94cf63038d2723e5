use super::*;
use crate::{Body, Member, Seq, UserId};

#[test]
fn the_fingerprint_depends_on_text_and_key() {
    let said = |text: &str| Content::from(Body::new(text).unwrap());
    let key = BodyKey([7; 16]);
    assert_eq!(key.hash(&said("hello")), key.hash(&said("hello")));
    assert_ne!(key.hash(&said("hello")), key.hash(&said("hellp")));
    assert_ne!(key.hash(&said("hello")), BodyKey([8; 16]).hash(&said("hello")));
}

#[test]
fn whatever_differs_has_another_fingerprint() {
    let body = Body::new("x").unwrap();
    let user = |name| UserId::new(name).unwrap();
    let member = |name, role| Member { user: user(name), role };
    let all = [
        Content::from(body.clone()),
        Content::Text { body: body.clone(), reply_to: Some(Seq(1)) },
        Content::Edit { target: Seq(1), body: body.clone() },
        Content::Edit { target: Seq(2), body },
        Content::Delete { target: Seq(1) },
        Content::React { target: Seq(1), reaction: "x".to_owned().try_into().unwrap(), on: true },
        Content::React { target: Seq(1), reaction: "x".to_owned().try_into().unwrap(), on: false },
        Content::Create { profile: Profile::default(), members: Vec::new() },
        Content::Create { profile: Profile::default(), members: vec![member("a", Role::Owner)] },
        Content::Create { profile: Profile::default(), members: vec![member("a", Role::Admin)] },
        Content::Member { user: user("a"), role: None },
        Content::Member { user: user("a"), role: Some(Role::Reader) },
        Content::Describe { profile: Profile::default() },
        Content::Describe { profile: Profile { public: true, ..Profile::default() } },
        Content::Gone { by: Seq(1) },
        Content::Expire { first: Seq(1) },
        Content::Erase { user: user("a") },
    ];
    let key = BodyKey([7; 16]);
    for (at, one) in all.iter().enumerate() {
        for other in &all[at + 1..] {
            assert_ne!(key.hash(one), key.hash(other), "{one:?} and {other:?}");
        }
    }
}
