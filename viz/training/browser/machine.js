// The compiled program of a network: the loss of points, its gradient, and the steps of the optimisers.

class Machine {
  constructor(network) {
    this.network = network;
    this.program = programs[network.name]();
    this.parameters = this.program.parameters;
    this.gradient = this.program.gradients;
    this.wide = 1 + 2 * network.neurons.length; // the loss, and every neuron before and after its activation
    this.outputs = this.slopes = new Float64Array(0);
  }

  /** Lay points side by side, and make room for what comes of them. */
  load(points) {
    const size = this.network.inputs + 1, inputs = new Float64Array(points.length * size);
    points.forEach(({ x, y }, s) => { inputs.set(x, s * size); inputs[s * size + size - 1] = y; });
    if (this.outputs.length !== points.length * this.wide) {
      this.outputs = new Float64Array(points.length * this.wide);
      this.slopes = new Float64Array(points.length * (this.wide - 1));
    }
    return inputs;
  }

  forward(points) {
    const inputs = this.load(points);
    this.program.forward(inputs, this.outputs, { samples: points.length });
  }

  /** The mean loss of points. */
  loss(points) {
    this.forward(points);
    let total = 0;
    for (let s = 0; s < points.length; s++) total += this.outputs[s * this.wide];
    return total / points.length;
  }

  /** The mean loss of points, its gradient, and what it says of every neuron. */
  differentiate(points) {
    const inputs = this.load(points);
    return this.program.gradient(inputs, { samples: points.length, outputs: this.outputs, slopes: this.slopes });
  }

  before(unit, s) { return this.outputs[s * this.wide + 1 + unit - this.network.inputs]; }
  value(unit, s) { return this.outputs[s * this.wide + 1 + this.network.neurons.length + unit - this.network.inputs]; }
  slopeBefore(unit, s) { return this.slopes[s * (this.wide - 1) + unit - this.network.inputs]; }
  slope(unit, s) { return this.slopes[s * (this.wide - 1) + this.network.neurons.length + unit - this.network.inputs]; }

  update({ optimiser, rate, l2 }) {
    if (optimiser === "adam") this.program.adam(rate, { weightDecay: l2 });
    else this.program.sgd(rate, { momentum: optimiser === "sgd" ? 0 : MOMENTUM, nesterov: optimiser === "nesterov", weightDecay: l2 });
  }

  /** What an optimiser carries from step to step, by name. */
  state(optimiser) { return Object.fromEntries(SLOTS[optimiser].map((name) => [name, this.program[name].slice()])); }

  /** How many steps the optimiser has taken since it knew nothing: another one may have taken steps before it. */
  get taken() { return this.program.steps; }

  restore(state, taken) {
    for (const [name, column] of Object.entries(state)) this.program[name].set(column);
    this.program.steps = taken;
  }

  forget() {
    for (const name of ["velocity", "mean", "square"]) this.program[name].fill(0);
    this.program.steps = 0;
  }
}
