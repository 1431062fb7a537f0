// The picture of the network: a card for each unit, a wire for each weight. Colour and dashes are the sign of a
// weight, width is its size; a card shows a unit's number for the sample, its gradient, and its number over the plane.

const CARD = { width: 118, height: 56, gap: 8, small: [54, 68], field: 44, inset: 5 }; // a small one has no picture in it
const BETWEEN = [18, 110, 10]; // columns are at least and at most so far apart; small ones at least that
const GRID = 36; // samples across the plane

/** The name of a unit as pieces: letter and index. */
function unitName(network, unit) {
  if (unit < network.inputs) return ["x", String(unit + 1)];
  const { column } = network.neurons[unit - network.inputs];
  if (unit === network.inputs + network.neurons.length - 1) return [data.classes ? "z" : "ŷ", ""];
  const first = network.neurons.findIndex((neuron) => neuron.column === column) + network.inputs;
  return ["h", `${column + 1}${unit - first + 1}`];
}

const neuronOf = (network, unit) => network.neurons[unit - network.inputs];
const lastUnit = (network) => network.inputs + network.neurons.length - 1;

/** What reads each unit: [{unit, weight}] of the neurons after it. */
function readers(network, unit) {
  return network.neurons.flatMap((neuron, i) => neuron.units.flatMap((u, k) =>
    (u === unit ? [{ unit: network.inputs + i, weight: neuron.weights[k] }] : [])));
}

class NetworkPicture {
  constructor(network, chosen) {
    this.network = network;
    this.places = this.placed();
    this.frame = byId("network");
    this.frame.querySelectorAll(".unit").forEach((card) => card.remove());
    this.cards = this.places.map((place, unit) => this.card(unit, place, chosen));
    this.canvas = this.frame.querySelector("canvas"); // one for all cards: a canvas each costs a layer each, with every frame
    const { width, height } = this.frame.getBoundingClientRect();
    [this.canvas.width, this.canvas.height] = [width * devicePixelRatio, height * devicePixelRatio];
    this.field = squareCanvas(GRID);
    this.frame.append(this.canvas); // over the cards
    this.wires = [];
    const svg = this.frame.querySelector("svg");
    svg.replaceChildren();
    network.neurons.forEach((neuron, i) => neuron.units.forEach((u, k) =>
      this.wires.push(this.wire(svg, u, network.inputs + i, neuron.weights[k], chosen))));
  }

  placed() {
    const columns = [[...Array(this.network.inputs).keys()]];
    this.network.neurons.forEach(({ column }, i) => (columns[column + 1] ??= []).push(this.network.inputs + i));
    const most = Math.max(...columns.map((column) => column.length)), row = CARD.height + CARD.gap, places = [];
    const n = columns.length, room = byId("pictured").clientWidth - 30;
    this.isSmall = n * CARD.width + (n - 1) * BETWEEN[0] > room;
    this.width = this.isSmall ? Math.max(CARD.small[0], Math.min(CARD.small[1], (room - (n - 1) * BETWEEN[2]) / n)) : CARD.width;
    const between = Math.max(BETWEEN[this.isSmall ? 2 : 0], Math.min(BETWEEN[1], (room - n * this.width) / (n - 1)));
    columns.forEach((column, c) => column.forEach((unit, r) => {
      places[unit] = { x: c * (this.width + between), y: (r + (most - column.length) / 2) * row };
    }));
    byId("network").style.width = `${n * (this.width + between) - between}px`;
    byId("network").style.height = `${most * row - CARD.gap}px`;
    return places;
  }

  card(unit, { x, y }, chosen) {
    const made = document.createElement("button"), [letter, index] = unitName(this.network, unit);
    made.type = "button";
    made.className = this.isSmall ? "unit small" : "unit";
    made.style.cssText = `left:${x}px;top:${y}px;width:${this.width}px;height:${CARD.height}px`;
    made.innerHTML = `<b>${letter}<sub>${index}</sub></b>` +
      '<span class="value"></span><span class="gradient"></span>';
    made.onclick = () => chosen({ unit });
    this.frame.append(made);
    return made;
  }

  wire(svg, from, to, weight, chosen) {
    const a = this.places[from], b = this.places[to], x = a.x + this.width, middle = CARD.height / 2;
    const bend = (b.x - x) / 2, line = `M${x},${a.y + middle}C${x + bend},${a.y + middle} ${x + bend},${b.y + middle} ${b.x},${b.y + middle}`;
    const [seen, hit] = ["", " hit"].map((kind) => {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", line);
      path.setAttribute("class", `wire${kind}`);
      svg.append(path);
      return path;
    });
    hit.onpointerenter = () => chosen({ weight }, true);
    hit.onpointerdown = (event) => { chosen({ weight }); drag(event, weight); };
    return { seen, from, to, weight };
  }

