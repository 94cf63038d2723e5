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
import { watchRows } from "./rows.js";
import { connect } from "./sdk/hubbub.js";
import { SignIn } from "./sign-in.js";
import { Talk } from "./talk.js";
import { Typists } from "./typists.js";
import { count, facts, many, title } from "./words.js";
import { Yours } from "./yours.js";

/** @import { Client, Problem } from "./sdk/hubbub.js" */
/** @import { Message, Subscribed } from "./sdk/types.js" */
/** @import { Subscription } from "./sdk/subscriptions.js" */

/** Messages of one page of older ones, and of those one begins with. */
const OLDER = 50;
/** Of more unread ones than this, one begins with the last. */
const UNREAD_MAX = 400;
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
};

/** @type {string | null} */
let chosen = null;
/** @type {Subscription | null} */
let following = null;
/** Why the chosen one cannot be read. */
let ended = "";
/** The first sequence number there is to read of the chosen one; unknown until a page was read. */
let first = 1;
let isReading = false;

const signIn = new SignIn((user) => {
  if (user !== client.user && client.drafts.length > 0) return "What you said is still on its way: change your name after it.";
  void enter(user);
  return "";
});
const list = new List(by("rows", HTMLUListElement), page.find, by("begin", HTMLAnchorElement), by("rows-note", HTMLElement));
const yours = new Yours(by("yours-part", HTMLElement), by("yours", HTMLUListElement), page.find, () => {
  by("open-title", HTMLElement).hidden = by("yours-part", HTMLElement).hidden;
  showFacts();
});
const talk = new Talk(by("scroll", HTMLElement), by("messages", HTMLOListElement), by("pending", HTMLOListElement), by("newer", HTMLButtonElement), {
  atEnd: markRead,
  lookUp: (seq) => client.read(chosen ?? "", { from: seq, limit: 1 }),
});
const composer = new Composer({
  say: (body, replyTo) => client.hasRoom && said(client.send(chosen ?? "", body, { replyTo })),
  edit: (target, body) => client.hasRoom && said(client.edit(chosen ?? "", target, body)),
  lastOwn: () => talk.lastOwn,
  typing: () => client.typing(chosen ?? ""),
});
const people = new People();
const typists = new Typists(by("typing", HTMLElement));
const members = new Members(() => client, () => yours.row(chosen), () => void yours.ask());
const banner = new Banner(() => client.connect());
const mood = newMood();
const factsText = document.createElement("span");
page.facts.append(factsText, mood);
new Create(() => client, (conversation) => {
  void yours.ask();
  location.hash = conversation;
});
new Actions(by("actions", HTMLElement), talk, {
  may: ({ sender }) => {
    const role = yours.row(chosen)?.role;
    const mine = sender === client.user;
    return { speak: role !== "reader", edit: mine && role !== "reader", remove: (mine && role !== "reader") || role === "owner" || role === "admin" };
  },
  react: ({ seq, reactions }, reaction) => said(client.react(chosen ?? "", seq, reaction, !reactions.get(reaction)?.me)),
  reply: (text) => composer.reply(text),
  edit: (text) => composer.edit(text),
  remove: ({ seq }) => said(client.delete(chosen ?? "", seq)),
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
    page.live.hidden = true;
    if (state.is !== "open") people.forget();
    else void yours.ask();
    if (state.problem?.code === "unauthorized") signIn.open(state.problem.detail || "This server asks for a token.");
  });
  mine.on("waiting", (draft) => {
    if (draft.conversation === chosen) talk.wait(draft);
    showOutbox();
  });
  mine.on("sent", ({ draft }) => {
    talk.acknowledged(draft.id);
    showOutbox();
    if (draft.type !== "send" && draft.type !== "react") void yours.ask();
  });
  mine.on("refused", ({ draft, problem }) => {
    if (draft.conversation === chosen) refused(draft.type, problem);
    talk.failed(draft, problem.message);
    showOutbox();
  });
  mine.on("typing", ({ conversation, user }) => { if (conversation === chosen) typists.types(user); });
  mine.on("presence", (users) => people.show(users));
  mine.on("problem", (problem) => { if (problem.code !== "not_subscribed") composer.tell(problem.message); });
  banner.show(mine.state, mine.drafts.length);
  showOutbox();
  chosen = null;
  choose();
}

function choose() {
  const wanted = decodeURIComponent(location.hash.slice(1));
  const conversation = isName(wanted) ? wanted : null;
  document.body.dataset.pane = conversation === null ? "list" : "talk";
  if (conversation === chosen && conversation !== null) return;
  following?.close();
  following = null;
  chosen = conversation;
  first = 1;
  ended = "";
  members.close();
  talk.clear();
  typists.clear();
  yours.reading(null);
  for (const one of [list, yours]) one.choose(chosen);
  composer.open(chosen);
  for (const draft of client.drafts) if (draft.conversation === chosen) talk.wait(draft);
  page.live.hidden = true;
  if (chosen !== null) follow(chosen);
  showFacts();
  showEdges();
  if (chosen !== null && matchMedia("(hover: hover) and (min-width: 720px)").matches) composer.body.focus();
}

