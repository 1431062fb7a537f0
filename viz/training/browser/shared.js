// What every page of this kind begins with: its data, its words, the places of its template.
"use strict";

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent), words = data.words;
const say = (key, places = {}) => words[key].replace(/\{(\w+)\}/g, (whole, name) => places[name] ?? whole);
const escaped = (text) => text.replace(/[&<"]/g, (c) => `&#${c.charCodeAt(0)};`);
