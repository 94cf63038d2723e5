// @ts-check
/**
 * The page: the list of conversations, the chosen one, and a place to speak, wired to the session
 * and to the rows. The chosen conversation is the fragment of the address, so that reload, links and
 * the back button of a phone work.
 */

import { List, isName, newMood, showMood } from "./list.js";
import { Outbox } from "./outbox.js";
import { watchRows } from "./rows.js";
import { Session } from "./session.js";
import { Talk } from "./talk.js";
import { count, facts } from "./words.js";

/** Messages of one page of older ones. */
const OLDER = 50;
const BODY_MAX_BYTES = 8192;

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
function by(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

const page = {
  banner: by("banner", HTMLElement),
  bannerText: by("banner-text", HTMLElement),
  bannerAgain: by("banner-again", HTMLElement),
  bannerNow: by("banner-now", HTMLButtonElement),
  find: by("find", HTMLInputElement),
  name: by("talk-name", HTMLElement),
  facts: by("talk-facts", HTMLElement),
  note: by("talk-note", HTMLElement),
  live: by("live", HTMLElement),
  older: by("older", HTMLButtonElement),
  composer: by("composer", HTMLFormElement),
  composerNote: by("composer-note", HTMLElement),
  user: by("user", HTMLInputElement),
  body: by("body", HTMLTextAreaElement),
  say: by("say", HTMLButtonElement),
};

const outbox = await Outbox.open();
const list = new List(
  by("rows", HTMLUListElement),
  page.find,
  by("begin", HTMLAnchorElement),
  by("rows-note", HTMLElement),
);
const talk = new Talk(
  by("scroll", HTMLElement),
  by("messages", HTMLOListElement),
  by("pending", HTMLOListElement),
  by("newer", HTMLButtonElement),
);
const mood = newMood();
const factsText = document.createElement("span");
page.facts.append(factsText, mood);

/** @type {string | null} */
let chosen = null;
/** The first sequence number there is to read of the chosen one; unknown until a page was read. */
let first = 1;
let againAt = 0;
let lostText = "";

const socketUrl = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/ws`;
const session = new Session(socketUrl, outbox, {
  state(state, { againAt: at = 0, why = "" }) {
    againAt = at;
    page.banner.hidden = state === "open";
    page.banner.dataset.state = state;
    page.bannerNow.hidden = state === "open" || state === "connecting";
    lostText = {
      open: "",
      connecting: "Connecting…",
      waiting: "The connection is lost.",
      stopped: `The server closed the connection for good (${why}).`,
    }[state];
    showBanner();
    showAgain();
    showLive(false);
  },
  subscribed(forget) {
    if (forget) talk.forget();
    showLive(true);
    showEdges();
  },
  message(message) {
    talk.add(message);
    showEdges();
  },
  said(id) {
    talk.acknowledged(id);
    showAcknowledged();
  },
  failed(id, why) {
    talk.failed(id, why);
    showAcknowledged();
  },
  problem(why) {
    page.composerNote.textContent = why;
  },
});

function choose() {
  const wanted = location.hash.slice(1);
  const conversation = isName(wanted) ? wanted : null;
  document.body.dataset.pane = conversation === null ? "list" : "talk";
  if (conversation === chosen && conversation !== null) return;
  chosen = conversation;
  first = 1;
  talk.clear();
  list.choose(chosen);
  session.follow(chosen);
  page.name.textContent = chosen ?? "Choose a conversation";
  page.composer.hidden = chosen === null;
  page.composerNote.textContent = "";
  document.title = chosen === null ? "hubbub" : `${chosen} · hubbub`;
  for (const draft of outbox.drafts) if (draft.conversation === chosen) talk.wait(draft);
  showLive(false);
  showFacts();
  showEdges();
  if (chosen !== null && matchMedia("(hover: hover) and (min-width: 720px)").matches) page.body.focus();
}

function showEdges() {
  page.older.hidden = talk.lowest <= first;
  page.note.hidden = !talk.isEmpty;
  page.note.textContent = chosen === null
    ? "Choose one on the left to read it as it happens, and to speak in it."
    : page.live.hidden ? "Asking for what was said…" : "Nothing was said here yet. Say the first word.";
}

/** @param {boolean} live */
function showLive(live) {
  page.live.hidden = !live;
}

function showFacts() {
  const row = list.row(chosen);
  factsText.textContent = row === undefined ? "" : facts(row);
  mood.hidden = row === undefined;
  if (row !== undefined) showMood(mood, row);
}

function showAcknowledged() {
  by("count-acked", HTMLElement).textContent = `${count(outbox.acknowledged)} / ${count(outbox.said)}`;
}

function showBanner() {
  const waiting = outbox.drafts.length;
  const kept = waiting === 0 ? "" : ` What you said (${waiting}) is kept and will be sent.`;
  page.bannerText.textContent = lostText + kept;
}

function showAgain() {
  const seconds = Math.max(0, Math.ceil((againAt - Date.now()) / 1000));
  page.bannerAgain.textContent = againAt === 0 ? "" : `Next try in ${seconds} s.`;
}

function say() {
  const body = page.body.value.trim();
  if (chosen === null || body === "") return;
  const bytes = new TextEncoder().encode(body).length;
  if (bytes > BODY_MAX_BYTES) {
    page.composerNote.textContent = `That is ${count(bytes)} bytes, and ${count(BODY_MAX_BYTES)} is the most: send it in parts.`;
    return;
  }
  const draft = session.say(chosen, body);
  if (draft === null) {
    page.composerNote.textContent = "Too much waits to be sent: wait until it is through.";
    return;
  }
  page.body.value = "";
  page.composerNote.textContent = "";
  talk.wait(draft);
  showBanner();
  showAcknowledged();
  showEdges();
}

async function rename() {
  const user = page.user.value.trim();
  if (user === outbox.user) return;
  const why = !isName(user)
    ? "A name has 1 to 64 letters, digits and . _ : - only."
    : outbox.drafts.length > 0 ? "What you said is still on its way: change your name after it." : "";
  page.composerNote.textContent = why;
  if (why !== "") {
    page.user.value = outbox.user;
    return;
  }
  talk.me = user;
  await session.rename(user);
}

page.user.value = outbox.user;
talk.me = outbox.user;
page.composer.addEventListener("submit", (event) => {
  event.preventDefault();
  say();
});
page.body.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  say();
});
page.user.addEventListener("change", () => void rename());
page.user.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  page.body.focus();
});
page.older.addEventListener("click", () => {
  const from = Math.max(first, talk.lowest - OLDER);
  session.read(from, talk.lowest - from, (read) => {
    first = read.messages[0]?.seq > from ? read.messages[0].seq : Math.max(first, read.first);
    talk.prepend(read.messages);
    showEdges();
  });
});
page.bannerNow.addEventListener("click", () => session.connect());
addEventListener("online", () => session.connect());
addEventListener("hashchange", choose);
addEventListener("keydown", (event) => {
  const writes = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
  if (event.key === "/" && !writes) {
    event.preventDefault();
    page.find.focus();
  } else if (event.key === "Escape" && document.body.dataset.pane === "talk" && !writes) {
    location.hash = "";
  }
});
setInterval(showAgain, 1000);

choose();
showAcknowledged();
session.connect();
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
