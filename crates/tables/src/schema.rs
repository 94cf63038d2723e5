//! The tables, and the views of them for people.

pub(crate) const SCHEMA: &str = "
CREATE TABLE conversations (
  conversation TEXT NOT NULL PRIMARY KEY,
  messages INTEGER NOT NULL,
  speakers INTEGER NOT NULL,
  enriched INTEGER NOT NULL,
  degraded INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  sentiment_sum_micros INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  turn_sender TEXT,
  turn_began INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE speakers (
  conversation TEXT NOT NULL,
  sender TEXT NOT NULL,
  messages INTEGER NOT NULL,
  PRIMARY KEY (conversation, sender)
) STRICT, WITHOUT ROWID;
CREATE TABLE understood (
  partition INTEGER NOT NULL,
  chunk INTEGER NOT NULL,
  states BLOB NOT NULL,
  PRIMARY KEY (partition, chunk)
) STRICT, WITHOUT ROWID;
CREATE TABLE windows (
  level INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  start INTEGER NOT NULL,
  name TEXT NOT NULL,
  messages INTEGER NOT NULL,
  enriched INTEGER NOT NULL,
  degraded INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  sentiment_sum_micros INTEGER NOT NULL,
  toxicity_sum_micros INTEGER NOT NULL,
  urgency_sum_micros INTEGER NOT NULL,
  different INTEGER NOT NULL,
  latency_p50_ms INTEGER,
  latency_p99_ms INTEGER,
  response_p50_ms INTEGER,
  response_p99_ms INTEGER,
  different_sketch BLOB NOT NULL,
  latency_sketch BLOB NOT NULL,
  response_sketch BLOB NOT NULL,
  PRIMARY KEY (level, scope, start, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE window_names (
  level INTEGER NOT NULL,
  scope INTEGER NOT NULL,
  start INTEGER NOT NULL,
  names INTEGER NOT NULL,
  PRIMARY KEY (level, scope, start)
) STRICT, WITHOUT ROWID;
CREATE TABLE meta (
  key TEXT NOT NULL PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Times are UTC. Shares and means are `NULL` when there is nothing to divide by.
pub(crate) const VIEWS: &str = "
CREATE VIEW summary AS SELECT
  level, scope, start, name,
  strftime('%Y-%m-%dT%H:%M:%SZ', start / 1000, 'unixepoch') AS at,
  messages, enriched, degraded, dead,
  max(0, messages - enriched - degraded - dead) AS pending,
  round(1.0 * degraded / nullif(messages, 0), 4) AS degraded_share,
  round(1e-6 * sentiment_sum_micros / nullif(enriched + degraded, 0), 4) AS sentiment,
  round(1e-6 * toxicity_sum_micros / nullif(enriched + degraded, 0), 4) AS toxicity,
  round(1e-6 * urgency_sum_micros / nullif(enriched + degraded, 0), 4) AS urgency,
  different, latency_p50_ms, latency_p99_ms, response_p50_ms, response_p99_ms
  FROM windows WHERE messages <> 0 OR enriched + degraded + dead <> 0;
CREATE VIEW summary_minutely AS SELECT at, messages, enriched, degraded, dead, pending,
  degraded_share, sentiment, toxicity, urgency, different AS speakers,
  latency_p50_ms, latency_p99_ms, response_p50_ms, response_p99_ms
  FROM summary WHERE level = 1 AND scope = 0 ORDER BY start DESC;
CREATE VIEW summary_hourly AS SELECT at, messages, enriched, degraded, dead, pending,
  degraded_share, sentiment, toxicity, urgency, different AS speakers,
  latency_p50_ms, latency_p99_ms, response_p50_ms, response_p99_ms
  FROM summary WHERE level = 2 AND scope = 0 ORDER BY start DESC;
CREATE VIEW summary_daily AS SELECT at, messages, enriched, degraded, dead, pending,
  degraded_share, sentiment, toxicity, urgency, different AS speakers,
  latency_p50_ms, latency_p99_ms, response_p50_ms, response_p99_ms
  FROM summary WHERE level = 3 AND scope = 0 ORDER BY start DESC;
CREATE VIEW conversation_hourly AS SELECT at, name AS conversation, messages, enriched, degraded,
  dead, pending, sentiment, toxicity, urgency, different AS speakers,
  latency_p50_ms, latency_p99_ms, response_p50_ms, response_p99_ms
  FROM summary WHERE level = 2 AND scope = 2 ORDER BY start DESC, messages DESC, name;
CREATE VIEW conversation_daily AS SELECT at, name AS conversation, messages, enriched, degraded,
  dead, pending, sentiment, toxicity, urgency, different AS speakers,
  latency_p50_ms, latency_p99_ms, response_p50_ms, response_p99_ms
  FROM summary WHERE level = 3 AND scope = 2 ORDER BY start DESC, messages DESC, name;
CREATE VIEW bot_hourly AS SELECT at, name AS sender, messages, enriched, degraded, dead, pending,
  sentiment, toxicity, urgency, different AS conversations,
  latency_p50_ms, latency_p99_ms, response_p50_ms, response_p99_ms
  FROM summary WHERE level = 2 AND scope = 3 ORDER BY start DESC, messages DESC, name;
CREATE VIEW bot_daily AS SELECT at, name AS sender, messages, enriched, degraded, dead, pending,
  sentiment, toxicity, urgency, different AS conversations,
  latency_p50_ms, latency_p99_ms, response_p50_ms, response_p99_ms
  FROM summary WHERE level = 3 AND scope = 3 ORDER BY start DESC, messages DESC, name;
CREATE VIEW topic_minutely AS SELECT at, name AS topic, messages, enriched, degraded,
  sentiment, toxicity, urgency, different AS speakers, latency_p50_ms, latency_p99_ms
  FROM summary WHERE level = 1 AND scope = 1 ORDER BY start DESC, messages DESC, name;
CREATE VIEW conversation_summary AS SELECT conversation, messages, speakers, enriched, degraded, dead,
  max(0, messages - enriched - degraded - dead) AS pending,
  round(1.0 * degraded / nullif(messages, 0), 4) AS degraded_share,
  round(1e-6 * sentiment_sum_micros / nullif(enriched + degraded, 0), 4) AS sentiment,
  strftime('%Y-%m-%dT%H:%M:%SZ', last_at / 1000, 'unixepoch') AS last_at
  FROM conversations ORDER BY messages DESC, conversation;
CREATE VIEW bot_summary AS SELECT name AS sender, sum(messages) AS messages,
  sum(enriched) AS enriched, sum(degraded) AS degraded, sum(dead) AS dead,
  max(0, sum(messages - enriched - degraded - dead)) AS pending,
  round(1e-6 * sum(sentiment_sum_micros) / nullif(sum(enriched + degraded), 0), 4) AS sentiment,
  round(1e-6 * sum(toxicity_sum_micros) / nullif(sum(enriched + degraded), 0), 4) AS toxicity,
  max(latency_p99_ms) AS worst_day_latency_p99_ms,
  max(response_p50_ms) AS worst_day_response_p50_ms,
  count(*) AS days
  FROM windows WHERE level = 3 AND scope = 3 GROUP BY name ORDER BY 2 DESC, 1;
CREATE VIEW topic_summary AS SELECT name AS topic, sum(messages) AS messages,
  sum(enriched) AS enriched, sum(degraded) AS degraded,
  round(1e-6 * sum(sentiment_sum_micros) / nullif(sum(enriched + degraded), 0), 4) AS sentiment,
  round(1e-6 * sum(toxicity_sum_micros) / nullif(sum(enriched + degraded), 0), 4) AS toxicity,
  round(1e-6 * sum(urgency_sum_micros) / nullif(sum(enriched + degraded), 0), 4) AS urgency,
  count(*) AS days
  FROM windows WHERE level = 3 AND scope = 1 GROUP BY name HAVING sum(messages) <> 0 ORDER BY 2 DESC, 1;
CREATE VIEW trending AS SELECT json_extract(said.value, '$[0]') AS term,
  0.001 * json_extract(said.value, '$[1]') AS weight
  FROM meta, json_each(meta.value) AS said WHERE meta.key = 'trending' ORDER BY said.key;
";
