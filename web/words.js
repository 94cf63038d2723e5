// @ts-check
/** Numbers, times, moods and people as a person reads them. */

/** @import { Row } from "./rows.js" */
/** @import { Conversation, Message } from "./sdk/types.js" */

const grouped = new Intl.NumberFormat("en");
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayAndClock = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** @param {number} number */
export const count = (number) => grouped.format(number);

/**
 * The time; of another day than today, the day as well.
 * @param {number} at
 */
export const timeOfDay = (at) => (new Date(at).toDateString() === new Date().toDateString() ? clock : dayAndClock).format(at);

/** @param {number} at */
export const fullTime = (at) => full.format(at);

/**
 * How long ago, short.
 * @param {number} at
 */
export function ago(at) {
  const seconds = Math.max(0, Math.round((Date.now() - at) / 1000));
  if (seconds < 5) return "now";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/**
 * A colour for a person: the same in every browser.
 * @param {string} name
 */
export function hue(name) {
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_003;
  return (hash * 137) % 360;
}

/** @param {Row} row */
export function facts(row) {
  const messages = row.messages === 1 ? "1 message" : `${count(row.messages)} messages`;
  const speakers = row.speakers === 1 ? "1 person" : `${count(row.speakers)} people`;
  return `${messages} · ${speakers}`;
}

/**
 * What the mark of a mood says to who cannot see it.
 * @param {Row} row
 */
export function mood({ sentiment_mean: mean, enriched }) {
  if (mean === null || mean === undefined || enriched === 0) return "no sentiment yet";
  const sign = mean > 0 ? "+" : mean < 0 ? "−" : "";
  return `mean sentiment ${sign}${Math.abs(mean).toFixed(2)}`;
}

/** @param {string} name */
export const initial = (name) => [...name][0]?.toUpperCase() ?? "?";

/**
 * What a governed conversation is called.
 * @param {Conversation} row
 */
export const title = (row) => row.with ?? (row.name || row.conversation);

/**
 * What was said last, in one line.
 * @param {Conversation} row
 * @param {string} me
 */
export function lastWords({ last, with: other }, me) {
  if (last === undefined) return "Nothing was said yet";
  if (last.kind !== undefined && last.kind !== "gone") return eventWords(last);
  const said = last.kind === "gone" ? "a deleted message" : last.edited?.body ?? last.body ?? "";
  return last.sender === me ? `You: ${said}` : other === undefined ? `${last.sender}: ${said}` : said;
}

const ROLE_WORDS = { owner: "an owner", admin: "an admin", member: "a member", reader: "a reader", none: "" };

/** @param {Message} message which is no text */
export function eventWords({ kind, sender, name, user = "", role = "none" }) {
  if (kind === "create") return name ? `${sender} created “${name}”` : `${sender} began this conversation`;
  if (kind === "expire") return "Older messages have expired";
  if (kind === "erase") return `What ${user} said was erased`;
  if (kind === "describe") return `${sender} named it “${name}”`;
  if (role === "none") return user === sender ? `${user} left` : `${sender} removed ${user}`;
  return user === sender ? `${user} is here as ${ROLE_WORDS[role]}` : `${sender} made ${user} ${ROLE_WORDS[role]}`;
}

/**
 * How many there are, of what one has a word for.
 * @param {number} number
 * @param {string} one
 */
export const many = (number, one) => (number === 1 ? `1 ${one}` : `${count(number)} ${one}s`);
