//! What strangers try (RFC 8725, 2), one after another, and what they are told.

use access::bounds::{LEEWAY, TOKEN_MAX_BYTES};
use access::{AccessError, Jwks, Keys, Signer, Verifier, VerifierConfig};
use serde_json::{Value, json};

use crate::rfc;
use crate::support::{
    NOW, SECRET, at, claims, claims_with, encode, hs256, hs256_raw, jwks, keys, now, pair, rs256,
    secret, signed, token, user, verifier, verify,
};

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

fn refusal(token: &str) -> AccessError {
    let refused = verify(token).unwrap_err();
    let said = format!("{refused} {refused:?}");
    assert!(!said.contains(token) || token.len() < 8, "the token is printed: {said}");
    refused
}

fn malformed(token: &str) -> bool {
    matches!(refusal(token), AccessError::Malformed { .. })
}

/// What is said of a wrong claim.
fn claim(name: &'static str, value: Value) -> String {
    let refused = refusal(&token(&claims_with(name, value)));
    let AccessError::Claim { claim, why } = refused else { panic!("{name}: {refused}") };
    assert_eq!(claim, name);
    why
}

#[test]
fn good_tokens_of_each_algorithm_are_taken() {
    let by_rsa = rs256(&json!({"alg": "RS256", "kid": "rsa-1"}), &claims());
    let ours = [signed(&Signer::shared(&secret())), signed(&Signer::ed25519(&pair(1)))];
    for token in [token(&claims()), by_rsa].into_iter().chain(ours) {
        assert_eq!(*verify(&token).unwrap().user(), user("ann"));
    }
}

#[test]
fn a_token_without_a_signature_is_refused() {
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = encode(json!({ "alg": alg }).to_string());
        let unsigned = format!("{header}.{}.", encode(claims().to_string()));
        assert_eq!(refusal(&unsigned), AccessError::Algorithm);
    }
    assert_eq!(refusal(&hs256("{}", &claims().to_string(), SECRET)), AccessError::Algorithm);
    let whole = token(&claims());
    let (message, _) = whole.rsplit_once('.').unwrap();
    assert_eq!(refusal(&format!("{message}.")), AccessError::Signature);
}

#[test]
fn algorithms_that_are_not_ours_are_refused_even_of_the_same_family() {
    for alg in ["HS384", "HS512", "RS384", "PS256", "ES256", "hs256"] {
        let header = json!({ "alg": alg }).to_string();
        assert_eq!(refusal(&hs256(&header, &claims().to_string(), SECRET)), AccessError::Algorithm);
    }
}

/// CVE-2015-9235: the public key is public, so everyone could use it as a secret.
#[test]
fn a_public_key_is_no_secret() {
    let payload = claims().to_string();
    for public in [rfc::RSA_N, &jwks(1).to_json(), pair(1).jwk()["x"].as_str().unwrap()] {
        let forged = hs256(HEADER, &payload, public.as_bytes());
        assert_eq!(refusal(&forged), AccessError::Signature);
        let only_published = Keys::default().with_jwks(&jwks(1));
        let verifier = Verifier::new(VerifierConfig::new(only_published)).unwrap();
        assert_eq!(verifier.verify(&forged, now()), Err(AccessError::NoKeyId));
    }
}

#[test]
fn a_key_is_used_with_its_own_algorithm_only() {
    for kid in ["rsa-1".to_owned(), pair(1).id()] {
        let header = json!({"alg": "HS256", "kid": kid}).to_string();
        let forged = hs256(&header, &claims().to_string(), SECRET);
        assert_eq!(refusal(&forged), AccessError::KeyAlgorithm { kid });
    }
    let crossed = rs256(&json!({"alg": "RS256", "kid": pair(1).id()}), &claims());
    assert_eq!(refusal(&crossed), AccessError::KeyAlgorithm { kid: pair(1).id() });
}

