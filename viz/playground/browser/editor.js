// A field for Python: numbers of lines, colours behind the text, indentation kept, a line marked where it failed.

const KEYWORDS = "and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield None True False";
const TOKEN = new RegExp([
  /(?<comment>#.*)/, /(?<string>[fr]?(?:"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))/,
  new RegExp(`\\b(?<keyword>${KEYWORDS.replaceAll(" ", "|")})\\b`), /\b(?<number>\d[\d_.]*(?:e[-+]?\d+)?)/,
].map(({ source }) => source).join("|"), "g");

function coloured(text) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(TOKEN)) {
    const [kind] = Object.entries(found.groups).find(([, part]) => part !== undefined);
    parts.push(text.slice(at, found.index), element("span", { class: kind }, found[0]));
    at = found.index + found[0].length;
  }
  return [...parts, text.slice(at), "\n"];
}

/** How many places a line takes: a Chinese character two, a tab four at the most. */
const places = (line) => line.replace(/[\u2e80-\uffef]/g, "xx").replaceAll("\t", "    ").length;

class Editor {
  constructor(field, changed) {
    Object.assign(this, { field, failed: new Set() });
    field.addEventListener("input", () => { this.failed.clear(); this.draw(); changed(); });
    field.addEventListener("keydown", (event) => this.pressed(event));
  }

  set(text) {
    this.field.value = text;
    this.failed.clear();
    this.draw();
  }

  /** Mark the lines that led to an error. */
  mark(lines) {
    this.failed = new Set(lines);
    this.draw();
  }

  draw() {
    const lines = this.field.value.split("\n");
    byId("colours").replaceChildren(...coloured(this.field.value));
    byId("numbers").replaceChildren(...lines.map((_, i) => element("span", { class: this.failed.has(i + 1) && "failed" }, `${i + 1}`)));
    this.field.rows = Math.max(10, lines.length);
    this.field.style.width = `calc(${Math.max(...lines.map(places))}ch + 3rem)`;
  }

  /** A new line begins where the one before did, deeper after a colon; Backspace takes such a step back. */
  pressed(event) {
    const { field } = this, { selectionStart: at, selectionEnd: end, value } = field;
    const line = value.slice(value.lastIndexOf("\n", at - 1) + 1, at);
    if (event.key === "Enter" && !event.isComposing && !event.ctrlKey && !event.metaKey) {
      typeInto(field, "\n" + /^ */.exec(line)[0] + (/:\s*$/.test(line) ? "    " : ""), at, end);
    } else if (event.key === "Backspace" && at === end && line && !line.trim() && line.length % 4 === 0) {
      typeInto(field, "", at - 4, at);
    } else return;
    event.preventDefault();
  }
}