/** @param {string} conversation */
function follow(conversation) {
  const row = yours.row(conversation);
  const unread = row === undefined ? 0 : Math.min(row.head - row.read_seq, UNREAD_MAX);
  const read = row !== undefined && row.unread > 0 ? row.read_seq : null;
  following = client.subscribe(conversation, {
    from: { last: Math.max(OLDER, unread + 10) },
    subscribed: (frame) => begun(frame, read),
    message,
    ended: (why) => {
      ended = why === null ? "You are no longer in this conversation."
        : why.code === "not_found" ? "There is no such conversation, or you are not in it." : why.message;
      page.live.hidden = true;
      page.join.hidden = why?.code !== "not_found" || !/^[gc]:/.test(conversation);
      if (why !== null) talk.clear();
      showFacts();
      showEdges();
    },
  });
}

/**
 * @param {Subscribed} frame
 * @param {number | null} read
 */
function begun({ recovered, next, head }, read) {
  if (!recovered) talk.forget();
  talk.begin(next, head, read);
  page.live.hidden = false;
  showEdges();
}

/** @param {Message} message */
function message(message) {
  typists.said(message.sender);
  talk.add(message);
  showEdges();
  if (message.kind === "member" || message.kind === "describe") {
    void yours.ask();
    members.refresh();
  }
}

/** What others say here while one reads the end is read. */
function markRead() {
  if (chosen === null || !isGoverned(chosen) || !following?.position) return;
  yours.reading(chosen);
  if (following.position.seq > (yours.row(chosen)?.read_seq ?? 0)) client.mark(chosen, following.position);
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

function showEdges() {
  page.older.hidden = talk.lowest <= first;
  page.note.hidden = !talk.isEmpty && ended === "";
  page.note.textContent = ended !== "" ? ended : chosen === null
    ? "Choose one on the left to read it as it happens, and to speak in it."
    : page.live.hidden ? "Asking for what was said…" : "Nothing was said here yet. Say the first word.";
  if (ended === "") page.join.hidden = true;
}

/** What the lists know of the chosen one. */
function showFacts() {
  const own = yours.row(chosen);
  const row = list.row(chosen);
  const governed = chosen !== null && isGoverned(chosen);
  write(page.name, chosen === null ? "Choose a conversation" : own ? title(own) : governed ? "…" : chosen);
  write(factsText, own ? (own.with === undefined ? own.topic : "Only the two of you") : row ? facts(row) : "");
  mood.hidden = own !== undefined || row === undefined;
  if (row !== undefined) showMood(mood, row);
  page.members.hidden = own === undefined || ended !== "";
  if (own !== undefined) write(page.members, many(own.members, "member"));
  composer.bar(ended !== "" ? ended : own?.role === "reader" ? "You can read here. An admin can let you speak." : "");
  const unread = yours.unread > 0 ? `(${yours.unread}) ` : "";
  document.title = unread + (chosen === null ? "hubbub" : `${page.name.textContent} · hubbub`);
}

function showOutbox() {
  const { said, acknowledged } = client.counts;
  by("count-acked", HTMLElement).textContent = `${count(acknowledged)} / ${count(said)}`;
  banner.kept(client.drafts.length);
  showEdges();
}

async function readOlder() {
  if (chosen === null || isReading) return;
  const [conversation, from] = [chosen, Math.max(first, talk.lowest - OLDER)];
  isReading = true;
  try {
    const read = await client.read(conversation, { from, limit: talk.lowest - from });
    if (conversation !== chosen || read.epoch !== following?.position?.epoch) return;
    const [oldest] = read.messages;
    first = oldest !== undefined && oldest.seq > from ? oldest.seq : Math.max(first, read.first);
    talk.prepend(from, read);
    showEdges();
  } catch (problem) {
    composer.tell(String(problem));
  } finally {
    isReading = false;
  }
}

async function join() {
  if (chosen === null) return;
  const conversation = chosen;
  try {
    await client.setRole(conversation, client.user, conversation.startsWith("c:") ? "reader" : "member");
    await yours.ask();
    chosen = null;
    choose();
  } catch {
    composer.tell("This conversation is not open to whoever wants to join.");
  }
}

page.older.addEventListener("click", () => void readOlder());
page.join.addEventListener("click", () => void join());
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
  const note = by("rows-note", HTMLElement);
  if (answer === null) {
    note.hidden = false;
    note.textContent = `The rows cannot be had: ${why}.`;
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
  showFacts();
});
