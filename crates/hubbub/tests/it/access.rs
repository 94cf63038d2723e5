//! Who may come in, and what they may do there: with tokens, over sockets and over HTTP.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use access::{Claims, SharedSecret, Signer};
use model::Wall;
use serde_json::{Value, json};

use crate::house::{House, PATIENCE, SMALL, hubbub};
use crate::http::request;
use crate::keys::{done, ids};
use crate::line::Line;

const SECRET: &[u8; 32] = b"a secret of the tests, 32 bytes.";

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// A token of this user that holds for so long.
pub(crate) fn token_for(user: &str, seconds: i64) -> String {
    let at = now_ms().checked_add_signed(seconds * 1000).unwrap();
    signed(Claims::new(user.parse().unwrap(), Wall(at)))
}

/// As [`token_for`], of someone with a role.
pub(crate) fn token_as(user: &str, role: access::Role) -> String {
    let at = Wall(now_ms() + 60_000);
    signed(Claims { roles: [role].into(), ..Claims::new(user.parse().unwrap(), at) })
}

fn signed(claims: Claims) -> String {
    let claims = Claims { issued_at: Some(Wall(now_ms() - 1000)), ..claims };
    Signer::shared(&SharedSecret::new(SECRET).unwrap()).sign(&claims).unwrap()
}

/// A server that asks for tokens.
pub(crate) async fn guarded(folder: &Path, more: &str) -> House {
    std::fs::write(folder.join("token.secret"), SECRET).unwrap();
    let mut command = hubbub(folder);
    command.env_remove("HUBBUB_DEV");
    let line = format!(
        "serve --data data --listen 127.0.0.1:0 --token-secret-file token.secret {SMALL} {more}"
    );
    command.args(line.split_whitespace());
    let mut house = House::spawn(command, folder, "guarded");
    house.ready().await;
    house.able().await;
    house
}

pub(crate) fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

async fn commands(at: SocketAddr, user: &str, asked: &Value) -> Vec<Value> {
    let header = bearer(&token_for(user, 60));
    let answer = request(at, "POST /v1/commands", &[&header], &asked.to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json().as_array().unwrap().clone()
}

/// One command; its code, or the type of its answer.
async fn outcome(at: SocketAddr, user: &str, command: &Value) -> String {
    let answers = commands(at, user, &json!([command])).await;
    let name = |field: &str| answers[0][field].as_str().map(str::to_owned);
    name("code").or(name("type")).unwrap_or_else(|| panic!("{answers:?}"))
}

#[tokio::test]
async fn without_a_token_that_holds_nobody_gets_in_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let house = guarded(folder.path(), "").await;
    let at = house.at();
    let other = Signer::shared(&SharedSecret::new(b"another secret of as many bytes.").unwrap());
    let forged = other.sign(&Claims::new("ann".parse().unwrap(), Wall(now_ms() + 60_000))).unwrap();
    let wrong = [
        String::new(),
        "Authorization: Basic YTpi".to_owned(),
        bearer("no.token.atall"),
        bearer(&token_for("ann", -3600)),
        bearer(&forged),
    ];
    for header in &wrong {
        for line in [
            "POST /v1/connect",
            "POST /v1/commands",
            "GET /v1/conversations/tea/messages",
            "POST /v1/conversations/tea/messages",
            "GET /v1/conversations/tea/events",
            "GET /v1/rows",
            "GET /v1/reports/trending",
            "GET /metrics",
            "GET /v1/status",
        ] {
            let headers: Vec<&str> = header.lines().collect();
            let answer = request(at, line, &headers, "[]").await;
            assert_eq!((answer.status, answer.code().as_str()), (401, "unauthorized"), "{line}");
            assert!(answer.head.contains("www-authenticate: bearer"), "{answer:?}");
            assert!(answer.head.contains("application/problem+json"), "{answer:?}");
        }
    }
    // Whether it lives is no secret.
    assert_eq!(request(at, "GET /healthz", &[], "").await.status, 200);
    for proof in [None, Some(token_for("ann", -3600)), Some(forged), Some(token_for("bob", 60))] {
        let (problem, code) = Line::refused(at, "ann", proof.as_deref()).await;
        assert_eq!((problem.as_str(), code), ("unauthorized", 3502));
    }
    assert!(house.err().lines().all(|line| !line.contains("eyJ")), "a token in the log");
}

