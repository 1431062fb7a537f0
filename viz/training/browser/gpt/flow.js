// How a line flows through the network: a row for each part, in it for each place its values and, beside them, the
// slopes of the loss by them. The area of a square is the size of a number; what is negative is hollow.

const BLOCK = 40, STRIDE = 96; // pixels of a block of numbers, and of a place with two of them

const FLOW = [
  "token", "place", "both", "x", "seen", "query", "key", "value", "scores", "shares", "found", "output", "after looking",
  "thought of", "up", "active", "down", "after thinking", "logits",
];

/** The grid of a part: a head is a row, so are the squares of what has 64. */
function gridOf(part, place) {
  const n = sizeOf(place, part), columns = part === "scores" || part === "shares" ? place + 1 : { 16: 4, 64: 8 }[n] ?? Math.ceil(Math.sqrt(n));
  return { columns, rows: Math.ceil(n / columns), width: BLOCK / Math.max(4, columns), height: BLOCK / Math.max(4, Math.ceil(n / columns)) };
}

class Flow {
  constructor(place, choose) {
    this.choose = choose;
    this.rows = FLOW.map((part) => this.row(part));
    place.replaceChildren(...this.rows.map(({ box }) => box));
  }

  row(part) {
    const box = document.createElement("div"), canvas = document.createElement("canvas"), head = document.createElement("p");
    box.className = "part";
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    canvas.onclick = (event) => this.pressed(part, event.offsetX, event.offsetY);
    canvas.onkeydown = (event) => this.moved(part, event);
    box.append(head, canvas);
    return { part, box, canvas, head };
  }

  draw(chain, chosen) {
    this.chain = chain;
    this.chosen = chosen;
    const style = getComputedStyle(document.documentElement), colour = (name) => style.getPropertyValue(name).trim();
    this.colours = { value: colour("--value"), gradient: colour("--gradient"), line: colour("--hairline"), ring: colour("--current-line") };
    for (const row of this.rows) this.drawRow(row);
  }

  drawRow({ part, canvas, head }) {
    const { chain } = this, own = count(chain.length).flatMap((i) => count(sizeOf(i, part)).map((k) => nodeOf(i, part, k)));
    const largest = (look) => Math.max(...own.map((node) => Math.abs(look(node)))) || 1;
    const tops = [largest((node) => chain.value(node)), largest((node) => chain.gradient(node))], places = { part: words[`gpt part ${part}`], value: digits(tops[0], 3), gradient: digits(tops[1], 3) };
    head.innerHTML = `<b>${places.part}</b> <span>${words[`gpt about ${part}`]}</span> <small>${say("gpt largest", places)}</small>`;
    canvas.ariaLabel = say("gpt row told", places);
    const width = chain.length * STRIDE, scale = devicePixelRatio || 1, context = canvas.getContext("2d");
    Object.assign(canvas, { width: width * scale, height: BLOCK * scale });
    Object.assign(canvas.style, { width: `${width}px`, height: `${BLOCK}px` });
    context.scale(scale, scale);
    for (const node of own) {
      this.square(context, node, 0, chain.value(node) / tops[0], this.colours.value);
      this.square(context, node, 1, chain.gradient(node) / tops[1], this.colours.gradient);
    }
  }

  corner(node, second) {
    const { part, place, index } = nodes[node], { columns, width, height } = gridOf(part, place);
    return { left: place * STRIDE + second * (BLOCK + 4) + (index % columns) * width, top: Math.floor(index / columns) * height, width, height };
  }

  square(context, node, second, share, colour) {
    const { left, top, width, height } = this.corner(node, second), side = Math.sqrt(Math.abs(share)), [w, h] = [(width - 1) * side, (height - 1) * side];
    context.strokeStyle = this.colours.line;
    context.lineWidth = 0.5;
    context.strokeRect(left, top, width, height);
    const box = [left + (width - w) / 2, top + (height - h) / 2, w, h];
    context.fillStyle = context.strokeStyle = colour;
    context.lineWidth = 1;
    if (share > 0) context.fillRect(...box); else if (share < 0) context.strokeRect(box[0] + 0.5, box[1] + 0.5, Math.max(0.5, w - 1), Math.max(0.5, h - 1));
    if (node !== this.chosen) return;
    context.strokeStyle = this.colours.ring;
    context.lineWidth = 2;
    context.strokeRect(left + 1, top + 1, width - 2, height - 2);
  }

  pressed(part, x, y) {
    const place = Math.floor(x / STRIDE), across = (x - place * STRIDE) % (BLOCK + 4), { columns, rows, width, height } = gridOf(part, place);
    if (x - place * STRIDE > 2 * BLOCK + 4 || across >= width * columns || y >= height * rows) return;
    this.go(part, place, Math.floor(y / height) * columns + Math.floor(across / width));
  }

  moved(part, event) {
    const at = this.chosen < NODES && nodes[this.chosen].part === part ? nodes[this.chosen] : null;
    const { columns } = gridOf(part, at?.place ?? 0), way = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (way === undefined && event.key !== "Enter") return;
    event.preventDefault();
    if (!at || event.key === "Enter") { this.go(part, at?.place ?? this.chain.length - 1, at?.index ?? 0); return; }
    const n = sizeOf(at.place, part), index = at.index + way;
    if (index < 0) { if (at.place > 0) this.go(part, at.place - 1, sizeOf(at.place - 1, part) - 1); return; }
    if (index >= n) { if (at.place + 1 < this.chain.length) this.go(part, at.place + 1, 0); return; }
    this.go(part, at.place, index);
  }

  go(part, place, index) {
    if (place < this.chain.length && index < sizeOf(place, part)) this.choose(nodeOf(place, part, index));
  }
}
