//! Which trace something belongs to (W3C Trace Context, level 1).

use serde::{Deserialize, Serialize};

/// A span of a trace, as those after it name it. Neither number is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceContext {
    /// Of all spans of the trace.
    pub trace_id: u128,
    /// Of this one.
    pub span_id: u64,
}

/// What a `traceparent` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// The span that asks.
    pub context: TraceContext,
    /// Whether it is recorded, and what it asks for is to be.
    pub is_sampled: bool,
}

impl TraceParent {
    /// Reads the header (§3.2): `00-<32 hex>-<16 hex>-<2 hex>`. `None` = it is none, and is ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let mut next = |digits: usize| {
            let part = parts.next().filter(|part| part.len() == digits)?;
            let is_hex = part.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
            is_hex.then_some(part)
        };
        let (version, trace, span, flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
        // Of version 00 this is all; later ones may say more behind it (§3.2.4).
        if version == "ff" || (version == "00" && parts.next().is_some()) {
            return None;
        }
        let trace_id = u128::from_str_radix(trace, 16).ok().filter(|id| *id != 0)?;
        let span_id = u64::from_str_radix(span, 16).ok().filter(|id| *id != 0)?;
        let flags = u8::from_str_radix(flags, 16).ok()?;
        Some(Self { context: TraceContext { trace_id, span_id }, is_sampled: flags & 1 == 1 })
    }
}

#[cfg(test)]
mod tests;