#[test]
fn what_must_be_understood_and_is_not_is_refused() {
    for crit in [json!(["exp"]), json!(["b64"]), json!([]), json!(null)] {
        let header = json!({"alg": "HS256", "crit": crit, "b64": false}).to_string();
        let refused = refusal(&hs256(&header, &claims().to_string(), SECRET));
        assert!(matches!(refused, AccessError::Header { .. }), "{refused}");
    }
}

#[test]
fn another_kind_of_token_of_the_same_issuer_is_refused() {
    let typed = |typ: &str| {
        let header = json!({"alg": "HS256", "typ": typ}).to_string();
        verify(&hs256(&header, &claims().to_string(), SECRET))
    };
    for typ in ["JWT", "jwt", "at+jwt", "application/at+jwt"] {
        assert!(typed(typ).is_ok(), "{typ}");
    }
    for typ in ["logout+jwt", "dpop+jwt", "JOSE", ""] {
        assert!(matches!(typed(typ), Err(AccessError::Header { .. })), "{typ}");
    }
}

/// A key or an address of one in the header would let everyone be an issuer.
#[test]
fn a_key_in_the_header_is_not_followed() {
    let jwk = json!({"kty": "oct", "k": encode(b"a secret of the one who comes, long enough")});
    let header = json!({"alg": "HS256", "jwk": jwk, "jku": "https://evil.example/jwks.json"});
    let own = b"a secret of the one who comes, long enough";
    let forged = hs256(&header.to_string(), &claims().to_string(), own);
    assert_eq!(refusal(&forged), AccessError::Signature);
}

#[test]
fn a_token_holds_until_the_leeway_after_it_ends_and_no_millisecond_longer() {
    let token = token(&json!({"sub": "ann", "exp": NOW}));
    let end = NOW * 1000 + u64::try_from(LEEWAY.as_millis()).unwrap();
    let verifier = verifier();
    let grant = verifier.verify(&token, model::Wall(end - 1)).unwrap();
    assert_eq!(grant.expires_at(), model::Wall(end));
    for late in [end, end + 1, u64::MAX] {
        let refused = verifier.verify(&token, model::Wall(late)).unwrap_err();
        assert_eq!(refused, AccessError::Expired { expires_at: now(), now: model::Wall(late) });
    }
}

#[test]
fn a_token_from_the_future_is_refused() {
    for name in ["nbf", "iat"] {
        assert!(verify(&token(&claims_with(name, json!(NOW + 60)))).is_ok(), "within the leeway");
        let refused = refusal(&token(&claims_with(name, json!(NOW + 61))));
        assert_eq!(refused, AccessError::NotYet { from: at(NOW + 61), now: now() }, "{name}");
    }
}

#[test]
fn times_must_be_times_and_an_end_must_be_there() {
    assert_eq!(refusal(&token(&json!({"sub": "ann"}))), AccessError::Missing { claim: "exp" });
    for wrong in [json!(null), json!("1900000000"), json!(-1), json!(-0.5), json!(1e300), json!([])]
    {
        for name in ["exp", "nbf", "iat"] {
            assert!(claim(name, wrong.clone()).contains("seconds since 1970"), "{name} {wrong}");
        }
    }
    assert!(verify(&token(&claims_with("exp", json!(1_900_000_000.5)))).is_ok(), "RFC 7519, 2");
    assert!(verify(&token(&claims_with("exp", json!(u64::MAX)))).is_ok(), "far away");
}

#[test]
fn the_issuer_and_the_audience_are_those_of_the_settings() {
    let config = VerifierConfig {
        issuer: Some("https://id.example".to_owned()),
        audience: Some("chat".to_owned()),
        ..VerifierConfig::new(keys())
    };
    let verifier = Verifier::new(config).unwrap();
    let shown = |iss: Value, aud: Value| {
        let mut claims = claims();
        claims["iss"] = iss;
        claims["aud"] = aud;
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        verifier.verify(&token(&claims), now()).map(|grant| grant.user().clone())
    };
    let right = json!("https://id.example");
    assert!(shown(right.clone(), json!("chat")).is_ok());
    assert!(shown(right.clone(), json!(["mail", "chat"])).is_ok());
    assert_eq!(shown(json!("https://evil.example"), json!("chat")), Err(AccessError::Issuer));
    assert_eq!(shown(json!("https://id.example/"), json!("chat")), Err(AccessError::Issuer));
    let none = |claim| Err(AccessError::Missing { claim });
    assert_eq!(shown(json!(null), json!("chat")), none("iss"));
    assert_eq!(shown(right.clone(), json!(null)), none("aud"));
    assert_eq!(shown(right.clone(), json!([])), none("aud"));
    for wrong in [json!("mail"), json!(["mail", "Chat"]), json!("chat2")] {
        assert_eq!(shown(right.clone(), wrong), Err(AccessError::Audience));
    }
}