  /** Draw what each unit says over the plane: `fieldOf(unit)` are its numbers there, from −1 to 1. */
  drawFields(fieldOf) {
    if (this.isSmall) return;
    const show = data.inputs === 2 ? paint : plot, context = this.canvas.getContext("2d");
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    this.places.forEach(({ x, y }, unit) => {
      show(this.field, fieldOf(unit));
      const box = [x + CARD.inset, y + CARD.inset, CARD.field, CARD.field];
      context.clearRect(...box);
      context.drawImage(this.field, ...box);
    });
  }

  /** Draw the numbers of one sample, and the weights. */
  draw({ units, gradients, parameters }) {
    const few = this.isSmall ? 2 : 3;
    this.cards.forEach((card, unit) => {
      const [value, gradient] = card.querySelectorAll("span"), [letter, index] = unitName(this.network, unit);
      value.textContent = number3(units[unit], few);
      gradient.textContent = unit < this.network.inputs ? "" : number3(gradients[unit], few);
      card.ariaLabel = say(gradient.textContent ? "train card told" : "train card of value", { unit: letter + index, value: value.textContent, gradient: gradient.textContent });
    });
    this.wires.forEach(({ seen, weight }) => {
      const w = parameters[weight];
      seen.style.strokeWidth = String(Math.min(7, 0.6 + 1.9 * Math.abs(w)));
      seen.classList.toggle("minus", w < 0);
      seen.classList.toggle("plus", !(w < 0));
    });
  }

  /** Light up what a step is about: `now` is where we are, `target` what changes. */
  mark({ now = [], target = [], wires = [], way = "along", chosen = null }) {
    this.cards.forEach((card, unit) => {
      card.classList.toggle("now", now.includes(unit));
      card.classList.toggle("target", target.includes(unit));
    });
    this.wires.forEach(({ seen, weight }) => {
      for (const kind of ["along", "against"]) seen.classList.toggle(kind, way === kind && wires.includes(weight));
      seen.classList.toggle("chosen", weight === chosen);
    });
  }
}

function squareCanvas(size) {
  const made = document.createElement("canvas");
  made.width = made.height = size;
  return made;
}

/** A number with so many digits, or with fewer where it would be too long for a card. */
function number3(x, count = 3) {
  if (x === null) return "";
  const text = digits(x, count);
  return text.length > 8 ? digits(x, count - 1) : text;
}

let palette = null;
/** The colours of the page as numbers; they are other ones in the dark. */
function colours() {
  if (!palette) {
    const style = getComputedStyle(document.documentElement);
    const rgb = (name) => style.getPropertyValue(`--${name}`).trim().match(/\w\w/g).map((pair) => parseInt(pair, 16));
    palette = { plus: rgb("plus"), minus: rgb("minus"), background: rgb("background"), ink: rgb("ink"), card: rgb("card") };
  }
  return palette;
}

/** The colours from −1 to 1 as the bytes of a pixel each, 255 steps either way. */
function ramp() {
  const { plus, minus, background } = colours(), bytes = new Uint8ClampedArray(4 * 511);
  for (let i = 0; i < 511; i++) {
    const end = i < 255 ? minus : plus, share = (0.75 * Math.abs(i - 255)) / 255;
    for (let c = 0; c < 3; c++) bytes[4 * i + c] = background[c] + share * (end[c] - background[c]);
    bytes[4 * i + 3] = 255;
  }
  return new Uint32Array(bytes.buffer);
}

/** Fill a canvas of GRID × GRID with the colours of a field. */
function paint(canvas, field) {
  const context = canvas.getContext("2d"), image = context.createImageData(GRID, GRID), pixels = new Uint32Array(image.data.buffer);
  const of = (colours().ramp ??= ramp());
  for (let s = 0; s < pixels.length; s++) pixels[s] = of[255 + Math.round(255 * Math.max(-1, Math.min(1, field[s])))];
  context.putImageData(image, 0, 0);
}

/** Fill a canvas with the curve of a unit over the one input, from −1 at the bottom to 1 at the top. */
function plot(canvas, field) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, GRID, GRID);
  context.beginPath();
  for (let c = 0; c < GRID; c++) context.lineTo(c + 0.5, GRID / 2 - (GRID / 2 - 2) * field[c * 4]);
  context.lineWidth = 2;
  context.strokeStyle = css(colours().plus);
  context.stroke();
}
