// @ts-check
/**
 * The page: the lists of conversations, the chosen one, and a place to speak, wired to the client and
 * to the rows. The chosen conversation is the fragment of the address, so that reload, links and the
 * back button of a phone work.
 */

import { Actions } from "./actions.js";
import { Banner } from "./banner.js";
import { Composer } from "./composer.js";
import { Create } from "./create.js";
import { by, write } from "./dom.js";
import { List, isGoverned, isName, newMood, showMood } from "./list.js";
import { Members } from "./members.js";
import { People } from "./people.js";
import { Reading } from "./reading.js";
import { watchRows } from "./rows.js";
import { connect } from "./sdk/hubbub.js";
import { SignIn } from "./sign-in.js";
import { Typists } from "./typists.js";
import { count, facts, many, title } from "./words.js";
import { Yours } from "./yours.js";

/** @import { Client, Problem } from "./sdk/hubbub.js" */
/** @import { Message } from "./sdk/types.js" */

const DEVICE = "page";

const page = {
  find: by("find", HTMLInputElement),
  name: by("talk-name", HTMLElement),
  facts: by("talk-facts", HTMLElement),
  note: by("talk-note", HTMLElement),
  live: by("live", HTMLElement),
  older: by("older", HTMLButtonElement),
  join: by("join", HTMLButtonElement),
  members: by("members-open", HTMLButtonElement),
  rowsNote: by("rows-note", HTMLElement),
  yours: by("yours-part", HTMLElement),
};

const signIn = new SignIn((user) => {
  if (user !== client.user && client.drafts.length > 0) return "What you said is still on its way: change your name after it.";
  void enter(user);
  return "";
});
const list = new List(by("rows", HTMLUListElement), page.find, by("begin", HTMLAnchorElement), page.rowsNote);
const yours = new Yours(page.yours, by("yours", HTMLUListElement), page.find, () => {
  by("open-title", HTMLElement).hidden = page.yours.hidden;
  showFacts();
});
const reading = new Reading(
  [by("scroll", HTMLElement), by("messages", HTMLOListElement), by("pending", HTMLOListElement), by("newer", HTMLButtonElement)],
  { client: () => client, yours, came, changed: show, tell: (why) => composer.tell(why) },
);
const { talk } = reading;
const composer = new Composer({
  say: (body, replyTo) => client.hasRoom && said(client.send(chosen(), body, { replyTo })),
  edit: (target, body) => client.hasRoom && said(client.edit(chosen(), target, body)),
  lastOwn: () => talk.lastOwn,
  typing: () => client.typing(chosen()),
});
const people = new People();
const typists = new Typists(by("typing", HTMLElement));
const members = new Members(() => client, () => yours.row(reading.conversation), () => yours.ask());
const banner = new Banner(() => client.connect());
const mood = newMood();
const factsText = document.createElement("span");
page.facts.append(factsText, mood);
new Create(() => client, (conversation) => {
  location.hash = conversation;
});
new Actions(by("actions", HTMLElement), talk, {
  may: ({ sender }) => {
    const role = yours.row(reading.conversation)?.role;
    const own = sender === client.user && role !== "reader";
    return { speak: role !== "reader", edit: own, remove: own || role === "owner" || role === "admin" };
  },
  react: ({ seq, reactions }, reaction) => said(client.react(chosen(), seq, reaction, !reactions.get(reaction)?.me)),
  reply: (text) => composer.reply(text),
  edit: (text) => composer.edit(text),
  remove: ({ seq }) => said(client.delete(chosen(), seq)),
});

/** @type {Client} */
let client = await newClient(signIn.user);
start();

/** @param {string} user */
function newClient(user) {
  const token = async () => signIn.token;
  return connect({ url: location.origin, user, device: DEVICE, token, storage: sessionStorage });
}

/**
 * Goes on as this user; the same one tries again, with the token there is now.
 * @param {string} user
 */
async function enter(user) {
  if (user === client.user && client.state.is === "stopped") return client.connect();
  reading.close();
  client.close();
  client = await newClient(user);
  start();
}

/** Listens to the client, and reads the chosen conversation through it. */
function start() {
  const mine = client;
  talk.me = mine.user;
  yours.of(mine);
  people.of(mine);
  mine.on("state", (state) => {
    banner.show(state, mine.drafts.length);
    reading.lost();
    if (state.is === "open") void yours.ask();
    else people.forget();
    if (state.problem?.code === "unauthorized") signIn.open(state.problem.detail || "This server asks for a token.");
    show();
  });
  mine.on("waiting", (draft) => {
    if (draft.conversation === reading.conversation) talk.wait(draft);
    showOutbox();
  });
  mine.on("sent", ({ draft }) => {
    talk.acknowledged(draft.id);
    showOutbox();
    if (draft.type !== "send" && draft.type !== "react") void yours.ask();
  });
  mine.on("refused", ({ draft, problem }) => {
    if (draft.conversation === reading.conversation) refused(draft.type, problem);
    talk.failed(draft, problem.message);
    showOutbox();
  });
  mine.on("typing", ({ conversation, user }) => { if (conversation === reading.conversation) typists.types(user); });
  mine.on("presence", (users) => people.show(users));
  mine.on("problem", (problem) => { if (problem.code !== "not_subscribed") composer.tell(problem.message); });
  banner.show(mine.state, mine.drafts.length);
  choose();
  showOutbox();
}

