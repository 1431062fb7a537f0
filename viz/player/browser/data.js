// The player. `data` says what each step shows, in texts whose numbers are slots; `program` computes
// the numbers again for other inputs. `show(k)` draws step k whole, whatever was shown before, so
// that back, jump and deep links need nothing of their own.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const nodes = data.program.nodes, edges = data.program.edges, output = data.program.output, words = data.words;
const byId = (id) => document.getElementById(id);
const recorded = Object.fromEntries(Object.entries(data.numbers).map(([name, column]) => [name, column.map(Number)]));
