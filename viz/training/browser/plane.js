// The points and what the network makes of the plane around them: its output as colour, or, of one input, as a curve.

class Plane {
  constructor(points) {
    const all = points.flatMap(({ x, y }) => (data.inputs === 1 ? [[x[0], y]] : [x]));
    [this.xs, this.ys] = [0, 1].map((axis) => {
      const column = all.map((point) => point[axis]), low = Math.min(...column), high = Math.max(...column);
      const room = 0.12 * (high - low || 1);
      return [low - room, high + room];
    });
    this.canvas = byId("plane");
    this.small = squareCanvas(GRID);
    this.dots = squareCanvas(this.canvas.width); // the points are drawn once, not with every frame
    this.cursor = null; // moved by the arrow keys
  }

  /** The samples all over the plane, row by row from the top; of one input, along it. */
  samples() {
    const step = ([low, high], i) => low + ((high - low) * (i + 0.5)) / GRID, made = [];
    if (data.inputs === 1) return [...Array(GRID * 4).keys()].map((i) => ({ x: [step(this.xs, (i + 0.5) / 4 - 0.5)], y: 0 }));
    for (let r = 0; r < GRID; r++) {
      for (let c = 0; c < GRID; c++) made.push({ x: [step(this.xs, c), step(this.ys, GRID - 1 - r)], y: 0 });
    }
    return made;
  }

  toCanvas([x, y]) {
    const { width, height } = this.canvas, part = (v, [low, high]) => (v - low) / (high - low);
    return [part(x, this.xs) * width, (1 - part(y, this.ys)) * height];
  }

  toData([left, top]) {
    const { width, height } = this.canvas, value = (part, [low, high]) => low + part * (high - low);
    return [value(left / width, this.xs), value(1 - top / height, this.ys)];
  }

  placeOf({ x, y }) { return this.toCanvas(data.inputs === 1 ? [x[0], y] : x); }

  draw({ points, heldOut, ringed, sample, output }) {
    const context = this.canvas.getContext("2d"), { width, height } = this.canvas;
    context.clearRect(0, 0, width, height);
    if (data.inputs === 1) this.drawCurve(context, output); else this.drawField(context, output);
    this.drawPoints(points, heldOut);
    context.drawImage(this.dots, 0, 0);
    ringed.forEach((point) => this.drawRing(context, this.placeOf(point), 10));
    if (sample) this.drawRing(context, this.placeOf(sample));
    if (this.cursor) this.drawRing(context, this.cursor);
  }

  drawField(context, output) {
    const field = new Float64Array(GRID * GRID);
    for (let s = 0; s < field.length; s++) field[s] = Math.tanh(output(s) / 2); // 2σ(z) − 1
    paint(this.small, field);
    context.imageSmoothingEnabled = true;
    context.drawImage(this.small, 0, 0, this.canvas.width, this.canvas.height);
  }

  drawCurve(context, output) {
    const count = GRID * 4;
    context.fillStyle = css(colours().background);
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    context.beginPath();
    for (let i = 0; i < count; i++) {
      const x = this.xs[0] + ((this.xs[1] - this.xs[0]) * (i + 0.5)) / count;
      context.lineTo(...this.toCanvas([x, output(i)]));
    }
    context.lineWidth = 5;
    context.strokeStyle = css(colours().plus);
    context.stroke();
  }

  drawPoints(points, heldOut) {
    const drawn = [points, heldOut, colours()];
    if (drawn.every((part, i) => part === this.drawn?.[i])) return;
    this.drawn = drawn;
    const context = this.dots.getContext("2d");
    context.clearRect(0, 0, this.dots.width, this.dots.height);
    heldOut.forEach((point) => this.drawPoint(context, point, { hollow: true }));
    points.forEach((point) => this.drawPoint(context, point, {}));
  }

  /** A class is a colour and a shape: circles are 1, squares 0. */
  drawPoint(context, point, { hollow }) {
    const [left, top] = this.placeOf(point), { plus, minus, card, ink } = colours(), one = !data.classes || point.y === 1;
    context.beginPath();
    if (one) context.arc(left, top, 7, 0, 7); else context.rect(left - 6, top - 6, 12, 12);
    context.fillStyle = css(hollow ? card : one ? plus : minus);
    context.fill();
    context.lineWidth = hollow ? 3 : 1.5;
    context.strokeStyle = css(hollow ? (one ? plus : minus) : card);
    context.stroke();
  }

  drawRing(context, [left, top], small = 12) {
    for (const [radius, colour] of [[small + 3, colours().ink], [small, colours().card]]) {
      context.beginPath();
      context.arc(left, top, radius, 0, 7);
      context.lineWidth = 3;
      context.strokeStyle = css(colour);
      context.stroke();
    }
  }

  /** The point nearest to a place of the canvas, within reach. */
  nearest(points, [left, top], reach = Infinity) {
    let best = null, distance = reach;
    for (const point of points) {
      const [a, b] = this.placeOf(point), away = Math.hypot(a - left, b - top);
      if (away < distance) [best, distance] = [point, away];
    }
    return best;
  }
}

const css = ([r, g, b]) => `rgb(${r},${g},${b})`;
