//! Every metric of the process, by name, in Prometheus' text form (exposition format 0.0.4).
//!
//! Counters rather than gauges that jump; base units; `hubbub_` in front.

mod enriching;
mod process;

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use gateway::{Gateway, Latencies};

use crate::export::Exporter;
use crate::owner::Owner;

pub(crate) use process::{cores, cpu_seconds, process, resident_bytes};

/// For each bound in seconds, how many took at most so long.
trait Buckets: Iterator<Item = (f64, u64)> {}

impl<I: Iterator<Item = (f64, u64)>> Buckets for I {}

/// How often something took how long.
struct Histogram<B> {
    buckets: B,
    count: u64,
    sum_seconds: f64,
}

/// A page of metrics being written.
#[derive(Debug, Default)]
pub(crate) struct Page(String);

impl Page {
    /// A number that only rises while the process lives.
    pub(crate) fn counter(&mut self, name: &str, help: &str, value: impl Into<f64>) {
        self.metric("counter", name, help, value.into());
    }

    /// A number that rises and falls.
    pub(crate) fn gauge(&mut self, name: &str, help: &str, value: impl Into<f64>) {
        self.metric("gauge", name, help, value.into());
    }

    /// Numbers that only rise, one a value of a label.
    fn counters<'n>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'n str, u64)>,
    ) {
        self.labelled("counter", name, help, label, values);
    }

    /// Numbers that rise and fall, one a value of a label.
    fn gauges<'n>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'n str, u64)>,
    ) {
        self.labelled("gauge", name, help, label, values);
    }

    fn labelled<'n>(
        &mut self,
        kind: &str,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'n str, u64)>,
    ) {
        let mut text = format!("# HELP hubbub_{name} {help}\n# TYPE hubbub_{name} {kind}\n");
        for (of, value) in values {
            text += &format!("hubbub_{name}{{{label}=\"{of}\"}} {value}\n");
        }
        self.0 += &text;
    }

    /// How often something took how long.
    fn histogram(&mut self, name: &str, help: &str, of: Histogram<impl Buckets>) {
        let mut text = format!("# HELP hubbub_{name} {help}\n# TYPE hubbub_{name} histogram\n");
        let mut line = |what: &str, value: f64| text += &format!("hubbub_{name}{what} {value}\n");
        for (bound, count) in of.buckets {
            line(&format!("_bucket{{le=\"{bound}\"}}"), num(count));
        }
        line("_bucket{le=\"+Inf\"}", num(of.count));
        line("_sum", of.sum_seconds);
        line("_count", num(of.count));
        self.0 += &text;
    }

    fn metric(&mut self, kind: &str, name: &str, help: &str, value: f64) {
        self.plain(kind, &format!("hubbub_{name}"), help, value);
    }

    /// A name that others use, too.
    fn plain(&mut self, kind: &str, name: &str, help: &str, value: f64) {
        let written =
            writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
        assert!(written.is_ok(), "writing into memory cannot fail");
    }

    /// The text of it.
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

/// Of sends until they are acknowledged: 0.5 ms to 8.4 s.
const ACKNOWLEDGE_BOUNDS: RangeInclusive<u32> = 9..=23;

/// Of pages of history: 32 µs to 0.5 s.
const READ_BOUNDS: RangeInclusive<u32> = 5..=19;

/// The bounds are powers of two of a microsecond.
fn latencies(of: &Latencies, bounds: RangeInclusive<u32>) -> Histogram<impl Buckets> {
    Histogram {
        buckets: bounds.map(|power| (micros(1 << power), of.below_power(power))),
        count: of.count(),
        sum_seconds: micros(of.sum_micros()),
    }
}

