//! Who may come in: tokens and tickets, or, with `--dev`, everyone under the name they give.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use access::{Grant, Reload, Tickets, Verifier};
use model::{DeviceId, Refusal, Retry, SeededState, UserId};
use tokio::sync::Notify;
use wire::Proof;

use crate::clock;

/// When to try again what was signed with a key that is not known yet.
const UNKNOWN_KEY_RETRY_MS: u32 = 2_000;

/// 128 bits from the system.
pub type Dice = fn() -> u128;

/// The door. Shared by all connections of a gateway.
pub struct Door {
    /// `None` = everyone is who they say they are.
    keeper: Option<Keeper>,
    tickets: Mutex<Tickets>,
    dice: Dice,
    #[cfg(feature = "mutants")]
    mutant: Option<model::Mutant>,
}

struct Keeper {
    verifier: RwLock<Arc<Verifier>>,
    reload: Mutex<Reload>,
    wanted: Notify,
}

/// Why someone was not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotAdmitted {
    pub(crate) detail: String,
    pub(crate) retry: Retry,
    /// With a new ticket, or a little later, they may well be.
    pub(crate) is_stale: bool,
}

impl NotAdmitted {
    /// A name that nobody may have.
    pub(crate) fn of_the_house(user: &UserId) -> Self {
        Self::never(format!("`user` is {user}: a user's name does not begin with a colon"))
    }

    pub(crate) fn never(detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), retry: Retry::Never, is_stale: false }
    }

    /// The ticket is none of those that are out.
    fn no_ticket() -> Self {
        let detail = "the ticket is none, was used, or is older than 30 s: ask for another";
        Self { is_stale: true, ..Self::never(detail) }
    }
}

impl Door {
    /// Without tokens: for a machine of one's own.
    pub fn dev(dice: Dice) -> Self {
        Self::new(None, dice)
    }

    /// With tokens.
    pub fn guarded(verifier: Verifier, dice: Dice) -> Self {
        let keeper = Keeper {
            verifier: RwLock::new(Arc::new(verifier)),
            reload: Mutex::new(Reload::default()),
            wanted: Notify::new(),
        };
        Self::new(Some(keeper), dice)
    }

    fn new(keeper: Option<Keeper>, dice: Dice) -> Self {
        Self {
            keeper,
            tickets: Mutex::new(tickets(dice)),
            dice,
            #[cfg(feature = "mutants")]
            mutant: None,
        }
    }

    /// Breaks a promise on purpose.
    #[cfg(feature = "mutants")]
    #[must_use]
    pub fn with_mutant(self, mutant: Option<model::Mutant>) -> Self {
        Self { mutant, ..self }
    }

    /// Whether everyone is who they say they are.
    pub const fn is_dev(&self) -> bool {
        self.keeper.is_none()
    }

    /// From now on these keys and revocations hold.
    pub fn replace(&self, verifier: Verifier) {
        if let Some(keeper) = &self.keeper {
            let mut now = keeper.verifier.write().unwrap_or_else(PoisonError::into_inner);
            *now = Arc::new(verifier);
        }
    }

    /// Someone showed a token of a key that is not known: the keys may have changed. At most once in
    /// 30 s. Cancel safe.
    pub async fn reload_wanted(&self) {
        match &self.keeper {
            Some(keeper) => keeper.wanted.notified().await,
            None => std::future::pending().await,
        }
    }

    /// Who says hello, and shows this.
    pub(crate) fn enter(
        &self,
        user: &UserId,
        device: &DeviceId,
        proof: Option<&Proof>,
    ) -> Result<Option<Arc<Grant>>, NotAdmitted> {
        if !user.is_free() {
            return Err(NotAdmitted::of_the_house(user));
        }
        let grant = match proof {
            Some(Proof::Ticket(ticket)) => {
                let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
                let redeemed = tickets.redeem(ticket, clock::wall());
                #[cfg(feature = "mutants")]
                if self.mutant == Some(model::Mutant::TicketKept)
                    && let (Some(grant), Ok(number)) = (&redeemed, u128::from_str_radix(ticket, 16))
                {
                    tickets.issue(grant.clone(), number, clock::wall());
                }
                redeemed.ok_or_else(NotAdmitted::no_ticket)?
            }
            Some(Proof::Token(_)) | None if self.is_dev() => return Ok(None),
            Some(Proof::Token(token)) => self.verify(token)?,
            None => return Err(NotAdmitted::never("`token` is missing: give one, or a `ticket`")),
        };
        if grant.user() != user {
            let whose = grant.user();
            let detail =
                format!("the token is of {whose}, and `user` is {user}: say hello as {whose}");
            return Err(NotAdmitted::never(detail));
        }
        if !grant.is_for(device) {
            let detail = format!("the token is of another device than {device}");
            return Err(NotAdmitted::never(detail));
        }
        Ok((!self.is_dev()).then(|| Arc::new(grant)))
    }

    /// Of whom a token is.
    pub(crate) fn verify(&self, token: &str) -> Result<Grant, NotAdmitted> {
        let Some(keeper) = &self.keeper else {
            return Err(NotAdmitted::never("this server does not ask for tokens (--dev)"));
        };
        let verifier = keeper.verifier();
        let now = clock::wall();
        verifier.verify(token, now).map_err(|why| {
            let detail = why.to_string();
            if !why.is_unknown_key() {
                return NotAdmitted::never(detail);
            }
            let mut reload = keeper.reload.lock().unwrap_or_else(PoisonError::into_inner);
            if reload.unknown_key(now) {
                keeper.wanted.notify_one();
            }
            NotAdmitted { detail, retry: Retry::After(UNKNOWN_KEY_RETRY_MS), is_stale: true }
        })
    }

    /// A ticket for whom it was granted to.
    pub(crate) fn ticket(&self, grant: Grant) -> String {
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.issue(grant, (self.dice)(), clock::wall())
    }

    /// Whether what was granted has been taken back.
    pub(crate) fn is_revoked(&self, grant: &Grant) -> bool {
        self.keeper
            .as_ref()
            .is_some_and(|keeper| keeper.verifier().revocations().is_revoked(grant.claims()))
    }

    /// 64 bits that nobody can guess.
    pub(crate) fn random(&self) -> u64 {
        let [low, _] = halves((self.dice)());
        low
    }
}

impl Keeper {
    fn verifier(&self) -> Arc<Verifier> {
        Arc::clone(&self.verifier.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn tickets(dice: Dice) -> Tickets {
    let [one, other] = halves(dice());
    Tickets::new(SeededState(one, other))
}

pub(crate) fn halves(bits: u128) -> [u64; 2] {
    let bytes = bits.to_le_bytes();
    let half = |from: usize| {
        let mut half = [0; 8];
        half.copy_from_slice(&bytes[from..from + 8]);
        u64::from_le_bytes(half)
    };
    [half(0), half(8)]
}

impl From<NotAdmitted> for Refusal {
    /// For those who ask on without a right to: as if it were not there.
    fn from(_: NotAdmitted) -> Self {
        Self::NotFound
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_dev() { "Door(dev)" } else { "Door(guarded)" })
    }
}
