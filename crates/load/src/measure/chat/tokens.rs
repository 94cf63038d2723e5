//! Who clients are: as the tokens say, or by name where the server asks for none.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::{DeviceId, UserId};
use serde::Deserialize;
use wire::Proof;

use crate::measure::refusal::Refusal;

/// What shows who clients are.
#[derive(Clone, Default)]
pub(super) enum Tokens {
    /// The server asks for none: NAME-0, NAME-1, ….
    #[default]
    None,
    /// All are devices of one user.
    One(UserId, String),
    /// Each is a user of its own, in the order of the file.
    Each(Vec<(UserId, String)>),
}

/// Who a client says it is.
pub(super) struct Who {
    pub(super) user: UserId,
    pub(super) device: DeviceId,
    pub(super) proof: Option<Proof>,
}

/// Of what a token says, whom it is for (RFC 7519, 4.1.2).
#[derive(Deserialize)]
struct Claims {
    sub: String,
}

impl Tokens {
    pub(super) fn one(token: &str) -> Result<Self, Refusal> {
        let user = user_of(token).map_err(|why| Refusal::usage(format!("--token: {why}")))?;
        Ok(Self::One(user, token.to_owned()))
    }

    pub(super) fn read(path: &Path) -> Result<Self, Refusal> {
        let wrong = |why: &str| Refusal::usage(format!("--tokens {}: {why}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|why| wrong(&why.to_string()))?;
        let each = (1..).zip(text.lines()).map(|(number, line)| {
            let user = user_of(line).map_err(|why| wrong(&format!("line {number}: {why}")))?;
            Ok((user, line.to_owned()))
        });
        Ok(Self::Each(each.collect::<Result<_, Refusal>>()?))
    }

    /// Whether so many clients can come in.
    pub(super) fn suffice(&self, clients: u64) -> Result<(), Refusal> {
        match self {
            Self::Each(each) if (each.len() as u64) < clients => {
                let text = format!("--tokens: {} tokens for {clients} connections", each.len());
                Err(Refusal::usage(text))
            }
            Self::None | Self::One(..) | Self::Each(_) => Ok(()),
        }
    }

    /// Client `number`; `visits` has a device of its own.
    pub(super) fn who(&self, name: &str, number: u32, visits: bool) -> Who {
        let (user, device, token) = match self {
            Self::None => (named(name, number), None, None),
            Self::One(user, token) => (user.clone(), Some(number), Some(token)),
            Self::Each(each) => match each.get(number as usize) {
                Some((user, token)) => (user.clone(), None, Some(token)),
                None => (named(name, number), None, None),
            },
        };
        let letter = if visits { 'v' } else { 'd' };
        let device = format!("{letter}{}", device.unwrap_or(0));
        let device = DeviceId::new(&device).expect("a letter and digits are a name");
        Who { user, device, proof: token.map(|token| Proof::Token(token.clone())) }
    }
}

fn named(name: &str, number: u32) -> UserId {
    UserId::new(&format!("{name}-{number}")).expect("the longest name was tried")
}

fn user_of(token: &str) -> Result<UserId, String> {
    let none = "is no token: three parts between dots, the second with a `sub`";
    let claims = token.split('.').nth(1).ok_or(none)?;
    let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| none)?;
    let claims: Claims = serde_json::from_slice(&claims).map_err(|_| none)?;
    UserId::new(&claims.sub).map_err(|why| format!("`sub`: {why}"))
}

impl std::fmt::Debug for Tokens {
    /// Tokens are secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::One(..) => "One(secret)",
            Self::Each(_) => "Each(secret)",
        })
    }
}

#[test]
fn whom_a_token_is_for_is_read_from_it() {
    let token = |claims: &str| format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims));
    let one = Tokens::one(&token(r#"{"sub":"ann","exp":1}"#)).unwrap();
    let who = one.who("load", 7, false);
    assert_eq!((who.user.as_str(), who.device.as_str()), ("ann", "d7"));
    assert!(who.proof.is_some());
    for none in ["", "a.b", &token("{}"), &token(r#"{"sub":"a b"}"#)] {
        assert!(Tokens::one(none).is_err(), "{none}");
    }
    let each = Tokens::Each(vec![("ben".parse().unwrap(), "t".to_owned())]);
    assert!(each.suffice(1).is_ok() && each.suffice(2).is_err());
    let who = each.who("load", 0, true);
    assert_eq!((who.user.as_str(), who.device.as_str()), ("ben", "v0"));
    assert_eq!(Tokens::None.who("load", 3, false).user.as_str(), "load-3");
}
