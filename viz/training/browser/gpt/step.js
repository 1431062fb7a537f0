// One step by hand for the line that is typed: forward, backward, update, on a copy; training goes on without it.

const STAGES = ["forward", "backward", "update"];

class Step {
  constructor(machine) {
    this.machine = machine;
    this.leave();
  }

  leave() { this.at = -1; }
  get on() { return this.at >= 0; }

  /** Do everything up to a stage, from the parameters of `source`. */
  go(at, source, line, rate) {
    this.at = at;
    if (at < 0) return;
    const { machine } = this;
    machine.follow(source);
    this.before = machine.parameters.slice();
    this.loss = machine.watch(line);
    this.gradients = machine.gradients.slice();
    machine.update(rate);
    this.after = machine.parameters.slice();
    machine.forward(line);
    this.lossAfter = machine.values[0];
  }

  /** The parameter of a matrix with the largest gradient. */
  largest({ start, rows, columns }) {
    const all = count(rows * columns).map((k) => start + k);
    return all.reduce((best, p) => (Math.abs(this.gradients[p]) > Math.abs(this.gradients[best]) ? p : best));
  }

  /** What the step makes of a parameter, once it is an update: [before, after]. */
  change(p) { return this.at === 2 && p >= 0 ? [this.before[p], this.after[p]] : null; }

  /** Of each matrix its size, that of its gradient, and that of its change: roots of sums of squares. */
  rows() {
    return Object.values(matrices).map((matrix) => {
      const of = (look) => Math.sqrt(count(matrix.rows * matrix.columns).reduce((total, k) => total + look(matrix.start + k) ** 2, 0));
      return {
        name: matrix.name, largest: this.largest(matrix), count: matrix.rows * matrix.columns, size: of((p) => this.before[p]),
        gradient: of((p) => this.gradients[p]), change: of((p) => this.after[p] - this.before[p]),
      };
    });
  }
}
