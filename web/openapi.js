// @ts-check
/** The page at `/openapi`: what `/openapi.json` says, to be read. It knows as much of OpenAPI 3.1 as that document uses. */

import { by, element } from "./dom.js";
import { fields, kindOf, prose } from "./schema.js";

/** @typedef {import("./schema.js").Schema} Schema */
/** @typedef {{ name: string, in: string, required?: boolean, description?: string, schema: Schema, example?: unknown }} Parameter */
/** @typedef {Record<string, { schema: Schema, example?: unknown }>} Content */
/** @typedef {{ $ref?: string, description: string, content?: Content }} Answer */
/**
 * @typedef {{
 *   tags: string[], operationId: string, summary: string, description?: string, security?: unknown[],
 *   parameters?: Parameter[], requestBody?: { content: Content }, responses: Record<string, Answer>,
 * }} Operation
 */
/**
 * @typedef {{
 *   info: { description: string },
 *   tags: { name: string, description: string }[],
 *   paths: Record<string, { parameters?: Parameter[], get?: Operation, post?: Operation }>,
 *   components: { responses: Record<string, Answer>, schemas: Record<string, Schema> },
 * }} OpenApi
 */

const VERBS = /** @type {const} */ (["post", "get"]);
const find = by("find", HTMLInputElement);
const contents = by("contents", HTMLElement);
const operations = by("operations", HTMLElement);
const note = by("note", HTMLElement);

/** @param {OpenApi} api */
function show(api) {
  by("about", HTMLElement).append(prose(api.info.description));
  for (const { name, description } of api.tags) {
    contents.append(element("h2", "", description));
    for (const [path, item] of Object.entries(api.paths)) {
      for (const verb of VERBS) {
        const operation = item[verb];
        if (!operation || operation.tags[0] !== name) continue;
        const link = entry(operation.operationId, "");
        link.append(verbOf(verb), breakable(path));
        contents.append(link);
        operations.append(card(api, path, verb, operation, item.parameters ?? []));
      }
    }
  }
  contents.append(element("h2", "schemas", "Shapes"));
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    const link = entry(`schema-${name}`, "name");
    link.textContent = name;
    contents.append(link);
    const shape = section(`schema-${name}`);
    shape.append(element("h3", "", name), ...fields(schema));
    operations.append(shape);
  }
}

/**
 * @param {OpenApi} api
 * @param {string} path
 * @param {typeof VERBS[number]} verb
 * @param {Operation} operation
 * @param {Parameter[]} shared
 */
function card(api, path, verb, operation, shared) {
  const made = section(operation.operationId);
  const title = element("h3", "");
  title.append(verbOf(verb), breakable(path));
  made.append(title, element("p", "summary", operation.summary));
  if (operation.description) made.append(paragraph(operation.description));
  if (operation.security?.length === 0) made.append(element("p", "who", "For everyone, without a token."));
  const parameters = [...shared, ...(operation.parameters ?? [])];
  if (parameters.length > 0) made.append(element("h4", "", "Parameters"), table(parameters.map(parameterRow)));
  for (const { schema } of Object.values(operation.requestBody?.content ?? {})) {
    made.append(element("h4", "", "Body"), table([row("", kindOf(schema), schema.description ?? "")]));
  }
  const answers = Object.entries(operation.responses).map(([status, answer]) => {
    const said = answer.$ref ? api.components.responses[status] : answer;
    return answerRow(status, said);
  });
  made.append(element("h4", "", "Answers"), table(answers));
  made.append(element("h4", "", "Try it"), element("pre", "", curl(path, verb, operation, parameters)));
  return made;
}

/** @param {Parameter} parameter */
function parameterRow(parameter) {
  const where = parameter.in === "query" ? "?" : "";
  const made = row(where + parameter.name, kindOf(parameter.schema), parameter.description ?? parameter.schema.description ?? "");
  if (parameter.required) made.cells[0]?.classList.add("needed");
  return made;
}

/**
 * @param {string} status
 * @param {Answer} answer
 */
