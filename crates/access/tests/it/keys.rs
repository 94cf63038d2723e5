//! Secrets, published keys, and when they are read again.

use access::bounds::{JWKS_MAX_BYTES, JWKS_MAX_KEYS, RELOAD_INTERVAL, SECRETS_MAX};
use access::{
    Jwks, KeyError, KeyPair, Keys, Reload, SharedSecret, Signer, Verifier, VerifierConfig,
};
use model::Wall;
use serde_json::{Value, json};

use crate::rfc;
use crate::support::{encode, now, pair, secret, signed};

fn parse(keys: Value) -> Result<Jwks, KeyError> {
    Jwks::parse(&json!({ "keys": keys }).to_string())
}

fn ids(jwks: &Jwks) -> Vec<(&str, &str)> {
    jwks.ids().collect()
}

#[test]
fn a_secret_is_as_long_as_its_hash() {
    let length = |bytes| KeyError::SecretLength { bytes };
    assert_eq!(SharedSecret::new(&[7; 31]).unwrap_err(), length(31));
    assert_eq!(SharedSecret::new(&[7; 1025]).unwrap_err(), length(1025));
    assert!(SharedSecret::new(&[7; 32]).is_ok() && SharedSecret::new(&[7; 1024]).is_ok());
    assert_eq!(SharedSecret::from_file(&[&[7; 31][..], b"\n"].concat()).unwrap_err(), length(31));
}

#[test]
fn the_line_end_of_a_file_is_not_part_of_the_secret() {
    let token = signed(&Signer::shared(&secret()));
    for end in ["", "\n", "\r\n"] {
        let file = [crate::support::SECRET, end.as_bytes()].concat();
        let keys = Keys::default().with_secret(&SharedSecret::from_file(&file).unwrap()).unwrap();
        let verifier = Verifier::new(VerifierConfig::new(keys)).unwrap();
        assert!(verifier.verify(&token, now()).is_ok(), "{end:?}");
    }
}

#[test]
fn a_secret_is_changed_while_tokens_of_the_old_one_are_about() {
    let [old, new, third] = [1, 2, 3].map(|byte| SharedSecret::new(&[byte; 32]).unwrap());
    let both = Keys::default().with_secret(&new).unwrap().with_secret(&old).unwrap();
    let verifier = Verifier::new(VerifierConfig::new(both.clone())).unwrap();
    for secret in [&old, &new] {
        assert!(verifier.verify(&signed(&Signer::shared(secret)), now()).is_ok());
    }
    assert!(verifier.verify(&signed(&Signer::shared(&third)), now()).is_err());
    assert_eq!(SECRETS_MAX, 2);
    assert_eq!(both.with_secret(&third).unwrap_err(), KeyError::TooManySecrets);
}

#[test]
fn nothing_is_verified_without_keys() {
    let none = Verifier::new(VerifierConfig::new(Keys::default()));
    assert_eq!(none.unwrap_err(), KeyError::NoKeys);
    let some = Keys::default().with_secret(&secret()).unwrap();
    let verifier = Verifier::new(VerifierConfig::new(some)).unwrap();
    assert_eq!(verifier.with_keys(Keys::default()).unwrap_err(), KeyError::NoKeys);
}

#[test]
fn keys_for_other_uses_are_passed_over() {
    let rsa = |more: Value| {
        let mut key = json!({"kty": "RSA", "kid": "k", "n": rfc::RSA_N, "e": "AQAB"});
        key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key
    };
    for taken in [json!({}), json!({"alg": "RS256"}), json!({"use": "sig", "key_ops": ["verify"]})]
    {
        assert_eq!(ids(&parse(json!([rsa(taken)])).unwrap()), [("k", "RS256")]);
    }
    for other in [
        rsa(json!({"alg": "PS256"})),
        rsa(json!({"alg": "RS512"})),
        rsa(json!({"use": "enc"})),
        rsa(json!({"key_ops": ["encrypt"]})),
        json!({"kty": "EC", "crv": "P-256", "kid": "k", "x": "AA", "y": "AA"}),
        json!({"kty": "OKP", "crv": "X25519", "kid": "k", "x": "AA"}),
        json!({"kty": "new", "kid": "k"}),
    ] {
        assert!(ids(&parse(json!([other])).unwrap()).is_empty(), "{other}");
    }
}

