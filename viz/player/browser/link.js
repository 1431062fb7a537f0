// Where we are as a link: #11&x=0.5 is step 11 with another x. Written seldom enough for browsers that count.

const SELDOM = 400; // milliseconds
let written = 0, writing = null;

/** A page in a frame has its link as the name of the frame, or none. */
const isFramed = location.protocol === "about:", givenLink = () => (isFramed ? window.name : location.hash).replace(/^#/, "");

function writeLink() {
  if (isFramed && !window.name.startsWith("#")) return;
  clearTimeout(writing);
  writing = setTimeout(() => {
    written = Date.now();
    if (isFramed) parent.postMessage({ link: linkOf(at).slice(1) }, "*");
    else history.replaceState(null, "", linkOf(at));
  }, Math.max(0, written + SELDOM - Date.now()));
}

function linkOf(k) {
  const changed = Object.entries(inputs).filter(([i, x]) => x !== recorded.value[i]);
  const numbers = new URLSearchParams(changed.map(([i, x]) => [nodes[i].name, x]));
  const progress = data.quiz && (answers.size || slips.size) ? `&~=${progressText()}` : "";
  return `#${k + 1}${changed.length ? `&${numbers}` : ""}${progress}`;
}

/** Go where the link says; an input it does not name is the recorded one, and so is every one of a quiz that goes on. */
function follow() {
  const [step, ...others] = givenLink().split("&"), given = new URLSearchParams(others.join("&"));
  if (data.quiz) { reset(); takeProgress(given.get("~") ?? ""); }
  const before = boxes.map((box) => box.value), free = !data.quiz || isOver();
  boxes.forEach((box) => { box.value = (free ? given.get(nodes[box.dataset.node].name) : null) ?? box.defaultValue; });
  if (boxes.some((box, k) => box.value !== before[k])) change();
  go(Math.trunc(Number(step)) - 1 || 0);
}