function answerRow(status, answer) {
  const kinds = element("span", "");
  for (const [type, { schema }] of Object.entries(answer.content ?? {})) {
    if (kinds.hasChildNodes()) kinds.append(", ");
    const isShape = type === "application/json" && schema.type !== "object";
    kinds.append(isShape ? kindOf(schema) : codesOf(schema) ?? type);
  }
  const made = row(status, kinds, answer.description);
  const first = made.cells[0];
  first?.classList.add("status");
  first?.setAttribute("data-kind", status.slice(0, 1));
  return made;
}

/**
 * Which codes a problem may have; of another schema none.
 * @param {Schema} schema
 */
function codesOf(schema) {
  const codes = schema.allOf?.map((part) => part.properties?.code?.enum).find((codes) => codes !== undefined);
  return codes?.join(", ");
}

/**
 * The same by hand, with `--dev`.
 * @param {string} path
 * @param {string} verb
 * @param {Operation} operation
 * @param {Parameter[]} parameters
 */
function curl(path, verb, operation, parameters) {
  let url = path;
  const query = [];
  for (const { name, in: where, example } of parameters) {
    if (example === undefined) continue;
    if (where === "path") url = url.replace(`{${name}}`, String(example));
    if (where === "query") query.push(`${name}=${example}`);
  }
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.example;
  const parts = ["curl"];
  if (operation.security === undefined) parts.push("-H 'Hubbub-User: ann'");
  if (verb === "post") parts.push(`-d '${body === undefined ? "" : JSON.stringify(body)}'`);
  parts.push(`'${location.origin}${url}${query.length > 0 ? `?${query.join("&")}` : ""}'`);
  return parts.join(" ");
}

/** @param {HTMLTableRowElement[]} rows */
function table(rows) {
  const made = element("table", "fields");
  made.append(...rows);
  return made;
}

/**
 * @param {string} name
 * @param {Node} kind
 * @param {string} text
 */
function row(name, kind, text) {
  const made = element("tr", "");
  const type = element("td", "kind");
  type.append(kind);
  const told = element("td", "");
  told.append(prose(text));
  if (name !== "") made.append(element("th", "", name));
  made.append(type, told);
  return made;
}

/** @param {string} text */
function paragraph(text) {
  const made = element("p", "");
  made.append(prose(text));
  return made;
}

/**
 * A path that breaks before its slashes.
 * @param {string} path
 */
function breakable(path) {
  const made = element("span", "");
  path.split(/(?=\/)/).forEach((part) => made.append(document.createElement("wbr"), part));
  return made;
}

/** @param {string} verb */
function verbOf(verb) {
  const made = element("span", "verb", verb.toUpperCase());
  made.dataset.verb = verb;
  return made;
}

/** @param {string} id */
function section(id) {
  const made = element("section", "card");
  made.id = id;
  return made;
}

/**
 * @param {string} id
 * @param {string} kind
 */
function entry(id, kind) {
  const made = element("a", kind);
  made.href = `#${id}`;
  return made;
}

/** Shows only what has the word in it. */
function filter() {
  const word = find.value.trim().toLowerCase();
  let count = 0;
  for (const link of contents.querySelectorAll("a")) {
    const part = document.getElementById(link.hash.slice(1));
    const has = word === "" || (part?.textContent ?? "").toLowerCase().includes(word);
    link.hidden = !has;
    if (part) part.hidden = !has;
    if (has) count += 1;
  }
  note.hidden = count > 0;
  note.textContent = `Nothing here speaks of “${find.value.trim()}”.`;
}

find.addEventListener("input", filter);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== find && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    find.select();
  }
  if (event.key === "Escape" && document.activeElement === find) {
    find.value = "";
    filter();
  }
});

try {
  const answer = await fetch("/openapi.json");
  show(/** @type {OpenApi} */ (await answer.json()));
  note.hidden = true;
  // The place in the address was not there yet when the browser looked for it.
  if (location.hash !== "") document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
} catch {
  note.textContent = "The document could not be read: load the page again.";
}
