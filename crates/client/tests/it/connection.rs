//! Connections that break, and what is done about it.

use std::time::{Duration, Instant};

use client::{Event, Gateway};
use model::Seq;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;

use crate::rig::{Server, User, body, options, soon, tea};

#[tokio::test]
async fn a_cut_is_mended_at_the_next_gateway_and_what_was_said_is_said_again() {
    let servers = [Server::start().await, Server::start().await];
    let gateways = servers.iter().map(Server::gateway).collect();
    let mut user = User::start(options(gateways));
    let (mut connection, other) = tokio::select! {
        connection = servers[0].welcome() => (connection, &servers[1]),
        connection = servers[1].welcome() => (connection, &servers[0]),
    };
    let id = user.handle.say(tea(), body("hello")).await.unwrap();
    let post = connection.post().await;
    user.handle.cut().await.unwrap();
    let mut again = other.welcome().await;
    assert!(!matches!(connection.next().await, Some(Message::Close(_))), "a cut is no farewell");
    assert_eq!(again.post().await, post);
    again.sent(&post, 1, true).await;
    let said = user.news().await;
    assert!(matches!(said, Event::Said { id: found, duplicate: true, .. } if found == id));
    assert!(user.seen.lines().contains(&"1 close cut".to_owned()));
    assert!(user.seen.lines().contains(&"2 out send".to_owned()));
}

#[tokio::test]
async fn a_gateway_that_is_not_there_is_passed_by() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let server = Server::start().await;
    for _ in 0..2 {
        let gateways = vec![Gateway::at(closed).unwrap(), server.gateway()];
        let user = User::start(options(gateways));
        server.welcome().await;
        assert_eq!(user.seen.lines()[0], "1 open", "only what stood is counted");
    }
}