#[test]
fn a_token_that_was_made_for_someone_is_refused_where_nobody_is_that_one() {
    assert_eq!(refusal(&token(&claims_with("aud", json!("mail")))), AccessError::Audience);
}

#[test]
fn an_unknown_key_is_refused_and_said_to_be_so() {
    let stranger = signed(&Signer::ed25519(&pair(9)));
    let refused = refusal(&stranger);
    assert_eq!(refused, AccessError::UnknownKey { kid: pair(9).id() });
    assert!(refused.is_unknown_key() && !AccessError::Signature.is_unknown_key());
}

#[test]
fn a_token_of_a_key_that_was_rotated_out_is_refused() {
    let token = signed(&Signer::ed25519(&pair(1)));
    let both = jwks(1).with(&pair(2)).unwrap();
    let during = verifier().with_keys(Keys::default().with_jwks(&both)).unwrap();
    assert!(during.verify(&token, now()).is_ok());
    assert!(during.verify(&signed(&Signer::ed25519(&pair(2))), now()).is_ok());
    let after = both.without(&pair(1).id()).unwrap();
    let after = during.with_keys(Keys::default().with_jwks(&after)).unwrap();
    let refused = after.verify(&token, now()).unwrap_err();
    assert_eq!(refused, AccessError::UnknownKey { kid: pair(1).id() });
    assert!(after.verify(&signed(&Signer::ed25519(&pair(2))), now()).is_ok());
}

#[test]
fn a_token_that_names_no_key_is_refused_where_it_could_be_several() {
    let header = json!({"alg": "RS256"});
    let token = rs256(&header, &claims());
    assert!(verify(&token).is_ok(), "there is one RSA key");
    let two = r#"{"keys":[{"kty":"RSA","kid":"1","n":"N","e":"AQAB"},{"kty":"RSA","kid":"2","n":"N","e":"AQAB"}]}"#;
    let two = Jwks::parse(&two.replace("\"N\"", &json!(rfc::RSA_N).to_string())).unwrap();
    let verifier = verifier().with_keys(Keys::default().with_jwks(&two)).unwrap();
    assert_eq!(verifier.verify(&token, now()), Err(AccessError::NoKeyId));
}

#[test]
fn a_key_id_is_a_text_of_bounded_length() {
    for kid in [json!(7), json!(null), json!({"a": 1}), json!("k".repeat(129))] {
        let header = json!({"alg": "EdDSA", "kid": kid}).to_string();
        let refused = refusal(&hs256(&header, &claims().to_string(), SECRET));
        assert!(matches!(refused, AccessError::Header { .. }), "{refused}");
    }
}

#[test]
fn a_token_that_is_too_large_is_refused_at_the_bound_and_before_it_is_read() {
    let filled = |bytes: usize| token(&claims_with("filler", json!("f".repeat(bytes))));
    let empty = filled(0).len();
    let fits =
        (0..TOKEN_MAX_BYTES).map(|n| n * 3 / 4).find(|n| filled(*n).len() >= TOKEN_MAX_BYTES - 1);
    let largest = filled(fits.unwrap());
    assert!(empty < 300 && largest.len() >= TOKEN_MAX_BYTES - 1);
    assert!(largest.len() <= TOKEN_MAX_BYTES && verify(&largest).is_ok());
    let garbage = ".".repeat(TOKEN_MAX_BYTES + 1);
    assert_eq!(refusal(&garbage), AccessError::TooLarge { bytes: TOKEN_MAX_BYTES + 1 });
}

