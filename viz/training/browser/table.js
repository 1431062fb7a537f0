// The table of parameters: each with its gradient, what the optimiser carries on of it, and where it goes next.

function buildTable() {
  const { network, settings } = training, slots = SLOTS[settings.optimiser];
  const heads = [words.parameter, "w", "∂L/∂w", ...slots.map((slot) => ({ velocity: "v", mean: "m", square: "v" })[slot]), words["train change"], words["train next"]];
  byId("numbers").querySelector("thead").innerHTML = `<tr>${heads.map((head) => `<th scope="col">${head}</th>`).join("")}</tr>`;
  const order = network.neurons.flatMap(({ weights, bias }) => (bias === null ? weights : [...weights, bias]));
  byId("numbers").querySelector("tbody").replaceChildren(...[...new Set(order)].map((p) => {
    const made = document.createElement("tr"), [letter, index] = parameterName(network, p);
    made.dataset.parameter = p;
    made.innerHTML = `<th scope="row"><button type="button"><i>${letter}</i><sub>${index}</sub></button></th>${"<td></td>".repeat(heads.length - 1)}`;
    made.onclick = () => choose({ weight: p });
    made.querySelector("button").tabIndex = -1; // one stop for all of them, arrows from row to row
    made.children[1].className = "edit value";
    made.children[2].className = "gradient";
    made.children[1].onpointerdown = (event) => { choose({ weight: p }); drag(event, p); };
    return made;
  }));
  byId("numbers").querySelector("tbody button").tabIndex = 0;
}

/** Arrow keys go from row to row; Enter goes on to the number itself, where it can be moved. */
function walkTable(event) {
  const line = event.target.closest("tbody tr"), to = line && { ArrowDown: line.nextElementSibling, ArrowUp: line.previousElementSibling }[event.key];
  if (!to) return;
  event.preventDefault();
  for (const [one, index] of [[line, -1], [to, 0]]) one.querySelector("button").tabIndex = index;
  to.querySelector("button").focus();
}

function drawTable() {
  const { machine, settings } = training, found = look(), before = hand.on && !hand.isDone ? hand.before : null;
  const parameters = before?.parameters ?? machine.parameters, marked = hand.on ? hand.told().mark.parameters ?? [] : [];
  const slots = SLOTS[settings.optimiser].map((slot) => found.state[slot]);
  rowsInSight().forEach((line) => {
    const p = Number(line.dataset.parameter), w = parameters[p];
    const numbers = [w, found.gradient[p], ...slots.map((column) => column[p]), found.next[p] - w, found.next[p]];
    numbers.forEach((x, i) => { line.children[i + 1].textContent = digits(x, i === 0 ? 4 : 3); });
    line.classList.toggle("chosen", chosen?.weight === p);
    line.classList.toggle("target", marked.includes(p));
  });
}

/** The rows of the table; while the network runs, those that can be seen, of which there may be many more. */
function rowsInSight() {
  const rows = [...byId("numbers").querySelectorAll("tbody tr")], { scrollTop, clientHeight, scrollHeight } = byId("numbers").querySelector(".scroll");
  if (!running) return rows;
  const height = scrollHeight / (rows.length + 1), first = Math.max(0, Math.floor(scrollTop / height) - 2);
  return rows.slice(first, first + Math.ceil(clientHeight / height) + 3);
}
