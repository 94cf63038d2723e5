//! One suite over both ways a link is carried.

use std::time::Duration;

use gateway::transport::{
    Acceptor, GatewayEnd, GreetError, OwnerEnd, OwnerLink, in_process, over_socket,
};
use link::{FromOwner, RequestId, ToOwner, VERSION};
use model::Seq;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::error::TrySendError;

use crate::support::{Kind, over_each_transport};

async fn linked(kind: Kind) -> (GatewayEnd, OwnerEnd, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let (link, mut acceptor) = match kind {
        Kind::Socket => {
            let path = dir.path().join("owner.sock");
            (OwnerLink::Socket(path.clone()), Acceptor::bind(&path).unwrap())
        }
        Kind::InProcess | Kind::Codec => in_process(),
    };
    let accepting = async {
        let mut end = acceptor.accept().await.unwrap();
        assert_eq!(end.greet().await.unwrap(), "north");
        end
    };
    let (gateway, owner) = tokio::join!(link.dial("north"), accepting);
    (gateway.unwrap(), owner, dir)
}

fn cursor_at(number: u64) -> FromOwner {
    FromOwner::CursorAt { request: RequestId(number), seq: Seq(number) }
}

async fn what_is_said_arrives_in_order_both_ways(kind: Kind) {
    let (mut gateway, mut owner, _dir) = linked(kind).await;
    for number in 0..10_000 {
        owner.to_gateway.try_send(cursor_at(number)).unwrap();
        gateway.to_owner.try_send(ToOwner::Ping).unwrap();
    }
    for number in 0..10_000 {
        assert_eq!(gateway.from_owner.recv().await, Some(cursor_at(number)));
        assert_eq!(owner.from_gateway.recv().await, Some(ToOwner::Ping));
    }
}

async fn either_side_notices_that_the_other_is_gone(kind: Kind) {
    let (mut gateway, owner, _dir) = linked(kind).await;
    drop(owner);
    assert_eq!(gateway.from_owner.recv().await, None);
    let (gateway, mut owner, _dir) = linked(kind).await;
    drop(gateway);
    assert_eq!(owner.from_gateway.recv().await, None);
}

async fn a_side_that_does_not_listen_is_felt_as_a_full_queue(kind: Kind) {
    let (gateway, owner, _dir) = linked(kind).await;
    let mut said = 0_u64;
    let start = tokio::time::Instant::now();
    while start.elapsed() < Duration::from_secs(10) {
        match owner.to_gateway.try_send(cursor_at(said)) {
            Ok(()) => said += 1,
            Err(TrySendError::Full(_)) => {
                // The pump may still have room on its way.
                tokio::time::sleep(Duration::from_millis(20)).await;
                if owner.to_gateway.capacity() == 0 {
                    break;
                }
            }
            Err(TrySendError::Closed(_)) => panic!("closed"),
        }
    }
    assert_eq!(owner.to_gateway.capacity(), 0);
    assert!(said < 200_000, "{said} were taken");
    drop(gateway);
}

async fn last_words_are_said_before_the_end(kind: Kind) {
    let (gateway, mut owner, _dir) = linked(kind).await;
    for _ in 0..1_000 {
        gateway.to_owner.try_send(ToOwner::Ping).unwrap();
    }
    let GatewayEnd { to_owner, pump, .. } = gateway;
    drop(to_owner);
    pump.finish(Duration::from_secs(5)).await;
    for _ in 0..1_000 {
        assert_eq!(owner.from_gateway.recv().await, Some(ToOwner::Ping));
    }
    assert_eq!(owner.from_gateway.recv().await, None);
}

over_each_transport!(
    what_is_said_arrives_in_order_both_ways,
    either_side_notices_that_the_other_is_gone,
    a_side_that_does_not_listen_is_felt_as_a_full_queue,
    last_words_are_said_before_the_end,
);

#[tokio::test]
async fn another_version_is_refused_by_both_sides() {
    let (one, other) = UnixStream::pair().unwrap();
    let (to_owner, mut from_owner, _pump) = over_socket::<ToOwner, FromOwner>(one);
    let (to_gateway, from_gateway, pump) = over_socket(other);
    let mut owner = OwnerEnd { to_gateway, from_gateway, pump };
    let hello = ToOwner::Hello { version: VERSION + 1, gateway: "later".to_owned() };
    to_owner.send(hello).await.unwrap();
    let refused = owner.greet().await;
    assert!(matches!(refused, Err(GreetError::Version { theirs }) if theirs == VERSION + 1));
    assert_eq!(from_owner.recv().await, Some(FromOwner::Welcome { version: VERSION }));

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("owner.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let answering = async {
        let (stream, _) = listener.accept().await.unwrap();
        let (to_gateway, _from, pump) = over_socket::<FromOwner, ToOwner>(stream);
        to_gateway.send(FromOwner::Welcome { version: VERSION + 1 }).await.unwrap();
        pump.finish(Duration::from_millis(50)).await;
    };
    let link = OwnerLink::Socket(path);
    let (dialed, ()) = tokio::join!(link.dial("north"), answering);
    assert!(matches!(dialed, Err(GreetError::Version { theirs }) if theirs == VERSION + 1));
}

#[tokio::test]
async fn bytes_that_are_no_frame_end_the_link() {
    let (mut one, other) = UnixStream::pair().unwrap();
    let (_to, mut from, _pump) = over_socket::<FromOwner, ToOwner>(other);
    one.write_all(&u32::MAX.to_le_bytes()).await.unwrap();
    assert_eq!(from.recv().await, None);
}

#[tokio::test]
async fn a_socket_that_a_dead_owner_left_behind_is_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("owner.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    Acceptor::bind(&path).unwrap();
    assert!(Acceptor::bind(&dir.path().join("no/such/dir.sock")).is_err());
}

#[tokio::test]
async fn an_owner_that_is_not_there_is_an_error_that_says_so() {
    let link = OwnerLink::Socket("/nowhere/owner.sock".into());
    let why = link.dial("north").await.unwrap_err();
    assert!(matches!(why, GreetError::Io(_)), "{why}");
}