#[tokio::test]
async fn a_ticket_opens_one_connection_of_its_user_and_no_second() {
    let folder = tempfile::tempdir().unwrap();
    let house = guarded(folder.path(), "").await;
    let header = bearer(&token_for("ann", 60));
    let ticket = async || {
        let answer = request(house.at(), "POST /v1/connect", &[&header], "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = answer.json();
        assert_eq!((&answer["path"], &answer["expires_in_ms"]), (&json!("/v1/ws"), &json!(30_000)));
        answer["ticket"].as_str().unwrap().to_owned()
    };
    let first = ticket().await;
    let mut line = Line::with_ticket(house.at(), "ann", &first).await.unwrap();
    let again = Line::with_ticket(house.at(), "ann", &first).await;
    assert_eq!(again.unwrap_err(), ("unauthorized".to_owned(), 3004), "another ticket may");
    let of_another = Line::with_ticket(house.at(), "bob", &ticket().await).await;
    assert_eq!(of_another.unwrap_err(), ("unauthorized".to_owned(), 3502));
    let sent = line.send(1, &"tea".parse().unwrap(), "hello").await;
    assert!(matches!(sent, wire::Frame::Sent { .. }), "{sent:?}");
}

#[tokio::test]
async fn a_token_of_a_key_that_is_not_known_yet_may_come_again_and_is_let_in_when_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    done(folder, "keys new --dir keys").await;
    let house = guarded(folder, "--jwks-file keys/jwks.json").await;
    let known = ids(folder);
    done(folder, "keys new --dir keys").await;
    let new = ids(folder).into_iter().find(|id| !known.contains(id)).unwrap();
    let token = done(folder, &format!("token --user ann --key keys/key-{new}.pem")).await;
    let refused = Line::with_token(house.at(), "ann", &token).await.unwrap_err();
    assert_eq!(refused, ("unauthorized".to_owned(), 3004));
    // It has looked into the file again for that.
    let until = Instant::now() + PATIENCE;
    while let Err(refused) = Line::with_token(house.at(), "ann", &token).await {
        assert_eq!(refused, ("unauthorized".to_owned(), 3004));
        assert!(Instant::now() < until, "the new key is not taken");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_connection_ends_with_its_token_unless_it_brings_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let house = guarded(folder.path(), "").await;
    // The leeway of a minute is over in three seconds.
    let token = token_for("ann", -57);
    let mut line = Line::with_token(house.at(), "ann", &token).await.unwrap();
    let mut refreshed = Line::with_token(house.at(), "ann", &token).await.unwrap();
    let answer = refreshed.refresh(&token_for("bob", 60)).await;
    assert!(matches!(&answer, wire::Frame::Problem(p) if p.code == wire::Code::Unauthorized));
    let answer = refreshed.refresh(&token_for("ann", 60)).await;
    assert!(matches!(answer, wire::Frame::Refreshed { .. }), "{answer:?}");
    assert_eq!(line.closed().await, 3002);
    let sent = refreshed.send(1, &"tea".parse().unwrap(), "still here").await;
    assert!(matches!(sent, wire::Frame::Sent { .. }), "{sent:?}");
}

#[tokio::test]
async fn a_token_with_capabilities_may_do_only_those() {
    let folder = tempfile::tempdir().unwrap();
    let house = guarded(folder.path(), "").await;
    let allowed = "tea=read,send lobby-*=read";
    let out = token_by_hand(folder.path(), "bot", allowed);
    let header = bearer(out.trim());
    let ask = async |line: &str, body: &str| {
        let answer = request(house.at(), line, &[&header], body).await;
        (answer.status, answer.code())
    };
    let say = r#"{"body":"hi"}"#;
    assert_eq!(ask("POST /v1/conversations/tea/messages", say).await, (200, String::new()));
    let forbidden = (403, "forbidden".to_owned());
    assert_eq!(ask("POST /v1/conversations/lobby-1/messages", say).await, forbidden);
    assert_eq!(ask("GET /v1/conversations/lobby-1/messages", "").await.0, 200);
    assert_eq!(ask("GET /v1/conversations/other/messages", "").await, forbidden);
    assert_eq!(ask("GET /v1/rows", "").await, forbidden);
    assert_eq!(ask("GET /v1/reports/trending", "").await, forbidden);
    assert_eq!(ask("GET /metrics", "").await, forbidden);
    assert_eq!(ask("GET /v1/status", "").await, forbidden);
}

/// With the command line, as an operator makes it.
fn token_by_hand(folder: &Path, user: &str, allowed: &str) -> String {
    let mut command = hubbub(folder);
    command.args(["token", "--user", user, "--secret-file", "token.secret"]);
    for one in allowed.split_whitespace() {
        command.args(["--allow", one]);
    }
    let done = command.output().unwrap();
    assert!(done.status.success(), "{done:?}");
    String::from_utf8(done.stdout).unwrap()
}

/// Every command and what each role gets for it. The order of the roles: owner, admin, member, reader,
/// stranger.
fn matrix(team: &str, text_of_owner: u64) -> Vec<(Value, [&'static str; 5])> {
    let of = |mut command: Value| {
        command["conversation"] = json!(team);
        command
    };
    let member = |user: &str, role: &str| of(json!({"type": "member", "user": user, "role": role}));
    let (no, not) = ("forbidden", "not_found");
    vec![
        (of(json!({"type": "send", "body": "x"})), ["sent", "sent", "sent", no, not]),
        (
            of(json!({"type": "send", "body": "x", "reply_to": text_of_owner})),
            ["sent", "sent", "sent", no, not],
        ),
        (
            of(json!({"type": "react", "target": text_of_owner, "reaction": "+"})),
            ["sent", "sent", "sent", "sent", not],
        ),
        (
            of(json!({"type": "edit", "target": text_of_owner, "body": "y"})),
            ["sent", "no_such_message", "no_such_message", no, not],
        ),
        (of(json!({"type": "describe", "name": "Team"})), ["sent", "sent", no, no, not]),
        (member("new", "member"), ["sent", "sent", no, no, not]),
        (member("new", "reader"), ["sent", "sent", no, no, not]),
        (member("new", "admin"), ["sent", no, no, no, not]),
        (member("new", "none"), ["sent", "sent", no, no, not]),
        (member("owner", "none"), ["last_owner", no, no, no, not]),
        (member("owner", "member"), ["last_owner", no, no, no, not]),
        (
            of(json!({"type": "read", "from": "latest", "limit": 5})),
            ["page", "page", "page", "page", not],
        ),
        (
            of(json!({"type": "members", "limit": 5})),
            ["members", "members", "members", "members", not],
        ),
        (json!({"type": "list", "limit": 5}), ["conversations"; 5]),
        // Last: a text can be deleted once, and stays gone.
        (of(json!({"type": "delete", "target": text_of_owner})), ["sent", "sent", no, no, not]),
    ]
}

#[tokio::test]
async fn every_command_is_answered_by_role_and_a_stranger_learns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let house = guarded(folder.path(), "").await;
    let at = house.at();
    let born = commands(
        at,
        "owner",
        &json!([{"type": "create", "kind": "group", "name": "Team", "members": ["member"]}]),
    )
    .await;
    let team = born[0]["conversation"].as_str().unwrap_or_else(|| panic!("{born:?}")).to_owned();
    let give = |user: &str, role: &str| json!({"type": "member", "conversation": team, "user": user, "role": role});
    let said = json!({"type": "send", "conversation": team, "body": "first"});
    let made =
        commands(at, "owner", &json!([give("admin", "admin"), give("reader", "reader"), said]))
            .await;
    assert!(made.iter().all(|answer| answer["type"] == "sent"), "{made:?}");
    let text = made[2]["seq"].as_u64().unwrap();
    let nowhere = "g:00000000000000ff-1";
    // From the lowest up, so that nobody takes away what the next ones need.
    let roles = ["owner", "admin", "member", "reader", "stranger"];
    for (at_role, user) in roles.iter().enumerate().rev() {
        for (command, expected) in matrix(&team, text) {
            // An owner deletes and removes last of all.
            let got = outcome(at, user, &command).await;
            let gone = ["no_such_message", "sent"].contains(&got.as_str())
                && *user == "owner"
                && ["delete", "edit", "react"].contains(&command["type"].as_str().unwrap());
            assert!(got == expected[at_role] || gone, "{user}: {command}: {got}");
        }
        let reset = commands(at, "owner", &json!([give("new", "none")])).await;
        assert_eq!(reset[0]["type"], "sent", "{reset:?}");
    }
    // To a stranger it is as if it were not: word for word what is said of one that is not.
    for (command, _) in matrix(&team, text) {
        let mut elsewhere = command.clone();
        if elsewhere.get("conversation").is_some() {
            elsewhere["conversation"] = json!(nowhere);
        }
        let here = commands(at, "stranger", &json!([command])).await.to_owned();
        let there = commands(at, "stranger", &json!([elsewhere])).await;
        assert_eq!(plain(&here[0], &team), plain(&there[0], nowhere));
    }
}

/// What does not differ from request to request.
fn plain(answer: &Value, name: &str) -> String {
    let mut answer = answer.clone();
    if let Some(fields) = answer.as_object_mut() {
        fields.remove("id");
    }
    answer.to_string().replace(name, "<name>")
}

#[tokio::test]
async fn a_revoked_user_is_out_after_a_reload() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("revoked"), "").unwrap();
    let house = guarded(folder.path(), "--revocations-file revoked").await;
    let header = bearer(&token_for("ann", 60));
    let connect = async || request(house.at(), "POST /v1/connect", &[&header], "").await.status;
    assert_eq!(connect().await, 200);
    let list = format!("user ann issued-through {}\n", now_ms() / 1000);
    std::fs::write(folder.path().join("revoked"), list).unwrap();
    house.signal("HUP");
    let until = Instant::now() + Duration::from_secs(10);
    while connect().await != 401 {
        assert!(Instant::now() < until, "never revoked: {}", house.err());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // What cannot be read changes nothing.
    std::fs::write(folder.path().join("revoked"), "nonsense here\n").unwrap();
    house.signal("HUP");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(connect().await, 401);
    assert!(house.err().contains("keys stay as they were"), "{}", house.err());
}
