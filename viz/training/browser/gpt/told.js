// What is told of one number: its formula with the numbers, and its gradient as the sum of what comes back.

const LETTERS = {
  token: "e", place: "p", both: "u", "both size": "s", x: "x", "x size": "s", seen: "n", query: "q", key: "k", value: "v",
  scores: "a", shares: "α", found: "c", output: "o", "after looking": "y", "after looking size": "s", "thought of": "m",
  up: "z", active: "h", down: "d", "after thinking": "r", logits: "ℓ", loss: "L",
};

/** A number as a sign: its index below, its place above. */
function signOf(chain, node) {
  if (node === 0) return "<mi>L</mi>";
  if (node >= NODES) return signOfParameter(node - NODES);
  const { part, place, index } = nodes[node], above = `<mrow><mo>(</mo><mn>${place + 1}</mn><mo>)</mo></mrow>`;
  return `<msubsup><mi>${LETTERS[part]}</mi>${belowOf(part, place, index)}${above}</msubsup>`;
}

function belowOf(part, place, index) {
  if (part === "logits") return `<mtext>${escaped(letterOf(index))}</mtext>`;
  if (part !== "scores" && part !== "shares") return sizeOf(place, part) === 1 ? "<mrow></mrow>" : `<mn>${index + 1}</mn>`;
  const [head, t] = headOf(place, index);
  return `<mrow><mn>${head + 1}</mn><mo>,</mo><mn>${t + 1}</mn></mrow>`;
}

const matrixOf = (p) => Object.values(matrices).findLast(({ start }) => start <= p);

function placeIn(p) {
  const matrix = matrixOf(p), at = p - matrix.start;
  return [matrix, Math.floor(at / matrix.columns), at % matrix.columns];
}

function signOfParameter(p) {
  const [{ name }, r, c] = placeIn(p), first = name === "token" ? `<mtext>${escaped(letterOf(r))}</mtext>` : `<mn>${r + 1}</mn>`;
  return `<msubsup><mi>W</mi><mrow>${first}<mo>,</mo><mn>${c + 1}</mn></mrow><mtext>${words[`gpt matrix ${name}`]}</mtext></msubsup>`;
}

/** A number in words: its part, which one, and where. */
function nameOf(chain, node) {
  if (node === 0) return words["gpt part total"];
  if (node >= NODES) {
    const [{ name }, r, c] = placeIn(node - NODES);
    return say("gpt weight", { matrix: words[`gpt matrix ${name}`], row: name === "token" ? letterOf(r) : r + 1, column: c + 1 });
  }
  const { part, place, index } = nodes[node], places = { part: words[`gpt part ${part}`], place: place + 1, letter: letterOf(chain.tokens[place]), index: index + 1 };
  if (part === "logits") return say("gpt number of letter", { ...places, of: letterOf(index) });
  if (part === "scores" || part === "shares") {
    const [head, t] = headOf(place, index);
    return say("gpt number of head", { ...places, head: head + 1, seen: t + 1, of: letterOf(chain.tokens[t]) });
  }
  return say(sizeOf(place, part) === 1 ? "gpt one number" : "gpt number", places);
}

/** How a value comes about: the sum of its edges in pairs, or what the part is. */
function madeRows(chain, node) {
  const s = signOf(chain, node), result = plainNum(chain.value(node), "value result"), edges = chain.from(node);
  if (!edges.length) return [[s, result]];
  if (node === 0) return [...sumRows(s, edges.map(([i, local]) => row(plainNum(local), op("·"), signOf(chain, i)))), ...summed(edges.map(([i, local]) => row(plainNum(local), op("·"), num(chain.value(i), "value"))), result)];
  const special = MADE[nodes[node].part];
  if (special) return special(chain, node, s, result, edges);
  if (edges.length === 1 || edges.every(([, local]) => local === 1)) return [...sumRows(s, edges.map(([i]) => signOf(chain, i))), ...summed(edges.map(([i]) => num(chain.value(i), "value")), result)];
  const pairs = count(edges.length / 2).map((k) => [edges[2 * k][0], edges[2 * k + 1][0]]), half = nodes[node].part === "scores" ? [op("/"), `<mn>${Math.sqrt(WIDTH)}</mn>`] : [];
  const symbols = pairs.map(([a, b]) => row(signOf(chain, a), op("·"), signOf(chain, b), ...half));
  return [...sumRows(s, symbols), ...summed(pairs.map(([a, b]) => row(num(chain.value(a), "value"), op("·"), num(chain.value(b), "value"), ...half)), result)];
}

const MADE = {
  "both size": sizeRows, "x size": sizeRows, "after looking size": sizeRows,
  active: (chain, node, s, result, [[z]]) => [[s, "<mi>max</mi>", `<mo>(</mo><mn>0</mn><mo>,</mo>${signOf(chain, z)}<mo>)</mo>`, op("="), "<mi>max</mi>", `<mo>(</mo><mn>0</mn><mo>,</mo>${plainNum(chain.value(z), "value")}<mo>)</mo>`, op("="), result]],
  shares: (chain, node, s, result, edges) => {
    const own = signOf(chain, nodeOf(nodes[node].place, "scores", nodes[node].index)), power = (x) => `<msup><mi>e</mi>${row(x)}</msup>`;
    return [[s, frac(power(own), sum(power(signOf(chain, edges[0][0])), edges.length))], [row(), frac(power(plainNum(chain.value(nodeOf(nodes[node].place, "scores", nodes[node].index)), "value")), edges.slice(0, MOST_TERMS).map(([i]) => power(plainNum(chain.value(i), "value"))).join(op("+")) + (edges.length > MOST_TERMS ? op("+") + "<mo>…</mo>" : "")), op("="), result]];
  },
  loss: (chain, node, s, result) => {
    const { place } = nodes[node], next = chain.tokens[place + 1], p = chain.chances(place)[next];
    return [[s, op("−"), "<mi>log</mi>", `<msub><mi>P</mi><mtext>${escaped(letterOf(next))}</mtext></msub>`, op("="), op("−"), "<mi>log</mi>", plainNum(p, "value"), op("="), result]];
  },
};

