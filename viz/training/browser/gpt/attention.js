// Who looks at whom, a picture for each head: arcs back from each place, as thick as the shares that it takes; in colour
// those of the place that is picked.

const LETTER = 24, LOWEST = 16; // pixels between letters; how high the lowest arc rises

function drawAttention(chain, place) {
  const high = LOWEST + 9 * (chain.length - 1), width = chain.length * LETTER, x = (i) => (i + 0.5) * LETTER;
  const arc = (i, t, share) => {
    const up = high - (4 / 3) * (LOWEST + 9 * (i - t - 1)); // a curve goes three quarters of the way to its control points
    const line = i === t ? `M${x(i)},${high + 22}v8` : `M${x(i) - 4},${high}C${x(i) - 4},${up} ${x(t) + 4},${up} ${x(t) + 4},${high}`;
    return `<path class="look${i === place ? " picked" : ""}" d="${line}" stroke-width="${(0.4 + 6 * share).toFixed(2)}"/>`;
  };
  const letters = count(chain.length).map((i) => `<text x="${x(i)}" y="${high + 16}" class="${i === place ? "picked" : ""}">${escaped(letterOf(chain.tokens[i]))}</text>`);
  const order = [...count(chain.length).filter((i) => i !== place), place]; // the picked one lies on top
  return count(HEADS).map((head) => {
    const share = (i, t) => chain.of(i, "shares", head * (i + 1) + t), name = say("gpt head", { n: head + 1 });
    const told = count(place + 1).map((t) => `${letterOf(chain.tokens[t])} ${digits(share(place, t), 2)}`).join(", ");
    return `<figure><svg viewBox="0 -4 ${width} ${high + 38}" width="${width}" role="img" aria-label="${escaped(`${name}: ${told}`)}">${
      order.flatMap((i) => count(i + 1).map((t) => arc(i, t, share(i, t)))).join("")}${letters.join("")}</svg><figcaption>${name}</figcaption></figure>`;
  }).join("");
}
