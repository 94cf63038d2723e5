//! The one task that keeps the link: dials, greets, attaches what is wanted, hears the owner, notices
//! its silence, and begins again.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use link::{FromOwner, ToOwner};
use model::{Message, Refusal, Retry};
use thiserror::Error;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use tracing::{debug, info, warn};

use super::{Owner, Pending, Report, Rows};
use crate::counters::{Counts, count, sub};
use crate::mailbox::{Answer, PageCame, SentAt};
use crate::people::People;
use crate::topics::{Budget, Effect, Topic, Topics, Want};
use crate::transport::{GatewayEnd, OwnerLink};
use crate::words::Said;

/// How often the owner is asked whether it is there.
const PING_EVERY: Duration = Duration::from_secs(1);

/// An owner that has said nothing for so long is gone.
const SILENT_MAX: Duration = Duration::from_secs(5);

/// Tries to reach the owner are so far apart, the longest double after double.
const DIAL_AGAIN: Duration = Duration::from_millis(20);
const DIAL_AGAIN_MAX: Duration = Duration::from_millis(500);

/// Messages taken from the link together.
const HEAR_BATCH: usize = 256;

/// Attachments under way.
const ATTACHING_MAX: usize = 1024;

/// When the link's queue was half full, what waits for room looks again so much later.
const FULL_AGAIN: Duration = Duration::from_millis(10);

/// How long what was said last may take to get out at the end.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Keeps the link.
#[derive(Debug)]
pub(crate) struct Drive {
    pub(crate) name: String,
    pub(crate) link: OwnerLink,
    pub(crate) owner: Arc<Owner>,
    pub(crate) topics: Arc<Topics>,
    pub(crate) budget: Budget,
    pub(crate) people: Arc<People>,
    pub(crate) counts: Arc<Counts>,
    /// True = the end.
    pub(crate) stop: watch::Receiver<bool>,
}

/// Why a link ended.
#[derive(Debug, Error)]
enum Lost {
    #[error("the owner closed it")]
    Closed,
    #[error("the owner said nothing for {} s", SILENT_MAX.as_secs())]
    Silent,
    #[error("it takes no more")]
    Full,
    #[error("{0}")]
    Broken(String),
    #[error("this gateway stops")]
    Stopped,
}

/// What lasts as long as one link.
#[derive(Debug, Default)]
struct Life {
    attaching: usize,
    /// Attachments that were refused, by when to ask again.
    refused: BTreeMap<(Instant, u64), Arc<Topic>>,
    refusals: u64,
    /// Whose listeners are to be woken.
    touched: Vec<Arc<Topic>>,
}

impl Drive {
    /// Until stopped.
    pub(crate) async fn run(mut self) {
        let mut again = DIAL_AGAIN;
        loop {
            let dialed = tokio::select! {
                dialed = self.link.dial(&self.name) => dialed,
                () = stopped(&mut self.stop) => return,
            };
            match dialed {
                Ok(end) => {
                    again = DIAL_AGAIN;
                    self.live(end).await;
                }
                Err(why) => {
                    if again == DIAL_AGAIN {
                        warn!(%why, "the owner cannot be linked; trying on");
                    } else {
                        debug!(%why, "the owner cannot be linked");
                    }
                    again = (again * 2).min(DIAL_AGAIN_MAX);
                }
            }
            tokio::select! {
                () = sleep(again) => {}
                () = stopped(&mut self.stop) => return,
            }
        }
    }

    async fn live(&mut self, mut end: GatewayEnd) {
        info!("the owner is linked");
        count(&self.counts.links_total);
        self.owner.up(end.to_owner.clone());
        self.people.retell(|what| self.owner.say_or_break(what));
        let why = self.listen(&mut end).await;
        self.owner.down();
        self.topics.detach_all();
        self.budget.clear();
        if matches!(why, Lost::Stopped) {
            drop(end.to_owner);
            end.pump.finish(LAST_WORDS).await;
        } else {
            count(&self.counts.link_losses_total);
            warn!(%why, "the link to the owner is lost");
        }
    }

