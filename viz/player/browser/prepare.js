// What happens when the page opens.

function prepare() {
  document.documentElement.classList.add("js");
  document.documentElement.classList.toggle("framed", parent !== window && !window.name.startsWith("#"));
  document.querySelectorAll("noscript").forEach((element) => element.remove());
  byId("graph").hidden = false; // of a quiz, what would tell its answers where no script hides them
  byId("all").open = false;
  measurePicture();
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
  if (still.matches) byId("speed").selectedIndex = 0; // the slowest
  byId("whole").onchange = () => { byId("graph").classList.toggle("whole", byId("whole").checked); makeRoom(); };
  byId("guessing").onchange = () => { if (!data.quiz) { start = at; done.clear(); } show(at); makeRoom(); };
  byId("check").onclick = judge; // not the form's submit: frames in a sandbox have none
  byId("guessed").onkeydown = (event) => { if (event.key === "Enter") judge(event); };
  byId("restart").onclick = () => { reset(); forget(); go(0); };
  byId("show").onclick = () => reveal(asked(), workedOut(asked()));
  boxes.forEach((box, k) => {
    box.oninput = change;
    box.onkeydown = (event) => { if (event.key === "Enter" && box.getAttribute("aria-invalid") !== "true") replay(); };
    sliders[k].oninput = () => slid(k);
    slideTo(sliders[k], recorded.value[box.dataset.node]);
  });
  if (byId("replay")) byId("replay").onclick = replay;
  if (byId("reset")) byId("reset").onclick = reset;
  document.addEventListener("keydown", pressed);
  let before = 0;
  window.addEventListener("beforeprint", () => { before = at; byId("all").open = true; show(steps.length - 1); });
  window.addEventListener("afterprint", () => { byId("all").open = false; show(before); });
  byId("graph").onscroll = tag;
  window.addEventListener("resize", () => { buildTimeline(); drawControls(); makeRoom(); });
  window.addEventListener("hashchange", follow);
  follow();
  makeRoom();
}

prepare();
