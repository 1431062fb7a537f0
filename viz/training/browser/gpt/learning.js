// What is learned and how far it is: lines in the order of the seed, a batch a step; the losses of now and then.

const MEASURED = 50; // steps from one point of the curve to the next

class Learning {
  constructor(settings) {
    this.settings = settings;
    this.machine = new GPT();
    this.lens = new GPT(); // holds still while it measures
    this.rewind();
  }

  rewind() {
    const rng = this.rng = new Random(this.settings.seed), lines = rng.shuffle([...LINES]), cut = lines.length - data.heldOut;
    [this.train, this.heldOut] = [lines.slice(0, cut), lines.slice(cut)];
    this.machine.begin(rng);
    const tokens = (some) => some.reduce((sum, line) => sum + [...line].length + 1, 0);
    this.weight = this.train.length / tokens(this.train); // makes the mean over lines one over tokens
    this.heldOutWeight = this.heldOut.length / tokens(this.heldOut);
    this.steps = this.at = this.read = 0; // read: names, as often as they were
    this.order = [];
    this.history = [];
    this.losses = [];
    this.rates = [[0, this.settings.rate]];
    this.planned = []; // other rates, from a link: [step, rate]
    this.measured = null;
    this.measure();
  }

  /** The lines of the next step; they are shuffled at the beginning of each epoch, as nn.data.batches does. */
  batch() {
    if (this.at >= this.order.length) {
      this.order = this.rng.shuffle(this.train.map((_, i) => i));
      this.at = 0;
    }
    const taken = this.order.slice(this.at, this.at + this.settings.batch);
    this.at += taken.length;
    return taken.map((i) => this.train[i]);
  }

  step() {
    const lines = this.batch();
    if (this.planned[0]?.[0] === this.steps) this.setRate(this.planned.shift()[1]);
    this.losses.push(this.machine.differentiate(lines, () => this.weight));
    this.machine.update(this.settings.rate);
    this.steps++;
    this.read += lines.length;
    if (this.measured === null && this.steps - this.history.at(-1).step >= MEASURED) this.measure();
    return lines.length;
  }

  /** From here on other steps. */
  setRate(rate) {
    this.settings.rate = rate;
    if (this.rates.at(-1)[0] === this.steps) this.rates.pop();
    this.rates.push([this.steps, rate]);
  }

  /** Begin to measure the held-out loss of now; `goOn` does it, a few lines at a time. */
  measure() {
    const recent = this.losses.splice(0);
    this.lens.follow(this.machine);
    this.measured = { step: this.steps, train: recent.reduce((sum, x) => sum + x, 0) / recent.length, at: 0, total: 0 };
  }

  /** Go on measuring until a time; tells whether there is more. */
  goOn(until) {
    while (this.measured && performance.now() < until) {
      const some = this.heldOut.slice(this.measured.at, this.measured.at + 4);
      this.measured.total += this.lens.losses(some, () => this.heldOutWeight);
      this.measured.at += some.length;
      if (this.measured.at < this.heldOut.length) continue;
      const { step, train, total } = this.measured;
      this.history.push({ step, train, held: total / this.heldOut.length });
      this.measured = null;
    }
    return this.measured !== null;
  }
}
