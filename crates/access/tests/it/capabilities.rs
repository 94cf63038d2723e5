//! What a token may do where.

use access::bounds::PATTERNS_MAX;
use access::{AccessError, Capabilities, PatternError, Verifier, VerifierConfig};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::{claims, claims_with, conversation, keys, now, token, verify};

/// `rs` (read and send), `r-`, `-s` or `--`, for each conversation.
fn may(caps: Value, conversations: &[&str]) -> String {
    let grant = verify(&token(&claims_with("caps", caps))).unwrap();
    let each = conversations.iter().map(|name| {
        let name = conversation(name);
        let letter = |may, letter| if may { letter } else { '-' };
        [letter(grant.may_read(&name), 'r'), letter(grant.may_send(&name), 's')]
    });
    each.map(String::from_iter).collect::<Vec<_>>().join(" ")
}

#[test]
fn patterns_are_a_name_a_prefix_or_everything() {
    let names = ["tea", "tea2", "te", "d:1", "Tea"];
    assert_eq!(may(json!({"*": ["read", "send"]}), &names), "rs rs rs rs rs");
    assert_eq!(may(json!({"tea": ["read"]}), &names), "r- -- -- -- --");
    assert_eq!(may(json!({"tea*": ["send"]}), &names), "-s -s -- -- --");
    assert_eq!(may(json!({"*": ["read"], "tea*": ["send"]}), &names), "rs rs r- r- r-");
    assert_eq!(may(json!({"tea": ["read"], "te*": []}), &names), "r- -- -- -- --");
    assert_eq!(may(json!({"*": ["erase", "READ"]}), &names), "-- -- -- -- --");
    assert_eq!(may(json!({}), &names), "-- -- -- -- --");
}

#[test]
fn a_token_may_be_narrowed_to_one_group() {
    let names = ["g:1f-1", "g:1f-2", "d:00", "tea"];
    assert_eq!(may(json!({"g:1f-1": ["read", "send"]}), &names), "rs -- -- --");
}

#[test]
fn without_capabilities_the_server_decides_of_open_conversations_and_membership_of_others() {
    let readers = Capabilities::nothing().with_text("lobby=read").unwrap();
    let config = VerifierConfig { default_capabilities: readers, ..VerifierConfig::new(keys()) };
    let verifier = Verifier::new(config).unwrap();
    let grant = verifier.verify(&token(&claims()), now()).unwrap();
    let [lobby, tea] = ["lobby", "tea"].map(conversation);
    assert!(grant.may_read(&lobby) && !grant.may_send(&lobby) && !grant.may_read(&tea));
    for governed in ["d:00", "g:1f-1", "c:1f-1"].map(conversation) {
        assert!(grant.may_read(&governed) && grant.may_send(&governed), "{governed}");
    }
}

#[test]
fn what_is_no_capability_is_refused() {
    for wrong in [
        json!(null),
        json!("*"),
        json!(["*"]),
        json!({"*": "read"}),
        json!({"*": [1]}),
        json!({"*": null}),
        json!({"": ["read"]}),
        json!({"a*b": ["read"]}),
        json!({"**": ["read"]}),
        json!({"*a": ["read"]}),
        json!({"a b": ["read"]}),
        json!({"a".repeat(65): ["read"]}),
    ] {
        let answer = verify(&token(&claims_with("caps", wrong.clone())));
        assert!(matches!(answer, Err(AccessError::Claim { claim: "caps", .. })), "{wrong}");
    }
}

#[test]
fn the_number_of_patterns_is_bounded() {
    let caps = |count: usize| {
        let pattern = |n: usize| (format!("c{n}"), json!(["read"]));
        token(&claims_with("caps", (0..count).map(pattern).collect::<Map<_, _>>().into()))
    };
    assert!(verify(&caps(PATTERNS_MAX)).is_ok());
    let refused = verify(&caps(PATTERNS_MAX + 1)).unwrap_err();
    assert!(refused.to_string().contains("use prefixes"), "{refused}");
}

#[test]
fn a_capability_is_written_pattern_equals_permissions() {
    let with = |text| Capabilities::nothing().with_text(text);
    let tea = conversation("tea");
    let both = with("te*=send,read").unwrap();
    assert!(
        both.allow(&tea, access::Permission::Read) && both.allow(&tea, access::Permission::Send)
    );
    for wrong in ["tea", "tea=", "tea=reed", "tea=read,", "tea=read, send"] {
        assert!(matches!(with(wrong), Err(PatternError::Form { .. })), "{wrong}");
    }
    assert_eq!(with("t*a=read"), Err(PatternError::Star));
    assert!(matches!(with("=read"), Err(PatternError::Name(_))));
}

proptest! {
    /// A prefix allows what a comparison of texts allows.
    #[test]
    fn a_prefix_allows_what_begins_with_it(prefix in "[a-c.:]{1,3}", name in "[a-c.:]{1,5}") {
        let said = may(json!({format!("{prefix}*"): ["read", "send"]}), &[&name]);
        prop_assert_eq!(said == "rs", name.starts_with(&prefix));
    }
}
