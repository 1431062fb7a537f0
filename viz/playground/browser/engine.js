// Python as the page sees it: one question at a time, told as it goes on; stopping it means starting another.

class Engine {
  constructor(told) {
    this.told = told;  // (stage, places) what is going on
    this.waiting = [];
    this.now = null;
  }

  async load() {
    const size = (bytes) => (bytes / 1e6).toFixed(1);
    this.files = await assets((bytes) => this.told("bytes", { done: size(bytes), all: size(total), part: bytes / total }));
    this.start();
  }

  start() {
    this.ready = false;
    this.told("starting");
    const script = new Blob([byId("worker").textContent], { type: "text/javascript" });
    const worker = this.worker = new Worker(URL.createObjectURL(script));
    worker.onmessage = ({ data: said }) => worker === this.worker && this.heard(said);  // one that was ended is not heard
    worker.onerror = ({ message }) => this.failed(message ?? "no worker");
    worker.postMessage({ files: this.files });
  }

  /** A program can speak in the worker's name: what makes no sense is told as its error. */
  heard(message) {
    try {
      this.understood(message);
    } catch (problem) {
      this.now?.hear({ kind: "error", name: "Python", message: String(problem.message), places: [] });
    }
  }

  understood({ kind, said, stage, problem }) {
    if (kind === "stage") this.told(stage);
    if (kind === "said") this.now?.hear(JSON.parse(said));
    if (kind === "failed") this.failed(/call stack|too much recursion/.test(problem) ? say("too deep") : problem);
    if (kind === "ready") this.ready = true;
    if (kind === "ready" || kind === "done") this.finish();
  }

  failed(problem) {
    if (!this.now) return this.told("failed", { problem });
    this.now.hear({ kind: "error", name: "Python", message: problem, places: [] });
    this.stop();  // what has failed in there is not to be asked again
  }

  /** Ask, after what was asked before; of questions that wait under the same name the last counts. */
  ask(name, question, hear) {
    return new Promise((resolve) => {
      const replaced = this.waiting.find((each) => each.name === name);
      this.waiting = this.waiting.filter((each) => each !== replaced);
      replaced?.resolve("replaced");
      this.waiting.push({ name, question, hear, resolve });
      this.next();
    });
  }

  next() {
    if (this.now || !this.ready || !this.waiting.length) return;
    this.now = this.waiting.shift();
    this.busy = setTimeout(() => this.told("busy"), 400);
    this.worker.postMessage({ asked: JSON.stringify(this.now.question) });
  }

  finish(how = "done") {
    const { now } = this;
    this.now = null;
    clearTimeout(this.busy);
    if (this.ready && !this.waiting.length) this.told("ready");
    now?.resolve(how);
    this.next();
  }

  /** End what runs: the worker goes, a new one starts from the same files. */
  stop() {
    this.worker?.terminate();
    this.start();
    this.finish("stopped");
  }
}