#[test]
fn a_token_that_was_cut_anywhere_is_refused() {
    for whole in [token(&claims()), signed(&Signer::ed25519(&pair(1)))] {
        for end in 0..whole.len() {
            refusal(&whole[..end]);
        }
        assert!(malformed(&format!("{whole}.")) && malformed(&format!(".{whole}")));
    }
}

#[test]
fn a_token_that_was_changed_anywhere_is_refused() {
    for whole in [token(&claims()), signed(&Signer::ed25519(&pair(1)))] {
        for at in 0..whole.len() {
            let mut changed = whole.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            refusal(&String::from_utf8(changed).unwrap());
        }
    }
}

#[test]
fn another_payload_under_the_same_signature_is_refused() {
    let whole = token(&claims());
    let parts: Vec<&str> = whole.split('.').collect();
    let root = encode(claims_with("sub", json!("root")).to_string());
    assert_eq!(refusal(&format!("{}.{root}.{}", parts[0], parts[2])), AccessError::Signature);
}

#[test]
fn what_is_not_base64url_is_refused() {
    let whole = token(&claims());
    for wrong in ["=", "+", "/", "%2E", " ", "\n", "\0", "ä"] {
        assert!(malformed(&format!("{wrong}{whole}")), "{wrong:?}");
        assert_eq!(refusal(&format!("{whole}{wrong}")), AccessError::Signature, "{wrong:?}");
        assert!(malformed(&whole.replacen('.', &format!("{wrong}."), 1)), "{wrong:?}");
    }
    for nothing in ["", ".", "..", "...", "a.b", "a.b.c.d.e"] {
        assert!(malformed(nothing), "{nothing:?}");
    }
    // Two texts that a careless reader takes for the same bytes.
    let header = encode(HEADER.replace(' ', ""));
    assert!(malformed(&whole.replacen(&header, &format!("{header}="), 1)));
    assert!(malformed(&hs256_raw("eyJhbGciOiJIUzI1NiJ9", "bm8g!!")), "signed, and no base64url");
}

/// One reader takes the first, another the last.
#[test]
fn a_name_that_stands_twice_is_refused_at_any_depth() {
    let exp = NOW + 3600;
    for payload in [
        format!(r#"{{"sub":"ann","sub":"root","exp":{exp}}}"#),
        format!(r#"{{"sub":"ann","exp":{exp},"\u0065xp":{exp}}}"#),
        format!(r#"{{"sub":"ann","exp":{exp},"caps":{{"a":[],"a":["send"]}}}}"#),
        format!(r#"{{"sub":"ann","exp":{exp},"other":[{{"x":1,"x":1}}]}}"#),
    ] {
        assert!(malformed(&hs256(HEADER, &payload, SECRET)), "{payload}");
    }
    let header = r#"{"alg":"HS256","alg":"HS256"}"#;
    assert!(malformed(&hs256(header, &claims().to_string(), SECRET)));
}

#[test]
fn a_payload_that_is_no_object_is_refused() {
    for payload in ["", "null", "7", "[]", "\"ann\"", "{", "{}{}", "\u{feff}{}"] {
        assert!(malformed(&hs256(HEADER, payload, SECRET)), "{payload:?}");
    }
    let deep = format!("{}{}", "[".repeat(3000), "]".repeat(3000));
    assert!(malformed(&hs256(HEADER, &deep, SECRET)), "a stack that is not ours");
}

#[test]
fn a_subject_that_is_no_user_is_refused() {
    assert_eq!(refusal(&token(&json!({"exp": NOW + 3600}))), AccessError::Missing { claim: "sub" });
    assert!(claim("sub", json!("")).contains("empty"));
    assert!(claim("sub", json!("ann smith")).contains("' '"));
    assert!(claim("sub", json!("ann\u{0}")).contains("character"));
    assert!(claim("sub", json!("a".repeat(65))).contains("65 bytes"));
    for no_text in [json!(null), json!(7), json!(["ann"])] {
        assert_eq!(claim("sub", no_text), "is no text");
    }
}
