//! `hubbub token`: makes a token, for people, bots and tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use access::{Capabilities, Claims, KeyPair, Role, SharedSecret, Signer, TokenId};
use clap::Args;
use model::{DeviceId, UserId, Wall};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::keys::dice;

/// The longest life of a token: leaked tokens and left colleagues are worth something until then.
const TTL_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Who, for how long, what, and by which key.
#[derive(Debug, Args)]
#[command(
    after_help = "The token goes to standard output, and nothing else; its id, to revoke it by, to standard error. Without \
                  --allow, a token may do what the server allows its users; with it, only that.\n\nExamples:\n  \
                  hubbub token --user ann --secret-file token.secret\n  \
                  hubbub token --user ann --role admin --ttl 15m --key keys/key-ID.pem\n  \
                  hubbub token --user bot --ttl 30d --allow 'lobby-*=read' --allow 'tea=read,send' --secret-file token.secret"
)]
pub(crate) struct TokenArgs {
    /// Who it is for
    #[arg(long, value_name = "NAME")]
    user: UserId,
    /// The one device that may use it [default: any]
    #[arg(long, value_name = "NAME")]
    device: Option<DeviceId>,
    /// How long it holds: a number and s, m, h or d, at most 366d
    #[arg(long, default_value = "1h", value_parser = ttl)]
    ttl: Duration,
    /// What the user is: admin or analyst; may be given again
    #[arg(long = "role", value_name = "ROLE", value_parser = role)]
    roles: Vec<Role>,
    /// What it may do where: a name, or a prefix and *, then =read, =send or =read,send; may be given again
    #[arg(long, value_name = "PATTERN=PERMISSIONS")]
    allow: Vec<String>,
    /// Who makes it (iss), where servers ask for that
    #[arg(long, value_name = "TEXT")]
    issuer: Option<String>,
    /// Whom it is for (aud), where servers ask for that; may be given again
    #[arg(long, value_name = "TEXT")]
    audience: Vec<String>,
    /// Make so many: of USER-0, USER-1, ..., one a line (for tests)
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    #[command(flatten)]
    key: KeyFile,
}

/// With what it is signed.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct KeyFile {
    /// Sign with a shared secret (HS256)
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Sign with a private Ed25519 key, PKCS#8 in PEM (EdDSA)
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// Makes one, and prints it.
pub(crate) fn run(args: &TokenArgs) -> Result<(), Failure> {
    let signer = signer(&args.key)?;
    let Some(count) = args.count else {
        return one(args, &signer, &args.user);
    };
    for number in 0..count {
        let user = UserId::new(&format!("{}-{number}", args.user)).map_err(Failure::usage)?;
        one(args, &signer, &user)?;
    }
    Ok(())
}

fn one(args: &TokenArgs, signer: &Signer, user: &UserId) -> Result<(), Failure> {
    let now = now()?;
    let expires_at = Wall(now.0 + u64::try_from(args.ttl.as_millis()).map_err(Failure::usage)?);
    let id = TokenId::random(u128::from_ne_bytes(*dice::<16>()?));
    let claims = Claims {
        issued_at: Some(now),
        issuer: args.issuer.clone(),
        audience: args.audience.clone(),
        device: args.device.clone(),
        token_id: Some(id.clone()),
        roles: args.roles.iter().copied().collect(),
        capabilities: capabilities(&args.allow)?,
        ..Claims::new(user.clone(), expires_at)
    };
    crate::print(&signer.sign(&claims).map_err(Failure::usage)?);
    crate::complain(&format!(
        "to revoke this token of {user}: token {id} expires-at {}",
        expires_at.0 / 1000
    ));
    Ok(())
}

fn now() -> Result<Wall, Failure> {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).map_err(Failure::usage)?;
    Ok(Wall(u64::try_from(since_1970.as_millis()).map_err(Failure::usage)?))
}

/// None at all is not an empty list: that would allow nothing.
fn capabilities(allow: &[String]) -> Result<Option<Capabilities>, Failure> {
    let mut capabilities = (!allow.is_empty()).then(Capabilities::nothing);
    for text in allow {
        let wrong = |why| Failure::usage(format!("--allow {text}: {why}"));
        capabilities = capabilities.map(|held| held.with_text(text)).transpose().map_err(wrong)?;
    }
    Ok(capabilities)
}

fn signer(key: &KeyFile) -> Result<Signer, Failure> {
    let read =
        |path: &Path| fs::read(path).map(Zeroizing::new).map_err(|why| Failure::file(path, why));
    match (&key.secret_file, &key.key) {
        (Some(path), _) => {
            let secret = SharedSecret::from_file(&read(path)?);
            Ok(Signer::shared(&secret.map_err(|why| Failure::file(path, why))?))
        }
        (None, Some(path)) => {
            let text = read(path)?;
            let text = str::from_utf8(&text).map_err(|why| Failure::file(path, why))?;
            let pair = KeyPair::from_pem(text).map_err(|why| Failure::file(path, why))?;
            Ok(Signer::ed25519(&pair))
        }
        (None, None) => Err(Failure::usage("give --secret-file FILE or --key FILE")),
    }
}

fn ttl(text: &str) -> Result<Duration, String> {
    let form = || "it is a number and s, m, h or d, such as 15m".to_owned();
    let unit = text.chars().last().ok_or_else(form)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(form()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| form())?;
    let ttl = Duration::from_secs(number.saturating_mul(seconds));
    if ttl.is_zero() || ttl > TTL_MAX {
        return Err("it is at least 1s and at most 366d".to_owned());
    }
    Ok(ttl)
}

fn role(text: &str) -> Result<Role, String> {
    Role::named(text).ok_or_else(|| "it is admin or analyst".to_owned())
}