const sum = (first, n) => (n > 1 ? first + op("+") + "<mo>…</mo>" : first);

function sizeRows(chain, node, s, result, edges) {
  const n = edges.length, mean = edges.reduce((total, [i]) => total + chain.value(i) ** 2, 0) / n, first = `<msup><mrow>${signOf(chain, edges[0][0])}</mrow><mn>2</mn></msup>`;
  return [
    [s, frac("<mn>1</mn>", `<msqrt>${frac(sum(first, n), `<mn>${n}</mn>`)}<mo>+</mo><mi>ε</mi></msqrt>`)],
    [row(), frac("<mn>1</mn>", `<msqrt>${plainNum(mean, "value")}<mo>+</mo>${plainNum(data.eps)}</msqrt>`), op("="), result],
  ];
}

/** The gradient of a number: over all its uses, the gradient of the user times the local gradient. */
function backRows(chain, node) {
  const s = signOf(chain, node), uses = chain.uses(node), result = plainNum(chain.gradient(node), "gradient result");
  if (!uses.length) return [[lossTo(s), result]];
  const symbols = uses.map(([user]) => row(lossTo(signOf(chain, user)), op("·"), slope(signOf(chain, user), s)));
  const locals = uses.slice(0, 2).flatMap(([user, local]) => {
    const formula = LOCALS[user && nodes[user].part]?.(chain, user, node);
    return formula ? [[slope(signOf(chain, user), s), formula, op("="), plainNum(local, "local")]] : [];
  });
  return [...sumRows(lossTo(s), symbols), ...summed(uses.map(([user, local]) => row(num(chain.gradient(user), "gradient"), op("·"), num(local, "local"))), result), ...locals];
}

/** The local gradients of what is more than sums and products, in symbols. */
const LOCALS = {
  loss: (chain, user, node) => {
    const { index } = nodes[node], p = `<msub><mi>P</mi><mtext>${escaped(letterOf(index))}</mtext></msub>`;
    return index === chain.tokens[nodes[user].place + 1] ? row(p, op("−"), "<mn>1</mn>") : p;
  },
  shares: (chain, user, node) => {
    const other = nodeOf(nodes[node].place, "shares", nodes[node].index), own = signOf(chain, user);
    return user === other ? row(own, op("·"), "<mo>(</mo><mn>1</mn><mo>−</mo>", own, "<mo>)</mo>") : row(op("−"), own, op("·"), signOf(chain, other));
  },
  active: (chain, user, node) => row("<mo>[</mo>", signOf(chain, node), "<mo>&gt;</mo><mn>0</mn><mo>]</mo>"),
  "both size": sizeSlope, "x size": sizeSlope, "after looking size": sizeSlope,
};

function sizeSlope(chain, user, node) {
  return row(op("−"), `<msup><mrow>${signOf(chain, user)}</mrow><mn>3</mn></msup>`, op("·"), frac(signOf(chain, node), `<mn>${chain.from(user).length}</mn>`));
}

/**
 * Everything about a number, in a place of the page; buttons lead on, forward along uses and back to what made it.
 * `change` is what a step by hand makes of a parameter: [before, after].
 */
function tell(box, chain, node, choose, change = null) {
  const uses = chain.uses(node), from = chain.from(node), value = number(chain.value(node)), gradient = number(chain.gradient(node));
  const step = ([to, told]) => `<li><button type="button" data-node="${to}">${escaped(nameOf(chain, to))}</button> ${told}</li>`;
  const list = (title, rows) => (rows.length ? `<h3>${title}</h3><ul tabindex="0" aria-label="${title}">${rows.map(step).join("")}</ul>` : "");
  box.innerHTML = `<p aria-live="polite"><b>${escaped(nameOf(chain, node))}</b><br><span class="value">${words.value} ${value}</span> · <span class="gradient">${words.gradient} ${gradient}</span></p>` +
    `<p>${say(node === 0 ? "gpt of loss" : uses.length ? (uses.length > 1 ? "gpt sum of" : "gpt sum of one") : "gpt no use", { n: uses.length, gradient })}</p>` +
    '<div class="formula" tabindex="0"></div>' +
    list(say(uses.length > 1 ? "gpt comes back" : "gpt comes back once", { n: uses.length }), uses.map(([user, local]) => [user, `<span class="gradient">${number(chain.gradient(user))}</span> · <span class="local">${bracketed(number(local))}</span> = <span class="gradient">${number(chain.gradient(user) * local)}</span>`])) +
    list(say("gpt made of", { n: from.length }), from.map(([used]) => [used, `<span class="value">${number(chain.value(used))}</span>`]));
  const moved = change ? aligned([signOf(chain, node), plainNum(change[0], "value"), "<mo>→</mo>", plainNum(change[1], "value result")]) : "";
  showFormula(box.querySelector(".formula"), aligned(...madeRows(chain, node)) + (node === 0 ? "" : aligned(...backRows(chain, node))) + moved);
  box.onclick = (event) => { const to = event.target.closest("[data-node]"); if (to) { choose(Number(to.dataset.node)); box.querySelector("button")?.focus(); } };
}
