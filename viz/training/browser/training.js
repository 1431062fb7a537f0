// What is learned and how far it is: points, parameters, the state of the optimiser; one step after the other.

const SLOTS = { sgd: [], momentum: ["velocity"], nesterov: ["velocity"], adam: ["mean", "square"] };
const MOMENTUM = 0.9, BETAS = [0.9, 0.999], EPSILON = 1e-8; // the optimisers of nn, with their defaults
const MOST_KEPT = 4000; // steps that the curve remembers

/** The network of these settings; of one's own model there is one. */
const networkOf = ({ depth, width, activation }) =>
  data.networks[data.own ? "own" : `${Array(Number(depth)).fill(width).join(",")},${activation}`];

class Training {
  constructor(settings, points) {
    this.settings = settings;
    this.network = networkOf(settings);
    [this.points, this.heldOut] = this.given();
    if (points) this.points = points; // in place of those to learn from
    this.machine = new Machine(this.network);
    this.rewind();
  }

  /** The points that the settings name, and those to test on. */
  given() {
    if (data.own) return [data.points, data.heldOut];
    const rng = new Random(this.settings.seed);
    return split(pointsOf(this.settings, rng), rng);
  }

  /** The parameters before the first step. */
  initial() {
    const { activation, seed } = this.settings;
    if (data.own) return Float64Array.from(this.network.initial);
    return drawn(this.network, activation === "relu" ? "he" : "xavier", new Random(seed));
  }

  rewind() {
    this.machine.parameters.set(this.initial());
    this.begin();
  }

  /** Start to count from here: the optimiser knows nothing yet. */
  begin() {
    this.machine.forget();
    this.steps = 0;
    this.history = [];
    this.shuffle();
    this.note();
  }

  shuffle() {
    this.rng = new Random(this.settings.seed);
    this.epoch = -1;
  }

  get size() { return Math.min(Number(this.settings.batch) || this.points.length, this.points.length); }
  get batches() { return Math.ceil(this.points.length / this.size); }

  /** The points of the next step; they are shuffled at the beginning of each epoch, as nn.data.batches does. */
  batch() {
    const epoch = Math.floor(this.steps / this.batches);
    while (this.epoch < epoch) {
      this.order = this.rng.shuffle(this.points.map((_, i) => i));
      this.epoch++;
    }
    const start = (this.steps % this.batches) * this.size;
    return this.order.slice(start, start + this.size).map((i) => this.points[i]);
  }

  step() {
    this.machine.differentiate(this.batch());
    this.machine.update(this.settings);
    this.steps++;
    this.note();
  }

  note() {
    const loss = (points) => (points.length ? this.machine.loss(points) : NaN);
    this.history.push({ step: this.steps, train: loss(this.points), held: loss(this.heldOut) });
    if (this.history.length > MOST_KEPT) this.history = this.history.filter((_, i) => i % 2 === 0);
  }

  /** The parameters and the state of the optimiser, to come back to. */
  snapshot() {
    const { steps, history, machine } = this;
    return { steps, taken: machine.taken, history: [...history], parameters: machine.parameters.slice(), state: machine.state(this.settings.optimiser) };
  }

  restore({ steps, taken, history, parameters, state }) {
    this.machine.parameters.set(parameters);
    this.machine.forget();
    this.machine.restore(state, taken);
    this.steps = steps;
    this.history = [...history];
    if (Math.floor(steps / this.batches) < this.epoch) this.shuffle();
  }

  /** What the next update would do: {gradient, state, next}; nothing has changed afterwards. */
  preview() {
    const before = this.snapshot();
    this.machine.differentiate(this.batch());
    const gradient = this.machine.gradient.slice();
    this.machine.update(this.settings);
    const found = { gradient, state: this.machine.state(this.settings.optimiser), next: this.machine.parameters.slice() };
    this.machine.restore(before.state, before.taken);
    this.machine.parameters.set(before.parameters);
    return found;
  }
}
