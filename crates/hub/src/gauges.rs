//! What can be seen of the hub from outside: how much it holds, and what it did.

/// Gauges (what is held now) and counters (what happened, since the hub was made).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Gauge: conversations in memory, warm or being loaded.
    pub conversations: usize,
    /// Gauge: bytes of everything kept; never above
    /// [`Limits::memory_bytes`](crate::Limits::memory_bytes).
    pub bytes: usize,
    /// Gauge: records handed to the journal and not yet durable.
    pub undurable: usize,
    /// Gauge: messages in the tails.
    pub tail_messages: usize,
    /// Gauge: bytes of the tails.
    pub tail_bytes: usize,
    /// Gauge: inputs that wait for a load, a lookup or an undurable message.
    pub waiting: usize,
    /// Gauge: lookups that are out.
    pub lookups_in_flight: usize,
    /// Gauge: reads of history that are out.
    pub reads_in_flight: usize,
    /// Gauge: pairs of gateway and conversation.
    pub attachments: usize,
    /// Gauge: the highest Lamport counter known to be journaled.
    pub lamport_high: u64,

    /// Counter: messages given a sequence number (also those that were rolled back).
    pub sequenced: u64,
    /// Counter: messages that became durable.
    pub durable: u64,
    /// Counter: `Deliver`s.
    pub delivered: u64,
    /// Counter: conversations evicted.
    pub evictions: u64,
    /// Counter: loads of a conversation's head.
    pub loads_head: u64,
    /// Counter: loads of an author's highest counter.
    pub loads_author: u64,
    /// Counter: loads of a cursor.
    pub loads_cursor: u64,
    /// Counter: loads of a member's role.
    pub loads_member: u64,
    /// Counter: loads of a text that someone wants to change.
    pub loads_text: u64,
    /// Counter: lookups of an id in history.
    pub lookups: u64,
    /// Counter: lookups that found the id.
    pub lookups_found: u64,
    /// Counter: sends answered as duplicates.
    pub duplicates: u64,
    /// Counter: sends answered as conflicts.
    pub conflicts: u64,
    /// Counter: pages answered from a tail.
    pub reads_from_tail: u64,
    /// Counter: pages asked of history.
    pub reads_from_history: u64,
    /// Counter: records of cursor moves.
    pub cursor_records: u64,
    /// Counter: cursor moves in those records.
    pub cursor_moves_journaled: u64,
    /// Counter: moves beyond the last durable message, ignored.
    pub cursor_moves_beyond_head: u64,
    /// Counter: moves of another epoch, ignored.
    pub cursor_moves_other_epoch: u64,
    /// Counter: moves dropped because a bound was met; the device's next one makes up for it.
    pub cursor_moves_dropped: u64,
    /// Counter: generations the journal refused.
    pub rollbacks: u64,
    /// Counter: sends answered `disk_full`.
    pub refused_disk_full: u64,
    /// Counter: refused because of `undurable_max`.
    pub refused_undurable: u64,
    /// Counter: refused because of `tail_max_bytes`.
    pub refused_view_behind: u64,
    /// Counter: refused because of `loads_waiting_max`.
    pub refused_loads: u64,
    /// Counter: refused because of `memory_bytes`.
    pub refused_memory: u64,
    /// Counter: refused because of `reads_in_flight_max`.
    pub refused_reads: u64,
    /// Counter: refused because too many messages wait to be understood.
    pub refused_backlog: u64,
    /// Counter: refused because the Lamport counter jumps.
    pub refused_lamport: u64,
    /// Counter: refused because `seen_seq` lies above the last durable message.
    pub refused_seen_ahead: u64,
    /// Counter: refused because of who asked, or of what it spoke of.
    pub refused_rights: u64,
    /// Counter: answered `outcome_unknown`.
    pub outcome_unknown: u64,
}
