// The first tab: a formula, its inputs as sliders, and what there is to see of it.

const NARROW = matchMedia("(max-width: 600px)");  // drawn for the width there is
const VIEWS = ["picture", "player", "quiz", "table", "latex"];

/** What the steps of a formula define: texts by name. */
const written = (text) => Object.fromEntries([...text.normalize("NFKC").matchAll(/(?:^|[;\n])\s*([\p{L}\p{N}_]+)\s*=([^=;\n][^;\n]*)/gu)].map(([, name, value]) => [name, value]));

class FormulaTab {
  constructor(engine, changed) {
    Object.assign(this, { engine, changed, values: {}, view: VIEWS[0], inputs: new Map() });
    this.field = byId("formula");
    this.completion = new Completion(this.field, byId("names"), () => [...this.inputs.keys()]);
    this.field.addEventListener("input", () => this.typed());
    NARROW.addEventListener("change", () => this.ask());
  }

  /** Show a formula, with values by name as texts. */
  set(text, values) {
    this.field.value = text;
    this.values = { ...values };
    this.written = written(text);
    this.inputs.clear();
    byId("inputs").replaceChildren();
    this.completion.close();
    this.fit();
    this.ask();
  }

  /** A value that is typed in the formula itself is newer than the one that its slider had. */
  typed() {
    const now = written(this.field.value);
    for (const [name, value] of Object.entries(now)) if (value !== this.written[name]) delete this.values[name];
    this.written = now;
    this.fit();
    this.ask();
  }

  /** The values of the inputs that the formula has; others wait, in case their names come back. */
  given() {
    return Object.fromEntries(Object.entries(this.values).filter(([name]) => !this.inputs.size || this.inputs.has(name)));
  }

  fit() {
    this.field.rows = Math.min(8, Math.max(2, this.field.value.split("\n").length));
  }

  see(view) {
    this.view = view;
    this.ask();
  }

  ask() {
    this.changed();
    const question = { kind: "formula", text: this.field.value, values: this.values, view: this.view, screen: NARROW.matches ? "phone" : "page", lang: data.lang };
    this.engine.ask("formula", question, (said) => this.hear(said, question));
  }

  hear(said, question) {
    clearTimeout(this.complaint);
    const problem = said.problem ?? (said.kind === "error" ? said : null);
    // who is in the middle of a word is not told that it has no end
    this.complaint = setTimeout(() => this.complain(problem), problem && byId("problem").hidden ? 500 : 0);
    for (const [name, input] of this.inputs) input.wrong(said.wrong?.includes(name) ?? false);
    if (!said.inputs) return;
    this.arrange(said.inputs, said.output.name);
    this.changed();  // now that its inputs are known
    byId("result").replaceChildren(element("b", { class: "value" }, `${said.output.name} = ${said.output.value}`));
    this.show(said.view, question.view);
  }

  complain(problem) {
    byId("problem").hidden = !problem;
    byId("problem").textContent = problem?.message ?? "";
    this.field.setAttribute("aria-invalid", String(Boolean(problem)));
    byId("formula-panel").classList.toggle("old", Boolean(problem));
  }

  /** A row for each input, in the order of the formula; those that stay keep their place and the focus. */
  arrange(inputs, output) {
    for (const [name, input] of this.inputs) {
      if (!inputs.some((each) => each.name === name)) { input.row.remove(); this.inputs.delete(name); }
    }
    inputs.forEach(({ name, value, gradient }, i) => {
      if (!this.inputs.has(name)) this.inputs.set(name, new Input(name, value, (text) => { this.values[name] = text; this.ask(); }));
      const input = this.inputs.get(name), place = byId("inputs").children[i];
      if (place !== input.row) byId("inputs").insertBefore(input.row, place ?? null);
      input.tell(value, `∂${output}/∂${name} = `, gradient);
    });
  }

  async show(view, kind) {
    const made = shownView(view, kind), image = made[0].querySelector?.(".picture > img");
    await image?.decode().catch(() => {});  // no flicker while it is read
    byId("view").replaceChildren(...made);
  }
}

function shownView(view, kind) {
  if (view.refused) return [element("p", { class: "refused" }, view.refused)];
  if (view.svg) return [element("div", {}, picture(view.svg, view.told))];
  if (view.page) return [framed(view.page, say(kind))];
  if (view.tables) return view.tables.map(({ title, rows }) => table(title, rows));
  return [element("pre", { tabindex: 0 }, view.text)];
}

/** A slider and a field for one input, and the slope of the output by it. */
class Input {
  constructor(name, value, changed) {
    this.slider = element("input", { type: "range", "aria-label": name });
    this.reach(value);
    this.field = element("input", { type: "text", inputmode: "decimal", autocomplete: "off", size: 7, "aria-label": say("value of", { x: name }) });
    this.slope = element("output", { class: "gradient" });
    this.problem = element("small", { class: "refused", hidden: true }, say("no number"));
    this.row = element("div", { class: "input" }, element("b", {}, name), this.slider, this.field, this.slope, this.problem);
    this.slider.addEventListener("input", () => changed(this.field.value = String(Number(Number(this.slider.value).toPrecision(6)))));
    this.field.addEventListener("input", () => changed(this.field.value.replaceAll("−", "-")));
  }

  /** Give the slider a range with the value in it. */
  reach(value) {
    const limit = Math.max(5, 10 ** Math.ceil(Math.log10(Math.abs(value) || 1)));
    Object.assign(this.slider, { min: -limit, max: limit, step: limit / 100 });
  }

  tell(value, sign, gradient) {
    if (Math.abs(value) > this.slider.max) this.reach(value);
    if (document.activeElement !== this.slider) this.slider.value = value;
    if (document.activeElement !== this.field) this.field.value = String(value);
    this.slope.replaceChildren(element("span", {}, sign), gradient);
  }

  wrong(is) {
    this.problem.hidden = !is;
    this.field.setAttribute("aria-invalid", String(is));
  }
}