#[test]
fn weak_broken_nameless_and_double_keys_are_refused() {
    let rsa = |bytes: &[u8]| json!({"kty": "RSA", "kid": "k", "n": encode(bytes), "e": "AQAB"});
    let ed25519 = |x: &str| json!({"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": x});
    let mut nameless = pair(1).jwk();
    nameless.as_object_mut().unwrap().remove("kid");
    for wrong in [
        rsa(&[0xff; 255]),
        rsa(&[0xff; 1025]),
        rsa(&[0; 256]),
        ed25519("AA"),
        ed25519("not base64url"),
        json!({"kty": "OKP", "crv": "Ed25519", "kid": "k"}),
        json!({"kty": "RSA", "kid": "k", "n": rfc::RSA_N}),
        nameless,
        json!(7),
    ] {
        let refused = parse(json!([pair(2).jwk(), wrong])).unwrap_err();
        assert!(matches!(refused, KeyError::Jwk { number: 2, .. }), "{wrong}: {refused}");
    }
    let twice = parse(json!([pair(1).jwk(), pair(1).jwk()])).unwrap_err();
    assert_eq!(twice, KeyError::Twice { kid: pair(1).id() });
    let zero_in_front = [&[0][..], &[0xff; 256]].concat();
    assert!(parse(json!([rsa(&zero_in_front)])).is_ok());
}

#[test]
fn a_secret_in_a_public_file_is_refused() {
    let mut private = pair(1).jwk();
    private["d"] = json!("AA");
    for wrong in [private, json!({"kty": "oct", "kid": "k", "k": "AA"})] {
        let refused = parse(json!([wrong])).unwrap_err();
        assert!(refused.to_string().contains("make a new one"), "{refused}");
    }
}

#[test]
fn a_set_of_keys_is_bounded() {
    let keys: Vec<Value> = (0..JWKS_MAX_KEYS).map(|n| json!({"kty": "new", "kid": n})).collect();
    let full = parse(json!(keys)).unwrap();
    let refused = full.with(&pair(1)).unwrap_err();
    assert_eq!(refused, KeyError::JwksKeys { keys: JWKS_MAX_KEYS + 1 });
    let padded = |bytes: usize| Jwks::parse(&format!("{{\"keys\":[]{}}}", " ".repeat(bytes - 11)));
    assert!(padded(JWKS_MAX_BYTES).is_ok());
    let bytes = JWKS_MAX_BYTES + 1;
    assert_eq!(padded(bytes).unwrap_err(), KeyError::JwksBytes { bytes });
    for wrong in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#] {
        assert!(matches!(Jwks::parse(wrong), Err(KeyError::Jwks { .. })), "{wrong}");
    }
}

#[test]
fn keys_are_added_and_retired_and_those_of_others_stay() {
    let foreign = json!({"kty": "new", "kid": "x", "note": "theirs"});
    let set = parse(json!([foreign])).unwrap().with(&pair(1)).unwrap().with(&pair(2)).unwrap();
    let set = Jwks::parse(&set.to_json()).unwrap();
    assert_eq!(set.ids().count(), 2);
    assert_eq!(set.with(&pair(1)).unwrap_err(), KeyError::Twice { kid: pair(1).id() });
    assert!(set.without("nobody").is_none());
    let rest = Jwks::parse(&set.without(&pair(1).id()).unwrap().to_json()).unwrap();
    assert_eq!(ids(&rest), [(pair(2).id().as_str(), "EdDSA")]);
    assert!(rest.to_json().contains("theirs"));
}

/// `openssl genpkey -algorithm ed25519` writes what RFC 8410 has; what others write is refused.
#[test]
fn what_is_no_private_key_is_refused() {
    let pem =
        |tag: &str, text: &str| format!("-----BEGIN {tag}-----\n{text}\n-----END {tag}-----\n");
    let ours = pair(1).to_pem();
    let body = ours.lines().nth(1).unwrap();
    for wrong in [
        String::new(),
        body.to_owned(),
        pem("PRIVATE KEY", ""),
        pem("PRIVATE KEY", "AAAA"),
        pem("PRIVATE KEY", &body[..40]),
        pem("PUBLIC KEY", body),
        pem("ENCRYPTED PRIVATE KEY", body),
    ] {
        let refused = KeyPair::from_pem(&wrong).unwrap_err();
        assert!(matches!(refused, KeyError::PrivateKey { .. }));
        assert!(!refused.to_string().contains(&body[20..]), "{refused}");
    }
}

#[test]
fn keys_are_read_again_at_most_once_in_an_interval() {
    let interval_ms = u64::try_from(RELOAD_INTERVAL.as_millis()).unwrap();
    let mut reload = Reload::default();
    assert!(reload.unknown_key(Wall(5)), "nobody asked before");
    assert!(!reload.unknown_key(Wall(5)) && !reload.unknown_key(Wall(4 + interval_ms)));
    assert!(reload.unknown_key(Wall(5 + interval_ms)));
    assert!(!reload.unknown_key(Wall(6 + interval_ms)), "the interval begins anew");
    assert!(reload.unknown_key(Wall(1)), "the clock was set back");
}
