// What happens when the page opens.

function prepare() {
  document.documentElement.classList.add("js");
  document.querySelector("noscript")?.remove();
  byId("graph").hidden = false; // of a quiz, what would tell its answers where no script hides them
  byId("all").open = false;
  restart(recorded);
  cards.forEach((card, i) => {
    if (!card) return;
    card.setAttribute("role", "button");
    card.setAttribute("tabindex", "0");
    card.onclick = () => go(stepOf(i));
    card.onkeydown = (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); go(stepOf(i)); } };
  });
  byId("first").onclick = () => go(0);
  byId("back").onclick = () => go(at - 1);
  byId("next").onclick = () => go(at + 1);
  byId("last").onclick = () => go(steps.length - 1);
  byId("play").onclick = play;
  byId("guessing").onchange = () => { start = at; done.clear(); show(at); };
  byId("guess").onsubmit = judge;
  byId("show").onclick = () => reveal(asked(), workedOut(asked()));
  document.querySelectorAll("[data-node]").forEach((box) => {
    box.oninput = change;
    box.onkeydown = (event) => { if (event.key === "Enter") { go(0); play(); } };
  });
  if (byId("replay")) byId("replay").onclick = () => { go(0); play(); };
  if (byId("reset")) byId("reset").onclick = () => {
    document.querySelectorAll("[data-node]").forEach((box) => { box.value = box.defaultValue; });
    change();
  };
  document.addEventListener("keydown", pressed);
  let before = 0;
  window.addEventListener("beforeprint", () => { before = at; byId("all").open = true; show(steps.length - 1); });
  window.addEventListener("afterprint", () => { byId("all").open = false; show(before); });
  byId("graph").onscroll = tag;
  window.addEventListener("resize", () => bringIntoView(steps[at]));
  window.addEventListener("hashchange", () => go(Number(location.hash.slice(1)) - 1 || 0));
  show(Number(location.hash.slice(1)) - 1 || 0);
}

prepare();
