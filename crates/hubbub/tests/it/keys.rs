//! `hubbub keys` and `hubbub token`: what one makes, the other signs with, and a server verifies.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use access::{Claims, Grant, Jwks, Keys, Role, SharedSecret, Verifier, VerifierConfig};
use model::{ConversationId, DeviceId, Wall};

use crate::house::{Ended, hubbub, run};

async fn ask(folder: &Path, line: &str) -> Ended {
    let mut command = hubbub(folder);
    command.args(line.split_whitespace());
    run(command, folder).await
}

pub(crate) async fn done(folder: &Path, line: &str) -> String {
    let ended = ask(folder, line).await;
    assert_eq!(ended.code, Some(0), "{line}: {ended:?}");
    ended.out.trim_end().to_owned()
}

fn now() -> Wall {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Wall(u64::try_from(since_1970.as_millis()).unwrap())
}

fn verified(keys: Keys, token: &str) -> Grant {
    let config = VerifierConfig { audience: Some("chat".to_owned()), ..VerifierConfig::new(keys) };
    Verifier::new(config).unwrap().verify(token, now()).unwrap()
}

fn published(folder: &Path) -> Jwks {
    Jwks::parse(&fs::read_to_string(folder.join("keys/jwks.json")).unwrap()).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

pub(crate) fn ids(folder: &Path) -> Vec<String> {
    published(folder).ids().map(|(id, _)| id.to_owned()).collect()
}

#[tokio::test]
async fn a_secret_is_made_once_and_only_its_owner_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(done(folder.path(), "keys secret s").await, "made s");
    let path = folder.path().join("s");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!((mode(&path), text.len()), (0o600, 44), "256 bits and a line end");
    let again = ask(folder.path(), "keys secret s").await;
    assert_eq!(again.code, Some(74), "{again:?}");
    assert!(again.err.contains("s: is there already"), "{again:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    done(folder.path(), "keys secret t").await;
    assert_ne!(fs::read_to_string(folder.path().join("t")).unwrap(), text);
}

#[tokio::test]
async fn a_token_says_what_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    done(folder.path(), "keys secret s").await;
    let line = "token --user ann --device phone --ttl 15m --role admin --allow tea*=read --audience chat \
                --issuer me --secret-file s";
    let made = ask(folder.path(), line).await;
    let secret = SharedSecret::from_file(&fs::read(folder.path().join("s")).unwrap()).unwrap();
    let grant = verified(Keys::default().with_secret(&secret).unwrap(), made.out.trim_end());
    let Claims { expires_at, issued_at, issuer, token_id, .. } = grant.claims();
    assert_eq!(grant.user().as_str(), "ann");
    assert!(grant.is_for(&DeviceId::new("phone").unwrap()) && grant.has(Role::Admin));
    assert_eq!((expires_at.0 - issued_at.unwrap().0, issuer.as_deref()), (900_000, Some("me")));
    let tea = ConversationId::new("tea2").unwrap();
    assert!(grant.may_read(&tea) && !grant.may_send(&tea));
    let entry = format!("token {} expires-at {}", token_id.as_ref().unwrap(), expires_at.0 / 1000);
    assert!(made.err.contains(&entry), "{made:?}");
    let list = access::Revocations::parse(&entry).unwrap();
    assert!(list.is_revoked(grant.claims()), "the line that is printed revokes it");
}

#[tokio::test]
async fn keys_are_rotated_while_tokens_of_both_are_about() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert!(done(folder, "keys new --dir keys").await.contains("keys/jwks.json"));
    let old = ids(folder).remove(0);
    let private = folder.join(format!("keys/key-{old}.pem"));
    assert_eq!(mode(&private), 0o600);
    assert_eq!(mode(&folder.join("keys")), 0o700);
    assert!(!fs::read_to_string(folder.join("keys/jwks.json")).unwrap().contains("\"d\""));
    done(folder, "keys new --dir keys").await;
    assert_eq!(ids(folder).len(), 2);
    let listed = done(folder, "keys list --dir keys").await;
    assert_eq!(listed.matches("EdDSA can sign here").count(), 2, "{listed}");
    for id in ids(folder) {
        let line = format!("token --user ann --audience chat --key keys/key-{id}.pem");
        let token = done(folder, &line).await;
        verified(Keys::default().with_jwks(&published(folder)), &token);
    }
    done(folder, &format!("keys retire --dir keys --id {old}")).await;
    assert!(!ids(folder).contains(&old) && ids(folder).len() == 1 && private.exists());
    fs::remove_file(folder.join(format!("keys/key-{}.pem", ids(folder)[0]))).unwrap();
    assert!(done(folder, "keys list --dir keys").await.ends_with("verifies only"));
    assert!(!folder.join("keys/jwks.json.new").exists());
}

#[tokio::test]
async fn a_set_that_cannot_be_read_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jwks.json");
    fs::write(&path, "{}").unwrap();
    for line in ["keys new --dir .", "keys list --dir ."] {
        let refused = ask(folder.path(), line).await;
        assert_eq!(refused.code, Some(74), "{refused:?}");
        assert!(refused.err.contains("jwks.json: this is no JWKS"), "{refused:?}");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "{}");
    let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!names.into_iter().any(|name| name.to_string_lossy().ends_with(".pem")));
}

#[tokio::test]
async fn what_cannot_be_meant_ends_with_64_and_a_file_that_is_not_there_with_74() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("short"), "only a few bytes").unwrap();
    done(folder.path(), "keys secret s").await;
    done(folder.path(), "keys new --dir keys").await;
    for (line, code, words) in [
        ("token --secret-file s", 64, "--user"),
        ("token --user ann", 64, "--key <FILE>"),
        ("token --user ann --secret-file s --key k", 64, "cannot be used with"),
        ("token --user a/b --secret-file s", 64, "'/'"),
        ("token --user ann --secret-file s --role root", 64, "admin or analyst"),
        ("token --user ann --secret-file s --ttl 1y", 64, "s, m, h or d"),
        ("token --user ann --secret-file s --ttl é", 64, "s, m, h or d"),
        ("token --user ann --secret-file s --ttl 367d", 64, "at most 366d"),
        ("token --user ann --secret-file s --ttl 0s", 64, "at least 1s"),
        ("token --user ann --secret-file s --allow tea", 64, "PATTERN=read,send"),
        ("token --user ann --secret-file s --allow t*a=read", 64, "write *, a prefix and *"),
        ("token --user ann --secret-file nowhere", 74, "nowhere: "),
        ("token --user ann --secret-file short", 74, "short: the secret has 16 bytes"),
        ("token --user ann --key s", 74, "s: this is no private key"),
        ("keys list --dir nowhere", 74, "nowhere/jwks.json: is not there"),
        ("keys retire --dir keys --id x", 64, "has no key \"x\""),
        ("keys new --dir s", 74, "s: "),
    ] {
        let refused = ask(folder.path(), line).await;
        assert_eq!(refused.code, Some(code), "{line}: {refused:?}");
        assert!(refused.err.contains(words), "{line}: {}", refused.err);
        assert_eq!(refused.out, "", "{line}");
    }
}

#[tokio::test]
async fn each_command_shows_how_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    for line in ["token", "keys new", "keys list", "keys retire", "keys secret"] {
        let help = done(folder.path(), &format!("{line} --help")).await;
        assert!(help.contains("Example") && help.contains(&format!("  hubbub {line}")), "{help}");
    }
}
