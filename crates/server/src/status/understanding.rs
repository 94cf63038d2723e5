//! How messages are understood: the part of a sample that there is where a service is asked.

use std::sync::PoisonError;

use serde::Serialize;

use super::num;
use crate::owner::Owner;
use crate::owner::enrich_drive::EnrichGauges;
use crate::owner::enrich_times::TimesRead;

/// What a sample says of it; a second is one of the sample's.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Understanding {
    received_per_second: Option<f64>,
    /// First results that became durable.
    durable_per_second: Option<f64>,
    /// First results that the tables counted, and those of them that came after the deadline.
    counted_per_second: Option<f64>,
    late_per_second: Option<f64>,
    /// First results that are a guess.
    guessed_per_second: Option<f64>,
    /// From arrival to the first result, durable and counted.
    durable_p99_ms: Option<f64>,
    counted_p50_ms: Option<f64>,
    counted_p99_ms: Option<f64>,
    unread_batches: Option<f64>,
    in_hand: Option<f64>,
    queued: Option<f64>,
    calls_per_second: Option<f64>,
    second_calls_per_second: Option<f64>,
    again_per_second: Option<f64>,
    failures_per_second: Option<f64>,
    calls_in_flight: Option<f64>,
    calls_limit: Option<f64>,
    call_p50_ms: Option<f64>,
    call_p99_ms: Option<f64>,
    /// 0 closed, 1 half open, 2 open.
    breaker: Option<f64>,
    degraded: Option<f64>,
    pending: Option<f64>,
    dead: Option<f64>,
    /// Messages that are to be asked again.
    later: Option<f64>,
}

/// Where all messages are, in sum.
#[derive(Debug, Serialize)]
pub(super) struct Conservation {
    deadline_ms: u128,
    received: u64,
    full: u64,
    degraded: u64,
    pending: u64,
    dead: u64,
    /// Deleted, erased or expired before the service answered.
    gone: u64,
    /// Received, less the other five: 0, or there is a bug.
    error: i64,
}

/// What only rises, and what is there, at a moment.
#[derive(Debug, Clone)]
pub(super) struct Understood {
    gauges: EnrichGauges,
    unread: u64,
    deadline_ms: u64,
    durable: TimesRead,
    counted: TimesRead,
}

impl Understood {
    /// `None`: nobody is asked here.
    pub(super) fn of(owner: &Owner) -> Option<Self> {
        let enriching = owner.enriching.as_ref()?;
        let gauges = enriching.gauges.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Some(Self {
            unread: owner.reader.durable().0.saturating_sub(gauges.at.0),
            gauges,
            deadline_ms: u64::try_from(enriching.deadline.as_millis()).unwrap_or(u64::MAX),
            durable: enriching.durable.read(),
            counted: owner.visible.read(),
        })
    }

    pub(super) fn conservation(&self) -> Conservation {
        let counts = self.gauges.counts;
        Conservation {
            deadline_ms: self.deadline_ms.into(),
            received: counts.received,
            full: counts.full,
            degraded: counts.degraded,
            pending: counts.pending,
            dead: counts.dead,
            gone: counts.gone,
            error: counts.error(),
        }
    }

    /// What happened since a moment before, and what is there now.
    pub(super) fn since(&self, before: &Self, seconds: f64) -> Understanding {
        let rate = |of: fn(&EnrichGauges) -> u64| {
            Some(num(of(&self.gauges).saturating_sub(of(&before.gauges))) / seconds)
        };
        let (durable, counted) =
            (self.durable.since(&before.durable), self.counted.since(&before.counted));
        let EnrichGauges { counts, service, sizes: [in_hand, queued, later], .. } = self.gauges;
        let size = |size: usize| Some(num(size as u64));
        let ms = |seconds: f64| (seconds > 0.0).then_some(seconds * 1e3);
        Understanding {
            received_per_second: rate(|now| now.counts.received),
            durable_per_second: Some(num(durable.count()) / seconds),
            counted_per_second: Some(num(counted.count()) / seconds),
            late_per_second: Some(num(counted.over(self.deadline_ms)) / seconds),
            guessed_per_second: rate(|now| now.counts.guessed),
            durable_p99_ms: durable.quantile_ms(0.99),
            counted_p50_ms: counted.quantile_ms(0.5),
            counted_p99_ms: counted.quantile_ms(0.99),
            unread_batches: Some(num(self.unread)),
            in_hand: size(in_hand),
            queued: size(queued),
            calls_per_second: rate(|now| now.service.calls),
            second_calls_per_second: rate(|now| now.service.hedges + now.service.retries),
            again_per_second: rate(|now| now.service.again),
            failures_per_second: rate(|now| now.service.failures),
            calls_in_flight: Some(service.in_flight.into()),
            calls_limit: Some(service.limit.into()),
            call_p50_ms: ms(service.latency_s[0]),
            call_p99_ms: ms(service.latency_s[1]),
            breaker: Some(service.breaker.into()),
            degraded: Some(num(counts.degraded)),
            pending: Some(num(counts.pending)),
            dead: Some(num(counts.dead)),
            later: size(later),
        }
    }
}

#[cfg(test)]
mod tests;
