// Names to complete the word that is being typed: the variables of the formula, then what can be called.

const WORD = /[\p{L}_][\p{L}\p{N}_]*$/u, MOST = 8;

class Completion {
  constructor(field, list, variables) {
    Object.assign(this, { field, list, variables, offers: [], at: 0 });
    field.addEventListener("input", () => this.offer());
    field.addEventListener("keydown", (event) => this.pressed(event));
    field.addEventListener("blur", () => this.close());
    field.addEventListener("click", () => this.close());
  }

  word() {
    const { selectionStart: at, selectionEnd: end, value } = this.field;
    return at === end && !/[\p{L}\p{N}_]/u.test(value[at] ?? "") ? WORD.exec(value.slice(0, at))?.[0] ?? "" : "";
  }

  offer() {
    const word = this.word();
    const named = this.variables().map((name) => ({ name, signature: name }));
    const fits = ({ name, signature }) => name.startsWith(word) && signature !== word;
    this.offers = word ? [...named, ...data.names].filter(fits).slice(0, MOST) : [];
    this.at = -1;  // Enter and Tab do what they always do, until an arrow has chosen a name
    this.show();
  }

  show() {
    const { field, list, offers, at } = this;
    list.replaceChildren(...offers.map(({ signature }, i) => {
      const option = element("li", { role: "option", id: `name-${i}`, "aria-selected": String(i === at) }, signature);
      option.addEventListener("pointerdown", (event) => { event.preventDefault(); this.take(i); });
      return option;
    }));
    list.hidden = !offers.length;
    if (at >= 0) field.setAttribute("aria-activedescendant", `name-${at}`);
    else field.removeAttribute("aria-activedescendant");
  }

  pressed(event) {
    const { offers, at } = this, { length } = offers;
    if (!length || event.isComposing) return;
    if (event.key === "ArrowDown") this.at = (at + 1) % length;
    else if (event.key === "ArrowUp") this.at = (Math.max(at, 0) - 1 + length) % length;
    else if (event.key === "Escape") this.close();
    else if (at >= 0 && ["Enter", "Tab"].includes(event.key)) return event.preventDefault(), this.take(at);
    else return;
    event.preventDefault();
    this.show();
  }

  /** Write the name in the place of the word; after one that can be called, an open bracket. */
  take(i) {
    const { field } = this, { name, signature } = this.offers[i], end = field.selectionStart;
    const opened = signature !== name && field.value[end] !== "(" ? "(" : "";
    typeInto(field, name + opened, end - this.word().length, end);
    this.close();
  }

  close() {
    this.offers = [];
    this.at = -1;
    this.show();
  }
}
