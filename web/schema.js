// @ts-check
/** A schema to be read: its kind in a word or two, and its fields as a table. */

import { element } from "./dom.js";

/**
 * @typedef {{
 *   $ref?: string, title?: string, description?: string, type?: string | string[], const?: unknown, enum?: unknown[],
 *   items?: Schema, required?: string[], properties?: Record<string, Schema>, oneOf?: Schema[], allOf?: Schema[],
 *   default?: unknown, minimum?: number, maximum?: number, minLength?: number, maxLength?: number, maxItems?: number, pattern?: string,
 * }} Schema
 */

/** The largest number that needs no mention. */
const ANY_NUMBER = Number.MAX_SAFE_INTEGER;

/**
 * What kind of value it is; other shapes are links.
 * @param {Schema} schema
 * @returns {HTMLElement}
 */
export function kindOf(schema) {
  const made = element("span", "");
  const named = schema.$ref ?? schema.allOf?.find((part) => part.$ref)?.$ref;
  if (named) {
    const name = named.slice(named.lastIndexOf("/") + 1);
    const link = element("a", "", name);
    link.href = `#schema-${name}`;
    made.append(link);
  } else if (schema.items) {
    made.append("[", kindOf(schema.items), "]");
  } else if (schema.oneOf) {
    join(made, schema.oneOf.map(kindOf), " or ");
  } else if ("const" in schema) {
    made.append(JSON.stringify(schema.const));
  } else if (schema.enum) {
    made.append(schema.enum.map((value) => JSON.stringify(value)).join(" or "));
  } else if (schema.properties) {
    made.append("{ ");
    join(made, Object.entries(schema.properties).map(([name, field]) => {
      const part = element("span", "", `${name}: `);
      part.append(kindOf(field));
      return part;
    }), ", ");
    made.append(" }");
  } else {
    made.append([schema.type ?? "anything"].flat().join(" or ") + rangeOf(schema));
  }
  if (schema.default !== undefined) made.append(` = ${JSON.stringify(schema.default)}`);
  return made;
}

/** @param {Schema} schema */
function rangeOf({ minimum, maximum, minLength, maxLength }) {
  const least = minimum ?? minLength;
  const most = maximum === ANY_NUMBER ? undefined : maximum ?? maxLength;
  if (least === undefined && most === undefined) return "";
  return ` ${least ?? 0}${most === undefined ? " and up" : ` to ${most.toLocaleString("en")}`}`;
}

/**
 * What a shape says of itself, and its fields.
 * @param {Schema} schema
 * @returns {HTMLElement[]}
 */
export function fields(schema) {
  const made = [];
  if (schema.description) {
    const told = element("p", "");
    told.append(prose(schema.description));
    made.push(told);
  }
  if (schema.properties) made.push(tableOf(schema));
  for (const part of schema.allOf ?? []) {
    made.push(...(part.$ref ? [also(part)] : fields(part)));
  }
  for (const part of schema.oneOf ?? []) {
    if (part.$ref || !part.properties) made.push(also(part));
    else made.push(one(part));
  }
  if (!schema.properties && !schema.allOf && !schema.oneOf) {
    const kind = element("p", "who");
    kind.append(kindOf(schema), schema.pattern ? `  ${schema.pattern}` : "");
    made.push(kind);
  }
  return made;
}

/** @param {Schema} part */
function also(part) {
  const made = element("p", "one");
  made.append(kindOf(part));
  return made;
}

/** @param {Schema} part */
function one(part) {
  const made = element("div", "one");
  if (part.title) made.append(element("b", "", part.title));
  made.append(...fields(part));
  return made;
}

/** @param {Schema} schema */
function tableOf({ properties = {}, required = [] }) {
  const made = element("table", "fields");
  for (const [name, field] of Object.entries(properties)) {
    const row = element("tr", "");
    const kind = element("td", "kind");
    kind.append(kindOf(field));
    const told = element("td", "");
    told.append(prose(field.description ?? ""));
    row.append(element("th", required.includes(name) ? "needed" : "", name), kind, told);
    made.append(row);
  }
  return made;
}

/**
 * A text, what stands between backticks as code.
 * @param {string} text
 */
export function prose(text) {
  const made = document.createDocumentFragment();
  text.split("`").forEach((part, place) => made.append(place % 2 === 1 ? element("code", "", part) : part));
  return made;
}

/**
 * @param {HTMLElement} into
 * @param {Node[]} parts
 * @param {string} between
 */
function join(into, parts, between) {
  parts.forEach((part, place) => into.append(...(place > 0 ? [between, part] : [part])));
}
