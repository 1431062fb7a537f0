// Moving about: the timeline, the buttons, the keys.

function drawControls() {
  byId("timeline").querySelectorAll("button").forEach((button, i) => {
    button.classList.toggle("past", i < at);
    button.disabled = i > furthest();
    if (i === at) button.setAttribute("aria-current", "step"); else button.removeAttribute("aria-current");
  });
  const score = answers.size ? ` · ${[...answers.values()].filter(Boolean).length}/${answers.size} ${words["first try"]}` : "";
  byId("count").textContent = `${at + 1} / ${steps.length}${score}`;
  byId("first").disabled = byId("back").disabled = at === 0;
  byId("last").disabled = byId("next").disabled = at === furthest();
  byId("play").disabled = guessing() && at === furthest();
  byId("play").textContent = timer ? words.pause : words.play;
  if (location.protocol !== "about:") history.replaceState(null, "", `#${at + 1}`);
}

function buildTimeline() {
  const groups = [];
  steps.forEach((step, i) => {
    const phase = step.phase === "seed" ? "backward" : step.phase;
    if (groups.at(-1)?.dataset.phase !== phase) {
      const group = document.createElement("div"), name = document.createElement("span");
      group.className = `pass ${phase}`;
      group.dataset.phase = phase;
      name.textContent = words[`phase ${phase}`];
      group.append(name, document.createElement("div"));
      groups.push(group);
    }
    const button = document.createElement("button"), title = fill(step.title);
    button.type = "button";
    button.setAttribute("aria-label", `${i + 1}: ${words[`phase ${step.phase}`]} ${title}`);
    button.title = title;
    button.onclick = () => go(i);
    groups.at(-1).lastChild.append(button);
  });
  groups.forEach((group) => { group.style.flex = `${group.lastChild.children.length} 1 0`; });
  byId("timeline").replaceChildren(...groups);
}

function go(k) { stop(); show(k); }
function stop() { clearInterval(timer); timer = null; }

function play() {
  if (timer) { stop(); drawControls(); return; }
  if (at === steps.length - 1) at = -1;
  timer = setInterval(() => { if (at + 1 >= furthest()) stop(); show(at + 1); }, 1400);
  show(at + 1);
}

const firstOf = (...phases) => steps.findIndex((step) => phases.includes(step.phase));

/** The step that completes a node's gradient; before the backward pass, the one that computes it. */
function stepOf(i) {
  const completes = steps.findLastIndex((step) => step.phase === "backward" && step.target === i);
  return completes >= 0 ? completes : steps.findIndex((step) => step.phase === (i === output ? "seed" : "forward") && step.nodes.includes(i));
}

function pressed(event) {
  const tag = event.target.tagName, typing = tag === "INPUT" && event.target.type === "text";
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = {
    ArrowRight: () => go(at + 1), ArrowLeft: () => go(at - 1), Home: () => go(0), End: () => go(steps.length - 1),
    f: () => go(Math.max(0, firstOf("forward"))), b: () => go(firstOf("seed")),
  };
  if (event.key === " " && !["BUTTON", "INPUT", "SUMMARY"].includes(tag) && !event.target.closest("[role=button]")) keys[" "] = play;
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act) { event.preventDefault(); act(); }
}