/// In seconds.
fn micros(count: u64) -> f64 {
    num(count) / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus' numbers are doubles")]
fn num(value: u64) -> f64 {
    value as f64
}

fn size(value: usize) -> f64 {
    num(u64::try_from(value).unwrap_or(u64::MAX))
}

/// What an owner shows of itself.
pub(crate) fn owner(page: &mut Page, owner: &Owner) {
    journal(page, owner);
    hubs(page, owner);
    views(page, owner);
    reads(page, owner);
    enriching(page, owner);
    keeping(page, owner);
    let opened = &owner.opened;
    page.counter(
        "journal_cut_tails_total",
        "Torn tails cut when the journal was opened.",
        u8::from(opened.cut_tail),
    );
    page.gauge(
        "journal_damage",
        "Damaged ranges found when the journal was opened.",
        size(opened.damage.len()),
    );
    page.gauge("owner_ready_seconds", "From start to ready.", opened.ready_after.as_secs_f64());
    #[cfg(feature = "mutants")]
    page.counter(
        "shadow_died_in_sync",
        "The life before ended inside a sync.",
        u8::from(opened.died_in_sync),
    );
}

fn journal(page: &mut Page, owner: &Owner) {
    let gauges = &owner.crew.journal;
    let nanos = num(gauges.sync_nanos.load(Relaxed));
    page.counter("journal_batches_total", "Batches made durable.", num(gauges.syncs.load(Relaxed)));
    page.counter("journal_append_seconds_total", "Time in write and sync.", nanos / 1e9);
    page.counter(
        "journal_records_total",
        "Records made durable.",
        num(gauges.records.load(Relaxed)),
    );
    page.counter(
        "journal_bytes_total",
        "Bytes of records made durable.",
        num(gauges.bytes.load(Relaxed)),
    );
    page.gauge(
        "journal_disk_full",
        "1 = no room for sends.",
        u8::from(gauges.disk_full.load(Relaxed)),
    );
    page.gauge("journal_poisoned", "1 = a sync failed.", u8::from(gauges.poisoned.load(Relaxed)));
    page.gauge("journal_durable_batch", "Last durable batch.", num(owner.reader.durable().0));
    page.gauge("links", "Gateways linked.", size(owner.links.count()));
    page.counter(
        "links_dropped_total",
        "Gateways dropped for being full or silent.",
        num(owner.links.dropped()),
    );
}

fn views(page: &mut Page, owner: &Owner) {
    for (view, gauges) in [("history", &owner.following), ("tables", &owner.counting)] {
        let seconds = |nanos: &AtomicU64| num(nanos.load(Relaxed)) / 1e9;
        page.gauge(
            &format!("{view}_behind_batches"),
            "Durable batches that the view has not taken yet.",
            num(owner.behind(gauges)),
        );
        page.counter(
            &format!("{view}_steps_total"),
            "Steps of one or more batches that it took.",
            num(gauges.steps.load(Relaxed)),
        );
        page.counter(
            &format!("{view}_step_seconds_total"),
            "Time in those steps.",
            seconds(&gauges.step_nanos),
        );
        page.gauge(
            &format!("{view}_slowest_step_seconds"),
            "The longest step since the start: what its store was held up at most.",
            seconds(&gauges.slowest_nanos),
        );
    }
}

fn keeping(page: &mut Page, owner: &Owner) {
    let gauges = &owner.keeping;
    let counters = [
        (
            "sweeps",
            "Looks through all conversations for what has been kept long enough.",
            &gauges.sweeps,
        ),
        ("expired", "Words that something has expired.", &gauges.expired),
        ("erased", "Words that a user is erased in a conversation.", &gauges.erased),
        ("refused", "Words that were not taken: they are said again.", &gauges.refused),
        (
            "thinned_segments",
            "Segments of the journal written anew with less in them.",
            &gauges.thinned,
        ),
        ("freed_bytes", "Bytes of the journal that this gave back.", &gauges.freed_bytes),
        ("thin_failures", "Segments that could not be thinned.", &gauges.thin_failures),
    ];
    for (name, help, count) in counters {
        page.counter(&format!("keeper_{name}_total"), help, num(count.load(Relaxed)));
    }
}

fn reads(page: &mut Page, owner: &Owner) {
    page.histogram(
        "history_read_seconds",
        "Pages that were read from history, from asking to having them.",
        latencies(&owner.crew.read_times.read(), READ_BOUNDS),
    );
}

fn enriching(page: &mut Page, owner: &Owner) {
    let Some(of) = &owner.enriching else { return };
    let now = of.gauges.lock().unwrap_or_else(PoisonError::into_inner).clone();
    enriching::write(page, &now, owner.reader.durable());
    enriching::ways(page, of.provider.ways());
    enriching::endpoints(page, &now, of.provider.names());
    enriching::spending(page, &now, &of.prices);
    let durable = "From a message's arrival until its first result is durable.";
    page.histogram("enrich_durable_seconds", durable, enriching::times(&of.durable.read()));
    let visible = "From a message's arrival until the tables count its first result.";
    page.histogram("enrich_visible_seconds", visible, enriching::times(&owner.visible.read()));
}

fn hubs(page: &mut Page, owner: &Owner) {
    let hubs: Vec<_> = owner
        .crew
        .hubs
        .iter()
        .map(|gauges| gauges.lock().unwrap_or_else(PoisonError::into_inner).clone())
        .collect();
    let held = |field: fn(&hub::Gauges) -> usize| size(hubs.iter().map(field).sum());
    let done = |field: fn(&hub::Gauges) -> u64| num(hubs.iter().map(field).sum());
    page.gauge("hub_conversations", "Conversations in memory.", held(|hub| hub.conversations));
    page.gauge("hub_bytes", "Bytes of conversations in memory, estimated.", held(|hub| hub.bytes));
    page.gauge("hub_undurable", "Facts that wait for the journal.", held(|hub| hub.undurable));
    page.gauge(
        "hub_tail_messages",
        "Messages that wait for history.",
        held(|hub| hub.tail_messages),
    );
    page.gauge("hub_waiting", "Inputs that wait for a load.", held(|hub| hub.waiting));
    page.counter("hub_sequenced_total", "Messages given a place.", done(|hub| hub.sequenced));
    page.counter("hub_evictions_total", "Conversations evicted.", done(|hub| hub.evictions));
    page.counter(
        "hub_loads_total",
        "Loads from history.",
        done(|hub| hub.loads_head + hub.loads_author + hub.loads_cursor),
    );
    page.counter("hub_lookups_total", "Ids looked up in history.", done(|hub| hub.lookups));
    page.counter(
        "hub_duplicates_total",
        "Sends answered as duplicates.",
        done(|hub| hub.duplicates),
    );
    page.counter(
        "hub_conflicts_total",
        "Sends refused: id used for another body.",
        done(|hub| hub.conflicts),
    );
    let refused = |hub: &hub::Gauges| {
        hub.refused_disk_full
            + hub.refused_undurable
            + hub.refused_view_behind
            + hub.refused_loads
            + hub.refused_memory
            + hub.refused_reads
            + hub.refused_backlog
            + hub.refused_lamport
            + hub.refused_seen_ahead
    };
    page.counter("hub_refusals_total", "Questions refused, for whatever reason.", done(refused));
}

/// What becomes of spans.
pub(crate) fn traces(page: &mut Page, exporter: &Exporter) {
    page.counter(
        "trace_spans_exported_total",
        "Spans that the collector took.",
        num(exporter.exported()),
    );
    page.counter(
        "trace_spans_dropped_total",
        "Spans dropped: too many, or the collector did not take them.",
        num(exporter.tracer.dropped()),
    );
}

/// What a gateway shows of itself.
pub(crate) fn gateway(page: &mut Page, gateway: &Gateway) {
    let now = gateway.counters();
    page.gauge("gateway_connections", "Connections.", num(now.connections));
    page.gauge(
        "gateway_connections_max",
        "Connections that may be open.",
        size(gateway.connections_max()),
    );
    page.gauge("gateway_subscriptions", "Subscriptions.", num(now.subscriptions));
    page.gauge(
        "gateway_conversations",
        "Conversations that someone here follows.",
        num(now.conversations),
    );
    page.gauge("gateway_ring_bytes", "Bytes of all rings.", num(now.ring_bytes));
    page.gauge("gateway_ring_frames", "Frames in all rings.", num(now.ring_frames));
    page.gauge(
        "gateway_sends_in_flight",
        "Sends that wait for the owner.",
        num(now.sends_in_flight),
    );
    page.gauge("gateway_link_up", "1 = the owner is there.", num(now.link_up));
    page.histogram(
        "gateway_acknowledge_seconds",
        "From the coming of a send to its acknowledgement.",
        latencies(&gateway.latencies(), ACKNOWLEDGE_BOUNDS),
    );
    let totals = [
        ("connections", "Connections taken.", now.connections_total),
        ("connections_refused", "Connections refused.", now.connections_refused_total),
        ("unauthorized", "Connections and questions not admitted.", now.unauthorized_total),
        ("rate_limited", "Commands refused: too many.", now.rate_limited_total),
        ("frames_in", "Frames that clients sent.", now.frames_in_total),
        ("frames_out", "Frames written to clients.", now.frames_out_total),
        ("bad_frames", "Frames that are none.", now.bad_frames_total),
        ("sends", "Sends handed to the owner.", now.sends_total),
        ("busy", "Answers busy that came from the gateway.", now.busy_total),
        ("outcomes_unknown", "Answers outcome_unknown.", now.outcomes_unknown_total),
        ("delivered", "Messages the owner delivered.", now.delivered_total),
        ("pages", "Pages that replays read.", now.pages_total),
        ("handovers", "Subscriptions handed from pages to a moving ring.", now.handovers_total),
        ("catch_ups", "Subscriptions that fell below their ring.", now.catch_ups_total),
        (
            "not_recovered",
            "Subscriptions told that history is not recovered.",
            now.not_recovered_total,
        ),
        ("slow_readers", "Connections dropped for writing too slowly.", now.slow_readers_total),
        ("silent", "Connections closed for silence.", now.silent_total),
        ("links", "Links to the owner that came about.", now.links_total),
        ("link_losses", "Links to the owner that were lost.", now.link_losses_total),
    ];
    for (name, help, value) in totals {
        page.counter(&format!("gateway_{name}_total"), help, num(value));
    }
}
