/**
 * What the stub knows of governed conversations: who is in them as what, what one may do there, and
 * what became of their texts. As simple as can be: everything is computed from the log each time.
 */

const RANKS = ["none", "reader", "member", "admin", "owner"];
const rank = (role) => RANKS.indexOf(role);

export const isGoverned = (name) => /^[dgc]:/.test(name);

export class Governed {
  /** Name, topic, roles and how far each has read, by conversation. */
  all = new Map();

  role(conversation, user) {
    return this.all.get(conversation)?.roles.get(user) ?? "none";
  }

  /** Whether this user may know of this conversation. */
  sees(conversation, user) {
    return !isGoverned(conversation) || this.role(conversation, user) !== "none";
  }

  /** `[conversation, its first event]`, or `[conversation, null]` when a direct one is there already. */
  create(user, { id, kind, with: other, name = "", topic = "", public: isPublic = false, members = [] }) {
    const conversation = kind === "direct" ? `d:${[user, other].sort().join("-")}` : `${kind[0]}:${id}`;
    if (this.all.has(conversation)) return [conversation, null];
    const joined = kind === "channel" ? "reader" : "member";
    const roles = new Map(kind === "direct" ? [[user, "member"], [other, "member"]] : [[user, "owner"], ...members.map((one) => [one, joined])]);
    this.all.set(conversation, { name, topic, public: isPublic, roles, read: new Map() });
    return [conversation, { kind: "create", name, topic, public: isPublic, members: [...roles].map(([one, role]) => ({ user: one, role })) }];
  }

  /** The code of the problem of this command, or `null`. */
  forbids(user, command, log) {
    const { type, conversation, target } = command;
    if (!isGoverned(conversation)) return this.#forbidsText(user, command, log, "member");
    const room = this.all.get(conversation);
    const mine = this.role(conversation, user);
    const joins = type === "member" && command.user === user && room?.public && mine === "none";
    if (joins) return null;
    if (mine === "none") return "not_found";
    if (type === "describe") return rank(mine) < rank("admin") ? "forbidden" : null;
    if (type === "member") return this.#forbidsRole(user, mine, command, room);
    if (type === "send" && rank(mine) < rank("member")) return "forbidden";
    return target === undefined ? null : this.#forbidsText(user, command, log, mine);
  }

  #forbidsRole(user, mine, { user: other, role, conversation }, room) {
    if (other === user && rank(role) <= rank(mine)) {
      const owners = [...room.roles.values()].filter((one) => one === "owner").length;
      return mine === "owner" && role !== "owner" && owners === 1 ? "last_owner" : null;
    }
    const needs = rank(role) >= rank("admin") || rank(this.role(conversation, other)) >= rank("admin") ? "owner" : "admin";
    return rank(mine) < rank(needs) ? "forbidden" : null;
  }

  #forbidsText(user, { type, target }, log, mine) {
    if (target === undefined) return null;
    const text = log[target - 1];
    if (text === undefined || text.kind !== undefined || goneBy(log, target)) return "no_such_message";
    if (type === "edit" && text.sender !== user) return "forbidden";
    return type === "delete" && text.sender !== user && rank(mine) < rank("admin") ? "forbidden" : null;
  }

  /** Folds an event that took its number. */
  apply({ conversation, kind, user, role, name, topic = "", public: isPublic = false }) {
    const room = this.all.get(conversation);
    if (kind === "member" && role === "none") room.roles.delete(user);
    else if (kind === "member") room.roles.set(user, role);
    else if (kind === "describe") Object.assign(room, { name, topic, public: isPublic });
  }

  /** What `list` answers. */
  list(user, logs, epoch) {
    return [...this.all].filter(([, { roles }]) => roles.has(user)).sort(([a], [b]) => (a < b ? -1 : 1)).map(([conversation, room]) => {
      const log = logs.get(conversation) ?? [];
      const read = room.read.get(user) ?? 0;
      const texts = log.filter((message) => message.kind === undefined);
      const last = texts.at(-1);
      return {
        conversation, role: room.roles.get(user), name: room.name, topic: room.topic, public: room.public,
        ...(conversation.startsWith("d:") && { with: [...room.roles.keys()].find((one) => one !== user) }),
        members: room.roles.size, epoch, head: log.length, ordinal: texts.length, read_seq: read,
        unread: texts.filter((text) => text.seq > read && text.sender !== user).length,
        ...(last && { last: became(log, last, user) }),
      };
    });
  }
}

function goneBy(log, seq) {
  return log.find((event) => event.kind === "delete" && event.target === seq)?.seq;
}

/** A message of a subscription: a text that was deleted leaves its place. */
export function asEvent(log, message) {
  const by = message.kind === undefined ? goneBy(log, message.seq) : undefined;
  if (by === undefined) return message;
  const { body, reply_to, ...rest } = message;
  return { ...rest, kind: "gone", by };
}

/** A message of a page: with what became of it. */
export function became(log, message, user) {
  const { conversation, ...shown } = asEvent(log, message);
  if (shown.kind !== undefined) return shown;
  const events = log.filter((event) => event.target === message.seq);
  const edit = events.filter((event) => event.kind === "edit").at(-1);
  if (edit) shown.edited = { seq: edit.seq, body: edit.body };
  const by = new Map();
  for (const { kind, reaction, sender, on } of events) {
    if (kind !== "react") continue;
    const users = by.get(reaction) ?? new Set();
    by.set(reaction, users);
    if (on) users.add(sender);
    else users.delete(sender);
  }
  const reactions = [...by].filter(([, users]) => users.size > 0).map(([reaction, users]) => ({ reaction, count: users.size, me: users.has(user) }));
  if (reactions.length > 0) shown.reactions = reactions;
  return shown;
}
