/** A second in which all is well. */
export const WELL = {
  messages_per_second: 100, acknowledge_p99_ms: 8, undurable: 0, sync_ms: 2, received_per_second: 100, unread_batches: 1, in_hand: 20, queued: 0,
  calls_per_second: 100, second_calls_per_second: 3, again_per_second: 0, failures_per_second: 0, calls_in_flight: 21, calls_limit: 64,
  call_p50_ms: 195, call_p99_ms: 350, breaker: 0, durable_per_second: 100, durable_p99_ms: 355, counted_per_second: 100, counted_p50_ms: 210,
  counted_p99_ms: 370, late_per_second: 0, tables_behind_batches: 2, degraded: 0, pending: 20, dead: 0,
};
