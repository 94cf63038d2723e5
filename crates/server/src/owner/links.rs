//! The gateways that are linked to this owner: each has a task that hears it and hands what it says
//! to the hub of the conversation.
//!
//! Invariant: a link is dropped whole. One that is full (it does not take what is told) or silent is
//! ended, all hubs forget it, and the gateway comes back under a new [`GatewayId`] and resubscribes.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use crossbeam_channel::Sender;
use gateway::transport::{Acceptor, OwnerEnd};
use hub::GatewayId;
use link::{FromOwner, ToOwner};
use model::{ConversationId, PartitionId, Refusal, TenantId};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Owner;
use super::hub_drive::HubEvent;
use super::queries::RowsQuestion;
use crate::inbox::Inbox;

/// A link on which nothing was heard for so long is dropped; gateways ping every second.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// How the rest of the owner tells a gateway something.
#[derive(Debug, Clone)]
pub(crate) struct LinkSender {
    to: mpsc::Sender<FromOwner>,
    cut: Arc<Notify>,
}

impl LinkSender {
    /// `false`: it was full or gone, and is being dropped.
    pub(crate) fn tell(&self, what: FromOwner) -> bool {
        let told = self.to.try_send(what).is_ok();
        if !told {
            self.cut.notify_one();
        }
        told
    }
}

/// All links of an owner.
#[derive(Debug)]
pub(crate) struct Links {
    hubs: Vec<Arc<Inbox<HubEvent>>>,
    rows: Sender<RowsQuestion>,
    next: AtomicU64,
    count: AtomicUsize,
    dropped: AtomicU64,
}

impl Links {
    pub(crate) fn new(hubs: Vec<Arc<Inbox<HubEvent>>>, rows: Sender<RowsQuestion>) -> Self {
        Self {
            hubs,
            rows,
            next: AtomicU64::new(1),
            count: AtomicUsize::new(0),
            dropped: AtomicU64::new(0),
        }
    }

    /// Gateways linked now.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Relaxed)
    }

    /// Gateways dropped for being full or silent.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// The hub that a conversation belongs to.
    fn hub(&self, conversation: &ConversationId) -> &Inbox<HubEvent> {
        let partition = PartitionId::of(TenantId::DEFAULT, conversation);
        &self.hubs[partition.index() % self.hubs.len()]
    }
}

/// Takes gateways until the future is dropped.
pub(crate) async fn accept(owner: Arc<Owner>, mut acceptor: Acceptor) {
    let mut links = JoinSet::new();
    loop {
        tokio::select! {
            accepted = acceptor.accept() => match accepted {
                Ok(end) => { links.spawn(serve(Arc::clone(&owner), end)); }
                // The one gateway of this process has ended, and the process with it.
                Err(why) if why.kind() == ErrorKind::NotConnected => return,
                Err(why) => {
                    tracing::warn!(%why, "no gateway can be accepted now");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = links.join_next() => {}
        }
    }
}

/// One link, from greeting to end.
async fn serve(owner: Arc<Owner>, mut end: OwnerEnd) {
    let name = match end.greet().await {
        Ok(name) => name,
        Err(why) => return tracing::warn!(%why, "a gateway was turned away"),
    };
    let links = Arc::clone(&owner.links);
    let gateway = GatewayId(links.next.fetch_add(1, Relaxed));
    let to = LinkSender { to: end.to_gateway.clone(), cut: Arc::new(Notify::new()) };
    links.count.fetch_add(1, Relaxed);
    for hub in &links.hubs {
        hub.send(HubEvent::LinkUp { gateway, to: to.clone() }).await;
    }
    tracing::info!(name, gateway = gateway.0, "gateway linked");
    let why = hear(&owner, &mut end, gateway, &to).await;
    for hub in &links.hubs {
        hub.send(HubEvent::LinkDown(gateway)).await;
    }
    links.count.fetch_sub(1, Relaxed);
    tracing::info!(name, gateway = gateway.0, why, "gateway gone");
}

/// Hands on what the gateway says until there is nothing more; says why.
async fn hear(
    owner: &Owner,
    end: &mut OwnerEnd,
    gateway: GatewayId,
    to: &LinkSender,
) -> &'static str {
    let links = &owner.links;
    loop {
        let heard = tokio::select! {
            heard = timeout(SILENCE_MAX, end.from_gateway.recv()) => heard,
            () = to.cut.notified() => {
                links.dropped.fetch_add(1, Relaxed);
                return "it did not take what it was told";
            }
        };
        let what = match heard {
            Ok(Some(what)) => what,
            Ok(None) => return "it closed the link",
            Err(_) => {
                links.dropped.fetch_add(1, Relaxed);
                return "it was silent too long";
            }
        };
        let hub = match &what {
            ToOwner::Send { draft, .. } => links.hub(&draft.conversation),
            ToOwner::Attach { conversation, .. }
            | ToOwner::Detach { conversation }
            | ToOwner::Read { conversation, .. }
            | ToOwner::GetCursor { conversation, .. }
            | ToOwner::MoveCursor { conversation, .. } => links.hub(conversation),
            ToOwner::Ping => {
                to.tell(FromOwner::Pong { not_ready: owner.not_ready() });
                continue;
            }
            ToOwner::GetRows { request, query } => {
                let request = *request;
                let question = RowsQuestion { request, query: query.clone(), to: to.clone() };
                // The gateway bounds its questions; one too many is answered, not waited for.
                if links.rows.try_send(question).is_err() {
                    let refusal = Refusal::Busy { bound: "rows".to_owned(), retry_after_ms: 100 };
                    to.tell(FromOwner::Refused { request, refusal });
                }
                continue;
            }
            ToOwner::Hello { .. } => return "it greeted twice",
        };
        hub.send(HubEvent::Said { gateway, what }).await;
    }
}
