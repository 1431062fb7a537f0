// The loss over the steps: of the points trained on, of those held out, and a kept run to compare with; as level lines,
// losses to be beaten: {loss, text}.

const SIZE = { width: 250, height: 150, left: 36, right: 6, top: 20, bottom: 22 };

function drawCurves(svg, history, kept, levels = []) {
  const runs = kept ? [history, kept] : [history], all = runs.flat();
  const last = Math.max(10, ...all.map(({ step }) => step));
  const top = Math.max(...all.flatMap(({ train, held }) => [train, held]).filter(Number.isFinite), ...levels.map(({ loss }) => loss), 1e-9);
  const x = (step) => SIZE.left + ((SIZE.width - SIZE.left - SIZE.right) * step) / last;
  const y = (loss) => SIZE.height - SIZE.bottom - ((SIZE.height - SIZE.bottom - SIZE.top) * loss) / top;
  const line = (run, key) => {
    const every = Math.ceil(run.length / 300), shown = run.filter((_, i) => i % every === 0 || i === run.length - 1);
    return shown.filter((row) => Number.isFinite(row[key])).map((row) => `${x(row.step).toFixed(1)},${y(row[key]).toFixed(1)}`).join(" ");
  };
  const text = (left, up, anchor, said, kind = "") => `<text x="${left}" y="${up}" text-anchor="${anchor}" class="${kind}">${said}</text>`;
  const now = history.at(-1);
  svg.setAttribute("viewBox", `0 0 ${SIZE.width} ${SIZE.height}`);
  svg.innerHTML =
    `<path class="axis" d="M${SIZE.left},${SIZE.top}V${SIZE.height - SIZE.bottom}H${SIZE.width - SIZE.right}"/>` +
    levels.map(({ loss, text: said }, i) => `<path class="level" d="M${SIZE.left},${y(loss)}H${SIZE.width - SIZE.right}"/>` + text(SIZE.width - SIZE.right, y(loss) + (i ? 12 : -3), "end", said)).join("") +
    (kept ? `<polyline class="kept" points="${line(kept, "train")}"/>` : "") +
    `<polyline class="held" points="${line(history, "held")}"/><polyline class="train" points="${line(history, "train")}"/>` +
    text(SIZE.left - 4, SIZE.top + 8, "end", digits(top, 2)) + text(SIZE.left - 4, SIZE.height - SIZE.bottom, "end", "0") +
    text(SIZE.width - SIZE.right, SIZE.height - 8, "end", say("train steps", { n: last })) +
    text(SIZE.left, 12, "start", words["train training"], "train-text") +
    text(SIZE.width / 2, 12, "start", words["train held out"], "held-text") +
    (kept ? text(SIZE.left + 6, SIZE.height - 8, "start", words["train kept"]) : "");
  svg.ariaLabel = say("train curve told", { n: now.step, train: number(now.train), held: number(now.held) });
}
