//! Whatever comes is refused or verified, and nothing panics.

use access::{Jwks, KeyPair, Revocations, SharedSecret, Tickets};
use model::{SeededState, Wall};
use proptest::prelude::*;
use serde_json::Value;

use crate::support::{SECRET, claims, encode, hs256, now, token, verifier, verify};

/// JSON of any shape, with our names in it more often than chance has them.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "(ann|read|admin|\\*|.{0,8})".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let name = "(sub|exp|nbf|iat|iss|aud|jti|device|roles|caps|alg|kid|typ|crit|\\*|.{0,4})";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_refused(text in ".{0,200}", now in any::<u64>()) {
        prop_assert!(verifier().verify(&text, Wall(now)).is_err());
    }

    #[test]
    fn any_three_parts_are_refused(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 3)) {
        let text: Vec<String> = parts.iter().map(encode).collect();
        prop_assert!(verify(&text.join(".")).is_err());
    }

    #[test]
    fn any_header_under_any_signature_is_refused_or_verified(header in json()) {
        let _ = verify(&hs256(&header.to_string(), &claims().to_string(), SECRET));
    }

    #[test]
    fn any_claims_are_refused_or_verified(claims in json(), now in any::<u64>()) {
        let _ = verifier().verify(&token(&claims), Wall(now));
    }

    /// One claim of any shape beside good ones, so that each reader is met.
    #[test]
    fn any_value_of_a_claim_is_refused_or_verified(
        name in "(sub|exp|nbf|iat|iss|aud|jti|device|roles|caps)", value in json(),
    ) {
        let mut claims = claims();
        claims[name] = value;
        let _ = verify(&token(&claims));
    }

    #[test]
    fn any_file_is_read_or_refused(text in "(.|\n){0,200}", bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = (Jwks::parse(&text), KeyPair::from_pem(&text), Revocations::parse(&text));
        let _ = (SharedSecret::from_file(&bytes), Tickets::new(SeededState(0, 0)).redeem(&text, now()));
    }

    #[test]
    fn any_set_of_keys_is_read_or_refused(keys in json()) {
        let _ = Jwks::parse(&serde_json::json!({ "keys": keys }).to_string());
        let _ = Jwks::parse(&serde_json::json!({ "keys": [keys] }).to_string());
    }
}
