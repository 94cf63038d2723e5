//! Who asks over HTTP: whose token it is, or, with `--dev`, who they say they are.

use std::sync::Arc;

use access::{Grant, Role};
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use model::{DeviceId, Retry, TraceParent, UserId};
use wire::{About, Code, Problem};

use super::problem::respond;
use crate::clock;
use crate::connection::Who;
use crate::counters::count;
use crate::door::NotAdmitted;
use crate::gateway::Shared;

/// With `--dev`: who it is.
const USER_HEADER: &str = "hubbub-user";

/// The device of those who ask over HTTP.
const DEVICE: &str = "http";

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) user: UserId,
    /// `None` = everything (`--dev`).
    pub(crate) grant: Option<Arc<Grant>>,
    /// The span that the request belongs to (W3C Trace Context).
    pub(crate) traced_by: Option<TraceParent>,
}

/// They were not let in.
pub(crate) struct Denied(Box<Response>);

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl Caller {
    /// Of the headers of a request.
    pub(crate) fn of(shared: &Shared, parts: &Parts) -> Result<Self, Denied> {
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let door = &shared.options.door;
        let traced_by = header("traceparent").and_then(TraceParent::parse);
        if door.is_dev() {
            let named = header(USER_HEADER).unwrap_or("guest");
            let user = UserId::new(named)
                .map_err(|why| denied(shared, &format!("the header Hubbub-User: {why}")))?;
            if !user.is_free() {
                return Err(denied(shared, &NotAdmitted::of_the_house(&user).detail));
            }
            return Ok(Self { user, grant: None, traced_by });
        }
        let token = header(AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer "));
        let Some(token) = token else {
            return Err(denied(shared, "the header `Authorization: Bearer <token>` is missing"));
        };
        match door.verify(token.trim()) {
            Ok(grant) if !grant.user().is_free() => {
                Err(denied(shared, &NotAdmitted::of_the_house(grant.user()).detail))
            }
            Ok(grant) => {
                let (user, grant) = (grant.user().clone(), Some(Arc::new(grant)));
                Ok(Self { user, grant, traced_by })
            }
            Err(NotAdmitted { detail, retry, .. }) => Err(refused(shared, &detail, retry)),
        }
    }

    /// They ask for so many things: all of them or none, by the limit of a user.
    pub(super) fn asks(&self, shared: &Shared, many: u32) -> Result<(), Denied> {
        let now = clock::mono();
        let rate = shared.rates.of(&self.user, now);
        rate.take_all(shared.options.commands_of_user, many, now).map_err(|wait| {
            count(&shared.counts.rate_limited_total);
            let ms = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX).max(1);
            let detail = format!("more commands than the limit: try again after {ms} ms");
            let problem = Problem::never(About::default(), Code::RateLimited, detail);
            Denied(Box::new(respond(Problem { retry: Retry::After(ms), ..problem })))
        })
    }

    /// As a visitor of one question.
    pub(crate) fn who(self) -> Who {
        let device = self.grant.as_ref().and_then(|grant| grant.device().cloned());
        let device = device.unwrap_or_else(|| {
            DeviceId::new(DEVICE).unwrap_or_else(|_| unreachable!("{DEVICE} is a name"))
        });
        Who { user: self.user, device, instance: None, grant: self.grant, is_present: false }
    }

    /// Whether they may see what operators and analysts see.
    pub(crate) fn is_staff(&self) -> bool {
        self.grant.as_ref().is_none_or(|grant| grant.has(Role::Admin) || grant.has(Role::Analyst))
    }

    /// Whether they may do what an administrator does; without tokens everyone may.
    pub(crate) fn is_admin(&self) -> bool {
        self.grant.as_ref().is_none_or(|grant| grant.has(Role::Admin))
    }
}

fn denied(shared: &Shared, detail: &str) -> Denied {
    refused(shared, detail, Retry::Never)
}

fn refused(shared: &Shared, detail: &str, retry: Retry) -> Denied {
    count(&shared.counts.unauthorized_total);
    let problem = Problem::never(About::default(), Code::Unauthorized, detail);
    Denied(Box::new(respond(Problem { retry, ..problem })))
}

impl FromRequestParts<Arc<Shared>> for Caller {
    type Rejection = Denied;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, Self::Rejection> {
        Self::of(shared, parts)
    }
}
