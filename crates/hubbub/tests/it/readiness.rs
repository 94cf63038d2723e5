//! Whether a process can do its work, and why not. A full disk stands in `full`, a lost owner in
//! `shows`, draining in `drains`; what no test can bring about from outside in `server`.

use std::fs;
use std::process::Command;
use std::time::Instant;

use tokio::net::TcpStream;

use crate::house::{House, PATIENCE, SMALL, address, hubbub};
use crate::http::request;
use crate::line::Line;

/// A secret that does not come holds up the start: after the journal, before anyone is let in.
#[tokio::test]
async fn while_it_starts_it_says_so_and_serves_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("token.secret");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let at = address();
    let mut command = hubbub(folder.path());
    command.env_remove("HUBBUB_DEV");
    let line = format!("serve --data data --listen {at} --token-secret-file token.secret {SMALL}");
    command.args(line.split_whitespace());
    let mut house = House::spawn(command, folder.path(), "starting");
    let until = Instant::now() + PATIENCE;
    while TcpStream::connect(at).await.is_err() {
        assert!(Instant::now() < until, "it listens: {}", house.err());
    }
    let not_ready = request(at, "GET /readyz", &[], "").await;
    assert_eq!(not_ready.status, 503, "{not_ready:?}");
    assert_eq!(not_ready.json()["reasons"][0]["code"], "starting", "{not_ready:?}");
    assert_eq!(request(at, "GET /healthz", &[], "").await.status, 200);
    for line in ["GET /", "POST /v1/connect", "GET /metrics"] {
        let wait = request(at, line, &[], "").await;
        assert_eq!(wait.status, 503, "{wait:?}");
        assert!(wait.head.contains("retry-after: 1"), "{wait:?}");
    }
    fs::write(&pipe, [7; 32]).unwrap();
    house.ready().await;
    house.able().await;
    assert_eq!(request(at, "GET /", &[], "").await.status, 200);
}

#[tokio::test]
async fn near_the_limit_of_connections_it_sends_new_ones_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("{SMALL} --connections-max 2");
    let house = House::serve(folder.path(), address(), &line).await;
    house.able().await;
    let first = Line::open(house.at(), "ann", 1).await;
    house.able().await;
    let second = Line::open(house.at(), "ben", 2).await;
    let (status, reasons, _) = house.readiness().await;
    assert_eq!(status, 503);
    assert_eq!(reasons, ["connections_full: 2 of 2 connections: new ones go elsewhere"]);
    drop((first, second));
    house.able().await;
}
