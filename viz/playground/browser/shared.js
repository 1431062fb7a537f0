// What the page begins with: its data, its words, the places of its template.
"use strict";

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent), words = data.words;
const say = (key, places = {}) => words[`playground ${key}`].replace(/\{(\w+)\}/g, (whole, name) => places[name] ?? whole);

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
