// The second tab: a program, and what it prints, shows and fails with.

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
    const question = { kind: "python", source: this.source, before: this.before };
    const how = await this.engine.ask("python", question, (said) => this.hear(said));
    if (how === "replaced") return;
    output.classList.remove("running");
    if (how === "stopped") output.append(element("p", { class: "refused" }, say("stopped")));
    else if (!output.childElementCount) output.append(element("p", { class: "nothing" }, say("nothing")));
  }

  hear(said) {
    if (said.kind === "text") return this.print(said.text);
    this.text = null;
    if (said.kind === "error") this.fail(said);
    else byId("output").append(said.kind === "svg" ? picture(said.svg, said.told) : framed(said.page, said.told));
  }

  /** Text goes on in its block; a carriage return begins the line again, as in a terminal. */
  print(text) {
    if (!this.text) byId("output").append(this.text = element("pre", { class: "printed", tabindex: 0 }));
    this.text.textContent = (this.text.textContent + text).replace(/[^\n]*\r(?!\n)(?=[^\n])/g, "");
  }

  fail({ name, message, places, lacks }) {
    const lines = places.map(({ line, text }) => element("li", {}, element("b", {}, say("line", { n: line })), " ", element("code", {}, text)));
    byId("output").append(element("div", { class: "error", role: "alert" },
      element("p", {}, element("b", {}, name), message ? `: ${message}` : ""), element("ul", {}, ...lines), ...lacks ? [element("p", {}, say("lacks"))] : []));
    this.editor.mark(places.map(({ line }) => line));
  }
}
