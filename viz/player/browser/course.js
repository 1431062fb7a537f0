// A series of quizzes: #2;12&~=01;3&~=1 is the second graph, with the links of the first two.

const { graphs, practise, words } = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const links = graphs.map(() => "");
let at = 0;

const utf8 = (binary) => new TextDecoder().decode(Uint8Array.from(binary, (c) => c.charCodeAt(0)));

/** The results of a graph, an entry for each question: right at the first try, not, or null; and its slips. */
function stateOf(k) {
  const { results, slips } = progressOf(new URLSearchParams(links[k]).get("~") ?? "", practise);
  return { slips, results: graphs[k].operations.map((operation, i) => [operation, results[i] ?? null]) };
}

const isDone = (k) => stateOf(k).results.every(([, right]) => right !== null);

/** Show a graph in a frame of its own, which goes on where its link says. */
function open(k) {
  at = k;
  const frame = document.querySelector("iframe"), other = frame.cloneNode();
  other.name = `#${links[k] || 1}`;
  other.title = graphs[k].title;
  other.srcdoc = utf8(atob(graphs[k].page));
  frame.replaceWith(other);
  draw();
}

function draw() {
  byId("graphs").querySelectorAll("button").forEach((button, k) => {
    const { results } = stateOf(k), right = results.filter(([, right]) => right).length, all = results.length;
    const answered = results.filter(([, right]) => right !== null).length;
    button.classList.toggle("done", answered === all);
    button.ariaLabel = placed(words["graph state"], { title: graphs[k].title, answered, all, right });
    button.textContent = answered ? `${k + 1} · ${right}/${answered}` : k + 1;
    if (k === at) button.setAttribute("aria-current", "true"); else button.removeAttribute("aria-current");
  });
  byId("next").hidden = !isDone(at) || at === graphs.length - 1;
  sumUp();
  history.replaceState(null, "", `#${[at + 1, ...links].join(";").replace(/;+$/, "")}`);
}

function sumUp() {
  const states = graphs.map((_, k) => stateOf(k)), slips = new Map();
  byId("summary").hidden = !graphs.every((_, k) => isDone(k));
  for (const state of states) state.slips.forEach((n, topic) => slips.set(topic, (slips.get(topic) ?? 0) + n));
  tellScore(states.flatMap(({ results }) => results), slips, practise);
}

function follow() {
  const [k, ...given] = location.hash.slice(1).split(";");
  graphs.forEach((_, i) => { links[i] = given[i] ?? ""; });
  open(Math.min(Math.max(Math.trunc(Number(k)) - 1 || 0, 0), graphs.length - 1));
}

byId("graphs").append(...graphs.map((graph, k) => {
  const button = document.createElement("button");
  button.type = "button";
  button.title = graph.title;
  button.onclick = () => open(k);
  return button;
}));
byId("next").onclick = () => open(at + 1);
byId("restart").onclick = () => { links.fill(""); open(0); };
window.addEventListener("message", (event) => {
  if (event.source !== document.querySelector("iframe").contentWindow || typeof event.data.link !== "string") return;
  links[at] = event.data.link.replaceAll(";", "%3B");
  draw();
});
window.addEventListener("hashchange", follow);
follow();