/** @returns {string} */
function chosen() {
  return reading.conversation ?? "";
}

function choose() {
  const wanted = location.hash.slice(1);
  const conversation = isName(wanted) ? wanted : null;
  document.body.dataset.pane = conversation === null ? "list" : "talk";
  members.close();
  typists.clear();
  composer.open(conversation);
  for (const one of [list, yours]) one.choose(conversation);
  reading.open(conversation);
  show();
  if (conversation !== null && matchMedia("(hover: hover) and (min-width: 720px)").matches) composer.body.focus();
}

/** @param {Message} message */
function came({ kind, sender }) {
  typists.said(sender);
  showEdges();
  if (kind !== "member" && kind !== "describe") return;
  void yours.ask();
  members.refresh();
}

/**
 * @param {string} type
 * @param {Problem} problem
 */
function refused(type, problem) {
  const what = { edit: "Not changed", delete: "Not deleted", react: "No reaction" }[type];
  if (what !== undefined) composer.tell(`${what}. ${problem.message}`);
}

/** What becomes of it is told by the client's events. @param {Promise<unknown>} sent */
function said(sent) {
  sent.catch(() => {});
  return true;
}

function show() {
  showEdges();
  showFacts();
}

function showEdges() {
  page.live.hidden = !reading.isLive;
  page.older.hidden = !reading.hasOlder;
  page.join.hidden = !reading.mayJoin;
  page.note.hidden = !talk.isEmpty && reading.ended === "";
  page.note.textContent = reading.ended !== "" ? reading.ended : reading.conversation === null
    ? "Choose one on the left to read it as it happens, and to speak in it."
    : reading.isLive ? "Nothing was said here yet. Say the first word." : "Asking for what was said…";
}

/** What the lists know of the chosen one. */
function showFacts() {
  const { conversation, ended } = reading;
  const own = yours.row(conversation);
  const row = list.row(conversation);
  const name = conversation === null ? "Choose a conversation" : own ? title(own) : isGoverned(conversation) ? "…" : conversation;
  write(page.name, name);
  write(factsText, own ? (own.with === undefined ? own.topic : "Only the two of you") : row ? facts(row) : "");
  mood.hidden = own !== undefined || row === undefined;
  if (row !== undefined) showMood(mood, row);
  page.members.hidden = own === undefined || ended !== "";
  if (own !== undefined) write(page.members, many(own.members, "member"));
  composer.form.hidden = conversation === null || ended !== "";
  composer.bar(own?.role === "reader" ? "You can read here. An admin can let you speak." : "");
  const unread = yours.unread > 0 ? `(${yours.unread}) ` : "";
  document.title = unread + (conversation === null ? "hubbub" : `${name} · hubbub`);
}

function showOutbox() {
  const { said, acknowledged } = client.counts;
  by("count-acked", HTMLElement).textContent = `${count(acknowledged)} / ${count(said)}`;
  banner.kept(client.drafts.length);
  showEdges();
}

page.older.addEventListener("click", () => void reading.older());
page.join.addEventListener("click", () => void reading.join());
addEventListener("hashchange", choose);
addEventListener("keydown", (event) => {
  const writes = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
  if (document.querySelector("dialog[open], [popover]:popover-open") !== null) return;
  if (event.key === "/" && !writes) {
    event.preventDefault();
    page.find.focus();
  } else if (event.key === "Escape" && document.body.dataset.pane === "talk" && !writes) {
    location.hash = "";
  }
});

void watchRows((answer, why) => {
  if (answer === null) {
    page.rowsNote.hidden = false;
    page.rowsNote.textContent = `These cannot be shown now (${why}).`;
    return;
  }
  list.show(answer.rows);
  const sum = (/** @type {"messages" | "enriched"} */ what) => answer.rows.reduce((all, row) => all + row[what], 0);
  const [messages, enriched] = [sum("messages"), sum("enriched")];
  const more = answer.more ? "+" : "";
  by("count-messages", HTMLElement).textContent = count(messages) + more;
  by("count-conversations", HTMLElement).textContent = count(answer.rows.length) + more;
  const share = messages === 0 ? "–" : `${Math.floor((100 * enriched) / messages)} %`;
  by("count-enriched", HTMLElement).textContent = share;
  // They are of open conversations: where there is none, they would say that nobody ever spoke.
  for (const what of ["messages", "conversations", "enriched"]) {
    by(`count-${what}`, HTMLElement).parentElement?.toggleAttribute("hidden", answer.rows.length === 0);
  }
  showFacts();
});
