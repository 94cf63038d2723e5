//! A house: a gateway on a port of its own, a false owner behind it, clients in front.

pub(crate) mod client;
pub(crate) mod owner;

use std::net::SocketAddr;
use std::time::Duration;

use gateway::transport::{Acceptor, OwnerLink, in_process};
use gateway::{Gateway, Options};
use model::ConversationId;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::client::Client;
use self::owner::FakeOwner;

/// How a gateway and its owner are linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Socket,
    InProcess,
    /// In one process, each message encoded and decoded on its way.
    Codec,
}

/// Makes a test of each function, over each transport.
macro_rules! over_each_transport {
    ($($name:ident),* $(,)?) => {
        mod over_a_socket {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::support::Kind::Socket).await;
            })*
        }
        mod in_process {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::support::Kind::InProcess).await;
            })*
        }
        mod in_process_through_the_codec {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::support::Kind::Codec).await;
            })*
        }
    };
}
pub(crate) use over_each_transport;

/// All of it.
pub(crate) struct House {
    pub(crate) gateway: Gateway,
    pub(crate) owner: FakeOwner,
    pub(crate) address: SocketAddr,
    serving: JoinHandle<()>,
    _dir: TempDir,
}

impl House {
    pub(crate) async fn new(kind: Kind) -> Self {
        Self::with(kind, Options::default()).await
    }

    pub(crate) async fn with(kind: Kind, options: Options) -> Self {
        let house = Self::without_owner(kind, options).await;
        house.owner.open();
        house.wait_for("the link", |house| house.gateway.counters().link_up == 1).await;
        house
    }

    /// The owner does not accept links yet.
    pub(crate) async fn without_owner(kind: Kind, options: Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (link, acceptor) = match kind {
            Kind::Socket => {
                let path = dir.path().join("owner.sock");
                (OwnerLink::Socket(path.clone()), Acceptor::bind(&path).unwrap())
            }
            Kind::InProcess | Kind::Codec => in_process(),
        };
        let owner = FakeOwner::new(acceptor, kind == Kind::Codec);
        let gateway = Gateway::new(options, link);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = gateway.router();
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { gateway, owner, address, serving, _dir: dir }
    }

    /// A client that has said hello.
    pub(crate) async fn client(&self, user: &str) -> Client {
        let mut client = self.stranger().await;
        client.hello(user, "phone").await;
        client
    }

    /// A client that has not.
    pub(crate) async fn stranger(&self) -> Client {
        Client::connect(self.address, "").await.unwrap()
    }

    /// One that has said hello in MessagePack.
    pub(crate) async fn binary_client(&self, user: &str) -> Client {
        let mut client = Client::connect(self.address, "hubbub.v1.msgpack").await.unwrap();
        client.hello(user, "phone").await;
        client
    }

    pub(crate) async fn wait_for(&self, what: &str, is: impl Fn(&Self) -> bool) {
        for _ in 0..1000 {
            if is(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("waited 10 s for {what}: {:?}", self.gateway.counters());
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

pub(crate) fn conv(name: &str) -> ConversationId {
    ConversationId::new(name).unwrap()
}