#[tokio::test]
async fn a_server_that_goes_away_is_come_back_to() {
    let server = Server::start().await;
    let mut user = User::start(options(vec![server.gateway()]));
    server.welcome().await.close(1001, "going away").await;
    drop(server.welcome().await);
    server.welcome().await;
    for _ in 0..3 {
        while !matches!(user.event().await, Event::Welcomed { .. }) {}
    }
    let lines = user.seen.lines();
    assert!(
        lines.contains(&"1 close closed by the server: 1001 going away".to_owned()),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_server_that_says_when_to_come_is_waited_for() {
    for code in [1001, 1013] {
        let server = Server::start().await;
        let mut user = User::start(options(vec![server.gateway()]));
        server.welcome().await.close(code, r#"{"retry_after_ms":300}"#).await;
        let closed = Instant::now();
        server.welcome().await;
        assert!(closed.elapsed() > Duration::from_millis(200), "{:?}", closed.elapsed());
        assert!(matches!(user.event().await, Event::Welcomed { .. }));
        let again_in = Duration::from_millis(300);
        assert_eq!(user.event().await, Event::Disconnected { again_in });
    }
}

#[tokio::test]
async fn a_server_that_has_no_place_is_waited_for_as_long_as_it_says() {
    let server = Server::start().await;
    let mut user = User::start(options(vec![server.gateway()]));
    server.refuse("503 Service Unavailable", "Retry-After: 1\r\n").await;
    assert_eq!(user.event().await, Event::Disconnected { again_in: Duration::from_secs(1) });
    server.refuse("503 Service Unavailable", "").await;
    let Event::Disconnected { again_in } = user.event().await else { panic!("not lost") };
    assert!(again_in < Duration::from_secs(1), "it says nothing: {again_in:?}");
    server.welcome().await;
    assert!(matches!(user.event().await, Event::Welcomed { .. }));
}

#[tokio::test]
async fn a_server_that_says_do_not_come_back_ends_the_client() {
    let server = Server::start().await;
    let mut user = User::start(options(vec![server.gateway()]));
    server.accept().await.close(3500, "no hello").await;
    assert_eq!(user.event().await, Event::Stopped);
    let lines = user.ended().await;
    assert_eq!(lines.last().unwrap(), "1 close closed by the server: 3500 no hello");
}

#[tokio::test]
async fn what_is_not_known_is_skipped_and_what_is_wrong_ends_the_connection() {
    let server = Server::start().await;
    let mut user = User::start(options(vec![server.gateway()]));
    let mut connection = server.welcome().await;
    connection.text(r#"{"type":"humming","conversation":"tea"}"#).await;
    connection.binary().await;
    user.handle.say(tea(), body("x")).await.unwrap();
    let post = connection.post().await;
    connection.sent(&post, 1, false).await;
    assert!(matches!(user.news().await, Event::Said { seq: Seq(1), .. }));
    connection.text(r#"{"type":"message"}"#).await;
    server.welcome().await;
    let lines = user.seen.lines();
    let bad = lines.iter().find(|line| line.starts_with("1 close")).expect("it ended");
    assert!(bad.contains("the server's \"message\" cannot be read"), "{bad}");
}

#[tokio::test]
async fn a_server_that_falls_silent_is_given_up() {
    let server = Server::start().await;
    let mut user = User::start(options(vec![server.gateway()]));
    let mut connection = server.accept().await;
    connection.command().await;
    let welcome = wire::Frame::Welcome { reference: None, heartbeat_ms: 50, expires_at: None };
    connection.say(&welcome).await;
    assert!(matches!(connection.command().await, wire::Command::Ping { .. }));
    server.welcome().await;
    assert!(matches!(user.event().await, Event::Welcomed { .. }));
    assert!(matches!(user.event().await, Event::Disconnected { .. }));
}

#[tokio::test]
async fn who_does_not_listen_does_not_take_it_for_silence() {
    let server = Server::start().await;
    let mut options = options(vec![server.gateway()]);
    options.events_max = 1;
    let mut user = User::start(options);
    let mut connection = server.accept().await;
    connection.command().await;
    connection
        .say(&wire::Frame::Welcome { reference: None, heartbeat_ms: 50, expires_at: None })
        .await;
    for _ in 0..3 {
        connection.say(&wire::Frame::Unsubscribed { reference: None, conversation: tea() }).await;
    }
    // Events are not taken: it goes on pinging, and stays.
    for _ in 0..8 {
        assert!(matches!(connection.command().await, wire::Command::Ping { .. }));
        connection.say(&wire::Frame::Pong { reference: None }).await;
    }
    while !matches!(user.event().await, Event::Unsubscribed { .. }) {}
    assert_eq!(user.seen.lines().iter().filter(|line| line.contains("close")).count(), 0);
}

#[tokio::test]
async fn it_stops_when_nobody_asks_or_nobody_listens_any_more() {
    let server = Server::start().await;
    let User { handle, mut events, running, .. } = User::start(options(vec![server.gateway()]));
    let mut connection = server.welcome().await;
    drop(handle);
    while connection.next().await.is_some() {}
    while soon("event", events.recv()).await.is_some() {}
    soon("end", running).await.unwrap();

    let User { handle, events, running, .. } = User::start(options(vec![server.gateway()]));
    drop(events);
    let mut connection = server.welcome().await;
    while connection.next().await.is_some() {}
    soon("end", running).await.unwrap();
    drop(handle);
}

#[test]
fn a_gateway_is_a_url_that_can_be_reached() {
    assert_eq!(Gateway::at("127.0.0.1:8080").unwrap().name(), "127.0.0.1:8080");
    assert!(Gateway::new("b", "ws://[::1]:1/v1/ws").is_ok());
    for url in ["", "127.0.0.1:8080", "http://127.0.0.1/", "wss://127.0.0.1/", "ws://", "ws:// x/"]
    {
        let bad = Gateway::new("a", url).expect_err(url).to_string();
        assert!(bad.contains("give ws://HOST:PORT/v1/ws"), "{bad}");
    }
}
