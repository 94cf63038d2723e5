// @ts-check
/**
 * The shapes of `docs/protocol.md` that the client hands out; types only.
 *
 * @typedef {{ epoch: number, seq: number }} Position The last sequence number one has, and of which version of history.
 *
 * @typedef {"start" | "cursor" | { last: number } | { after: Position }} From Where a subscription begins.
 *
 * @typedef {"owner" | "admin" | "member" | "reader" | "none"} Role
 *
 * @typedef {{ user: string, role: Role }} Member
 *
 * @typedef {{ reaction: string, count: number, me: boolean }} Reaction
 *
 * @typedef {object} Message Whatever took a sequence number; `kind` says what it is, and none is a text.
 * @property {string} [conversation] not in a page
 * @property {number} [epoch] not in a page
 * @property {number} seq
 * @property {number} ordinal
 * @property {string} id
 * @property {string} sender
 * @property {[number, string]} lamport
 * @property {number} seen_seq
 * @property {number} sent_at
 * @property {number} received_at
 * @property {"edit" | "delete" | "gone" | "react" | "create" | "member" | "describe" | "expire" | "erase"} [kind]
 * @property {string} [body] of a text and an `edit`
 * @property {number} [reply_to]
 * @property {number} [target] of an `edit`, a `delete`, a `react`
 * @property {number} [by] of a `gone`: the event that deleted or erased it
 * @property {number} [first] of an `expire`: what stands below is not there any more
 * @property {string} [reaction]
 * @property {boolean} [on]
 * @property {string} [name] of a `create` and a `describe`
 * @property {string} [topic]
 * @property {boolean} [public]
 * @property {Member[]} [members] of a `create`
 * @property {string} [user] of a `member`
 * @property {Role} [role]
 * @property {{ seq: number, body: string }} [edited] in a page: how the text reads by then
 * @property {Reaction[]} [reactions] in a page
 *
 * @typedef {object} Page
 * @property {string} conversation
 * @property {number} epoch
 * @property {number} first the first sequence number there is
 * @property {number} head
 * @property {number} as_of events up to here are in `edited` and `reactions`
 * @property {Message[]} messages
 *
 * @typedef {object} Conversation A governed conversation this user is a member of.
 * @property {string} conversation
 * @property {Role} role
 * @property {string} name
 * @property {string} topic
 * @property {boolean} public
 * @property {string} [with] the other one of a direct conversation
 * @property {number} members
 * @property {number} epoch
 * @property {number} head
 * @property {number} ordinal
 * @property {number} read_seq
 * @property {number} unread
 * @property {Message} [last]
 *
 * @typedef {object} Sent It is durable.
 * @property {string} id
 * @property {string} conversation
 * @property {number} epoch
 * @property {number} seq
 * @property {number} received_at
 * @property {boolean} duplicate
 *
 * @typedef {{ conversation: string, epoch: number, recovered: boolean, next: number, head: number }} Subscribed
 *
 * @typedef {object} Draft A command as it was first stamped; it never changes.
 * @property {string} type
 * @property {string} id
 * @property {string} [conversation] none of a `create`: its `sent` names it
 * @property {string} [body]
 * @property {number} [reply_to]
 * @property {number} [target]
 * @property {number} lamport
 * @property {number} seen_seq
 * @property {number} sent_at
 *
 * @typedef {{ user: string, online: boolean }} Presence
 *
 * @typedef {object} State
 * @property {"connecting" | "open" | "waiting" | "stopped" | "closed"} is
 * @property {number} [againAt] of `waiting`: when the next try is
 * @property {string} [why] of `stopped`
 * @property {import("./problem.js").Problem} [problem] of `stopped`: what the server said
 *
 * @typedef {{ getItem(key: string): string | null, setItem(key: string, value: string): void }} Store
 */

export {};