    async fn listen(&mut self, end: &mut GatewayEnd) -> Lost {
        let mut life = Life::default();
        let mut batch = Vec::with_capacity(HEAR_BATCH);
        let mut heard = Instant::now();
        let mut ticked = Instant::now();
        let mut tick = interval(PING_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_full = self.work_off(&mut life);
            tokio::select! {
                count = end.from_owner.recv_many(&mut batch, HEAR_BATCH) => {
                    if count == 0 {
                        return Lost::Closed;
                    }
                    heard = Instant::now();
                    if let Err(why) = self.hear_all(&mut life, &mut batch) {
                        return Lost::Broken(why);
                    }
                }
                () = end.to_owner.closed() => return Lost::Closed,
                () = self.topics.wanting() => {}
                () = sleep(FULL_AGAIN), if is_full => {}
                () = due(&life.refused) => self.want_again(&mut life),
                () = self.owner.broken.notified() => {
                    if self.owner.lock().broken {
                        return Lost::Full;
                    }
                }
                _ = tick.tick() => {
                    let now = Instant::now();
                    if now - ticked > 2 * PING_EVERY {
                        heard = now; // It was this process that slept.
                    }
                    ticked = now;
                    self.budget.handle_timeout(&self.topics, now);
                    if now - heard > SILENT_MAX {
                        return Lost::Silent;
                    }
                    self.owner.say(&mut self.owner.lock(), ToOwner::Ping);
                }
                () = stopped(&mut self.stop) => return Lost::Stopped,
            }
        }
    }

    /// Attaches and detaches what stands in the line. True = the link has no room for the rest.
    fn work_off(&self, life: &mut Life) -> bool {
        while life.attaching < ATTACHING_MAX {
            if !self.owner.has_room() {
                return true;
            }
            let mut attaches = 0;
            let asked = self.topics.ask_next(|want| match want {
                Want::Attach(topic) => {
                    attaches = 1;
                    let pending = Pending::Attach(Arc::clone(topic));
                    let conversation = topic.conversation().clone();
                    let say = |request| ToOwner::Attach { request, conversation };
                    self.owner.ask(&mut self.owner.lock(), pending, say).is_ok()
                }
                Want::Detach(conversation) => {
                    let detach = ToOwner::Detach { conversation: conversation.clone() };
                    self.owner.say(&mut self.owner.lock(), detach)
                }
            });
            match asked {
                Some(true) => life.attaching += attaches,
                Some(false) | None => return false,
            }
        }
        false
    }

    fn want_again(&self, life: &mut Life) {
        let later = life.refused.split_off(&(Instant::now(), u64::MAX));
        for topic in std::mem::replace(&mut life.refused, later).into_values() {
            self.topics.want_again(&topic);
        }
    }

    fn hear_all(&mut self, life: &mut Life, batch: &mut Vec<FromOwner>) -> Result<(), String> {
        let heard = batch.drain(..).try_for_each(|message| self.hear(life, message));
        life.touched.sort_unstable_by_key(Arc::as_ptr);
        life.touched.dedup_by(|one, other| Arc::ptr_eq(one, other));
        for topic in life.touched.drain(..) {
            topic.wake();
        }
        heard
    }

