// What the page begins with: its data, its words, the places of its template.
"use strict";

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent), words = data.words;
const say = (key, places = {}) => words[`playground ${key}`].replace(/\{(\w+)\}/g, (whole, name) => places[name] ?? whole);

/** Put text into a field as if it was typed, so that it can be undone. */
function typeInto(field, text, from, to) {
  field.setSelectionRange(from, to);
  if (document.execCommand(text ? "insertText" : "delete", false, text)) return;
  field.setRangeText(text, from, to, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** An element with its attributes and what stands in it; texts stay texts, whatever is in them. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}
