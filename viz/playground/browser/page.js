// The page: its tabs, how far loading is, what it begins with, the link.

/** Tabs with one in the order of the keyboard; arrow keys walk through them. */
function tabs(list, chosen) {
  const buttons = [...list.children];
  const choose = (button) => {
    for (const each of buttons) {
      each.setAttribute("aria-selected", String(each === button));
      each.tabIndex = each === button ? 0 : -1;
    }
    chosen(button);
  };
  list.addEventListener("click", ({ target }) => buttons.includes(target) && choose(target));
  list.addEventListener("keydown", ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key], at = buttons.indexOf(document.activeElement);
    if (!step || at < 0) return;
    const next = buttons[(at + step + buttons.length) % buttons.length];
    next.focus();
    choose(next);
  });
  return choose;
}

function told(stage, places = {}) {
  byId("stage").textContent = say(stage, places);
  byId("status").dataset.stage = stage;
  if (stage === "bytes") byId("loaded").value = places.part;
  else byId("loaded").removeAttribute("value");  // how long Python takes to start, nobody knows
  for (const button of document.querySelectorAll(".stop")) button.hidden = stage !== "busy";
}

const engine = new Engine(told);
let began = false;
const formulaTab = new FormulaTab(engine, remember), programTab = new ProgramTab(engine, remember);

function remember() {
  if (!began) return;
  byId("copied").textContent = "";  // what was copied is not what there is now
  const { field, view } = formulaTab, { source, before } = programTab;
  const inPython = !byId("python-panel").hidden;
  const typed = inPython ? { tab: "python", code: source, before } : { formula: field.value, values: valuesAsText(formulaTab.given()), view: view === VIEWS[0] ? "" : view };
  writeLink(typed);
}

const chooseTab = tabs(byId("tabs"), (button) => {
  for (const panel of ["formula", "python"]) byId(`${panel}-panel`).hidden = button.id !== `${panel}-tab`;
  remember();
});

byId("views").append(...VIEWS.map((view) => element("button", { type: "button", role: "tab", id: `see-${view}`, "aria-controls": "view" }, say(view))));
const chooseView = tabs(byId("views"), (button) => {
  byId("view").setAttribute("aria-labelledby", button.id);
  formulaTab.see(button.id.slice("see-".length));
});

/** A choice that offers texts to begin with; the first stands for what one has typed oneself. */
function examples(select, named, chosen) {
  select.append(element("option", { value: "" }, say("own")), ...Object.keys(named).map((key) => element("option", { value: key }, say(`example ${key}`))));
  select.addEventListener("change", () => select.value && chosen(named[select.value]));
  return (key) => { select.value = key; chosen(named[key]); };
}

const chooseFormula = examples(byId("formulas"), data.formulas, ([text, values]) => formulaTab.set(text, values));
const chooseProgram = examples(byId("programs"), data.programs, (source) => { programTab.set(source); remember(); });
byId("formula").addEventListener("input", () => { byId("formulas").value = ""; });
byId("source").addEventListener("input", () => { byId("programs").value = ""; });

/** Begin with what the link holds. A program in it is shown, and runs when its reader says so. */
function begin() {
  const link = readLink();
  began = false;
  if (link.formula !== undefined) {
    byId("formulas").value = "";
    formulaTab.set(link.formula, valuesOfText(link.values ?? ""));
    chooseView(byId(`see-${VIEWS.includes(link.view) ? link.view : VIEWS[0]}`));
  }
  if (link.code !== undefined) {
    byId("programs").value = "";
    programTab.set(link.code, link.before);
  }
  chooseTab(byId(link.tab === "python" ? "python-tab" : "formula-tab"));
  began = true;
}

for (const button of document.querySelectorAll(".stop")) button.addEventListener("click", () => engine.stop());
byId("link").addEventListener("click", () => { remember(); copyLink((text) => { byId("copied").textContent = text; }); });
addEventListener("hashchange", begin);
chooseView(byId(`see-${VIEWS[0]}`));
chooseFormula("neuron");
chooseProgram("neuron");
begin();
engine.load().catch((problem) => told("failed", { problem: problem.message }));