    fn hear(&mut self, life: &mut Life, message: FromOwner) -> Result<(), String> {
        let fits = match message {
            FromOwner::Deliver { message } => return self.deliver(life, &message),
            FromOwner::Sent { request, id: _, epoch, seq, received_at, duplicate } => {
                self.owner.sent(request, SentAt { epoch, seq, received_at, duplicate })
            }
            FromOwner::Refused { request, refusal } => match self.owner.take(request) {
                Some(pending) => {
                    self.refused(life, pending, refusal);
                    true
                }
                None => false,
            },
            FromOwner::Attached { request, conversation: _, standing } => {
                match self.owner.attached(request) {
                    Some(topic) => {
                        life.attaching -= 1;
                        self.topics.attached(&topic, &standing);
                        life.touched.push(topic);
                        true
                    }
                    None => false,
                }
            }
            FromOwner::Page { request, conversation: _, standing, messages, changes, as_of } => {
                self.owner.page_came(request, PageCame { standing, messages, changes, as_of })
            }
            FromOwner::Admitted { request, standing } => self.owner.admitted(request, standing),
            FromOwner::List { request, conversations } => {
                let listed = |number| Answer::Listed { number, conversations };
                self.owner.view_came(request, listed)
            }
            FromOwner::Members { request, count, members } => {
                let came = |number| Answer::Members { number, count, members };
                self.owner.view_came(request, came)
            }
            FromOwner::Typing { conversation, user } => {
                if let Some(topic) = self.topics.get(&conversation) {
                    topic.typing(&user);
                }
                true
            }
            FromOwner::Presence { user, online } => {
                self.people.presence(&user, online);
                true
            }
            FromOwner::CursorAt { request, seq } => self.owner.cursor_at(request, seq),
            FromOwner::Rows { request, rows, behind } => {
                self.owner.rows_came(request, Rows { rows, behind })
            }
            FromOwner::Report { request, sheet, behind } => {
                self.owner.report_came(request, Report { sheet, behind })
            }
            FromOwner::Erased { request, conversations } => {
                self.owner.erased(request, conversations)
            }
            FromOwner::Enriching { request, answer } => self.owner.enriching_came(request, answer),
            FromOwner::Pong { not_ready } => {
                self.owner.lock().not_ready = not_ready;
                true
            }
            FromOwner::Welcome { .. } => false,
        };
        if fits { Ok(()) } else { Err("the owner answered what was not asked".to_owned()) }
    }

    fn deliver(&mut self, life: &mut Life, message: &Message) -> Result<(), String> {
        count(&self.counts.delivered_total);
        let Some(topic) = self.topics.get(&message.conversation) else { return Ok(()) };
        let effect = Effect::of(&message.content);
        let frame = |epoch| {
            let said = Said::new(wire::encode_message(epoch, message));
            if topic.wants_binary() {
                said.with_binary(wire::encode_binary_message(epoch, message))
            } else {
                said
            }
        };
        let delivered = self.topics.deliver(&topic, message.seq, effect, frame);
        match delivered {
            Ok(true) => {
                self.budget.delivered(&self.topics, &topic, message.seq);
                life.touched.push(topic);
                Ok(())
            }
            Ok(false) => Ok(()),
            Err(not_next) => Err(format!(
                "the owner delivered {} of {} where {} had to come",
                message.seq, message.conversation, not_next.expected
            )),
        }
    }

    fn refused(&self, life: &mut Life, pending: Pending, refusal: Refusal) {
        match pending {
            Pending::Send { to, about, .. } => {
                sub(&self.counts.sends_in_flight, 1);
                to.put(Answer::NotSent(about, refusal));
            }
            Pending::Page { to, number }
            | Pending::Cursor { to, number }
            | Pending::Admit { to, number }
            | Pending::View { to, number } => {
                to.put(Answer::Nothing { number, refusal: Some(refusal) });
            }
            Pending::Rows { to, .. } => drop(to.send(Err(refusal))),
            Pending::Report { to, .. } => drop(to.send(Err(refusal))),
            Pending::Erase { to, .. } => drop(to.send(Err(refusal))),
            Pending::Enriching { to, .. } => drop(to.send(Err(refusal))),
            Pending::Attach(topic) => {
                life.attaching -= 1;
                life.refusals += 1;
                let at = Instant::now() + retry_after(&refusal);
                life.refused.insert((at, life.refusals), topic);
            }
        }
    }
}

/// When to ask again what a subscription needs: it is asked until it is answered.
pub(crate) fn retry_after(refusal: &Refusal) -> Duration {
    const LEAST: Duration = Duration::from_millis(50);
    match refusal.retry() {
        Retry::Now => LEAST,
        Retry::After(ms) => Duration::from_millis(ms.into()).max(LEAST),
        Retry::Never => Duration::from_secs(1),
    }
}

/// Also when nobody is left who could stop it.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

async fn due(refused: &BTreeMap<(Instant, u64), Arc<Topic>>) {
    match refused.first_key_value() {
        Some(((at, _), _)) => sleep_until(*at).await,
        None => pending().await,
    }
}
