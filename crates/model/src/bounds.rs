//! The limits that are part of the vocabulary: each has a name, a unit and a test at its edge.

/// Bytes of a name: a conversation, a user or a device.
pub const NAME_MAX_BYTES: usize = 64;

/// Bytes of a message body, UTF-8.
pub const BODY_MAX_BYTES: usize = 8 * 1024;

/// How far above the highest stamp the owner has journaled a Lamport counter may jump.
pub const LAMPORT_JUMP_MAX: u64 = 1 << 20;

/// The highest counter of any kind (Lamport, message, sequence number): 2^53 − 1, the largest
/// integer that a JSON reader which keeps numbers as doubles reads back unchanged (RFC 8259 §6).
pub const COUNTER_MAX: u64 = (1 << 53) - 1;

/// Partitions of a data directory; a conversation hashes to one of them.
pub const PARTITIONS: u16 = 256;

/// Messages of one page, and so of one read.
pub const PAGE_MAX_MESSAGES: u32 = 200;

/// Rows of a report that is asked for over the network.
pub const REPORT_MAX_ROWS: u32 = 1_000;

/// Cursor moves in one record.
pub const CURSOR_MOVES_MAX: usize = 1024;

/// Bytes of a language code (ISO 639-3).
pub const LANGUAGE_MAX_BYTES: usize = 3;

/// Bytes of the label of what a message is about.
pub const TOPIC_LABEL_MAX_BYTES: usize = 32;

/// Bytes of a reaction, UTF-8.
pub const REACTION_MAX_BYTES: usize = 32;

/// Bytes of the name of a conversation for people, UTF-8.
pub const PROFILE_NAME_MAX_BYTES: usize = 128;

/// Bytes of what a conversation is about, UTF-8.
pub const TOPIC_MAX_BYTES: usize = 1024;

/// Users that can be made members by the `create` of a conversation, besides its author.
pub const CREATE_MEMBERS_MAX: usize = 32;

/// Members of a group.
pub const GROUP_MEMBERS_MAX: u32 = 10_000;

/// Members of a channel.
pub const CHANNEL_MEMBERS_MAX: u32 = 1_000_000;

/// Different reactions to one text that are counted; further ones are not.
pub const REACTIONS_COUNTED_MAX: usize = 20;
