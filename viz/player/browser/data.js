// The player. `data` says what each step shows, in texts whose numbers are slots; `program` computes
// the numbers again for other inputs. `show(k)` draws step k whole, whatever was shown before, so
// that back, jump and deep links need nothing of their own.
"use strict";

const packed = document.getElementById("data").textContent; // of a quiz, so that its source does not tell
const utf8 = (binary) => new TextDecoder().decode(Uint8Array.from(binary, (c) => c.charCodeAt(0)));
const data = JSON.parse(packed.startsWith("{") ? packed : utf8(atob(packed)));
const nodes = data.program.nodes, edges = data.program.edges, output = data.program.output, words = data.words;
const byId = (id) => document.getElementById(id);
const recorded = Object.fromEntries(Object.entries(data.numbers).map(([name, column]) => [name, column.map(Number)]));
