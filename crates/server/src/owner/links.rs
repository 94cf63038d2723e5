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
use link::{EnrichAnswer, EnrichAsk, EnrichNot, FromOwner, RequestId, ToOwner};
use model::{ConversationId, PartitionId, Refusal, TenantId, UserId};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Owner;
use super::enrich_asks::EnrichQuestion;
use super::hub_drive::HubEvent;
use super::keeper::Erase;
use super::queries::{ViewQuestion, ViewTask};
use super::reports::ReportQuestion;
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
    /// A way to one who takes what it is told out of this queue.
    pub(crate) const fn new(to: mpsc::Sender<FromOwner>, cut: Arc<Notify>) -> Self {
        Self { to, cut }
    }

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
    views: Sender<ViewQuestion>,
    reports: Sender<ReportQuestion>,
    keeper: mpsc::Sender<Erase>,
    enricher: Option<Sender<EnrichQuestion>>,
    next: AtomicU64,
    count: AtomicUsize,
    dropped: AtomicU64,
}

impl Links {
    pub(crate) fn new(
        hubs: Vec<Arc<Inbox<HubEvent>>>,
        views: Sender<ViewQuestion>,
        reports: Sender<ReportQuestion>,
        keeper: mpsc::Sender<Erase>,
        enricher: Option<Sender<EnrichQuestion>>,
    ) -> Self {
        Self {
            hubs,
            views,
            reports,
            keeper,
            enricher,
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

    /// Users by the hub in which each as a whole lives.
    fn by_hub(&self, users: &[UserId]) -> impl Iterator<Item = (&Inbox<HubEvent>, Vec<UserId>)> {
        let mut of_hub = vec![Vec::new(); self.hubs.len()];
        for user in users {
            let partition = PartitionId::of_user(TenantId::DEFAULT, user);
            of_hub[partition.index() % self.hubs.len()].push(user.clone());
        }
        let hubs = self.hubs.iter().map(Arc::as_ref);
        hubs.zip(of_hub).filter(|(_, users)| !users.is_empty())
    }

    fn ask_keeper(&self, request: RequestId, user: UserId, to: &LinkSender) {
        if self.keeper.try_send(Erase { request, user, to: to.clone() }).is_err() {
            let refusal = Refusal::Busy { bound: "keeper".to_owned(), retry_after_ms: 1_000 };
            to.tell(FromOwner::Refused { request, refusal });
        }
    }

    fn ask_enricher(&self, request: RequestId, ask: EnrichAsk, to: &LinkSender) {
        let Some(enricher) = &self.enricher else {
            let answer = EnrichAnswer::Not(EnrichNot::NoService);
            to.tell(FromOwner::Enriching { request, answer });
            return;
        };
        if enricher.try_send(EnrichQuestion { request, ask, to: to.clone() }).is_err() {
            let refusal = Refusal::Busy { bound: "enriching".to_owned(), retry_after_ms: 100 };
            to.tell(FromOwner::Refused { request, refusal });
        }
    }

    fn ask_reports(&self, question: ReportQuestion) {
        if let Err(error) = self.reports.try_send(question) {
            let ReportQuestion { request, to, .. } = error.into_inner();
            let refusal = Refusal::Busy { bound: "reports".to_owned(), retry_after_ms: 1_000 };
            to.tell(FromOwner::Refused { request, refusal });
        }
    }

    /// The gateway bounds its questions; one too many is answered, not waited for.
    fn ask_views(&self, request: RequestId, task: ViewTask, to: &LinkSender) {
        let question = ViewQuestion::new(request, task, to.clone());
        if self.views.try_send(question).is_err() {
            let refusal = Refusal::Busy { bound: "views".to_owned(), retry_after_ms: 100 };
            to.tell(FromOwner::Refused { request, refusal });
        }
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
    let to = LinkSender::new(end.to_gateway.clone(), Arc::new(Notify::new()));
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
            | ToOwner::Admit { conversation, .. }
            | ToOwner::Typing { conversation, .. }
            | ToOwner::Read { conversation, .. }
            | ToOwner::GetCursor { conversation, .. }
            | ToOwner::MoveCursor { conversation, .. } => links.hub(conversation),
            ToOwner::Ping => {
                to.tell(FromOwner::Pong { not_ready: owner.not_ready() });
                continue;
            }
            ToOwner::Present { users, here } => {
                for (hub, users) in links.by_hub(users) {
                    let what = ToOwner::Present { users, here: *here };
                    hub.send(HubEvent::Said { gateway, what }).await;
                }
                continue;
            }
            ToOwner::Watch { users, on } => {
                for (hub, users) in links.by_hub(users) {
                    let what = ToOwner::Watch { users, on: *on };
                    hub.send(HubEvent::Said { gateway, what }).await;
                }
                continue;
            }
            ToOwner::GetRows { .. } | ToOwner::GetList { .. } | ToOwner::GetMembers { .. } => {
                let Some((request, task)) = ViewTask::of(what) else { continue };
                links.ask_views(request, task, to);
                continue;
            }
            ToOwner::GetReport { request, view, limit } => {
                let (request, limit) = (*request, *limit);
                let (view, to) = (view.clone(), to.clone());
                links.ask_reports(ReportQuestion { request, view, limit, to });
                continue;
            }
            ToOwner::Erase { request, user } => {
                links.ask_keeper(*request, user.clone(), to);
                continue;
            }
            ToOwner::Enriching { request, ask } => {
                links.ask_enricher(*request, ask.clone(), to);
                continue;
            }
            ToOwner::Hello { .. } => return "it greeted twice",
        };
        hub.send(HubEvent::Said { gateway, what }).await;
    }
}

#[cfg(test)]
mod tests;
