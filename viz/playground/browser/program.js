// The second tab: a program, and what it prints, shows and fails with.

function shown({ kind, svg, player, page, told }) {
  if (kind === "svg") return picture(svg, told);
  return kind === "player" ? framed(player, told) : still(page, told);
}

/** What stands of a line: a carriage return begins it again, as in a terminal, once something follows. */
function overprinted(line) {
  let end = line.length;
  while (line[end - 1] === "\r") end -= 1;
  return line.slice(line.slice(0, end).lastIndexOf("\r") + 1);
}

class ProgramTab {
  constructor(engine, changed) {
    Object.assign(this, { engine, before: [] });
    this.editor = new Editor(byId("source"), changed);
    byId("run").addEventListener("click", () => this.run());
    byId("source").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); this.run(); }
    });
  }

  get source() { return byId("source").value; }

  /** Show a program, and what runs before it; it waits for who reads it to run it. */
  set(source, before = []) {
    this.before = before;
    this.editor.set(source);
    byId("before").hidden = !before.length;
    byId("before").querySelector("pre").replaceChildren(...coloured(before.join("\n\n")));
    byId("output").replaceChildren();
  }

  async run() {
    const output = byId("output");
    output.replaceChildren();
    output.classList.add("running");
    this.editor.mark([]);
    this.text = null;
    if (!this.engine.ready) output.append(element("p", { class: "nothing waits" }, say("waits")));
    const question = { kind: "python", source: this.source, before: this.before, screen: "phone", lang: data.lang };  // there is half a page for it
    const how = await this.engine.ask("python", question, (said) => this.hear(said));
    if (how === "replaced") return;
    output.classList.remove("running");
    output.querySelector(".waits")?.remove();
    if (how === "stopped") output.append(element("p", { class: "refused" }, say("stopped")));
    else if (!output.childElementCount) output.append(element("p", { class: "nothing" }, say("nothing")));
  }

  hear(said) {
    byId("output").querySelector(".waits")?.remove();
    if (said.kind === "text") return this.print(said.text);
    this.text = null;
    if (said.kind === "error") this.fail(said);
    else if (said.kind === "cut") byId("output").append(element("p", { class: "refused" }, say("cut", said)));
    else byId("output").append(shown(said));
  }

  /** Text goes on in its block, of which the last line alone is written again: all that was printed is too much. */
  print(text) {
    if (!this.text) byId("output").append(this.text = element("pre", { class: "printed", tabindex: 0 }, ""));
    const last = this.text.lastChild, lines = (last?.data ?? "").concat(text).split("\n").map(overprinted);
    last?.remove();
    const open = lines.pop();
    this.text.append(lines.map((line) => `${line}\n`).join(""), open);
  }

  fail({ name, message, places, lacks }) {
    const lines = places.map(({ line, text, times }) => element("li", {}, element("b", {}, say("line", { n: line })), " ", element("code", {}, text), times ? ` × ${times}` : ""));
    byId("output").append(element("div", { class: "error", role: "alert" },
      element("p", {}, element("b", {}, name), message ? `: ${message}` : ""), element("ul", {}, ...lines), ...lacks ? [element("p", {}, say("lacks"))] : []));
    this.editor.mark(places.map(({ line }) => line));
  }
}
