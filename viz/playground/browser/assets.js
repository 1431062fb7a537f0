// What Python needs, as blobs: from the pieces in this page, or from the folder that it came from.

const total = Object.values(data.files).reduce((a, b) => a + b, 0);
const decoded = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const unpacked = (packed) => new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).blob();

/** Return the files by name; `progress` is told how many of all bytes are here. */
async function assets(progress) {
  const files = data.inside ? await piecesOfPage(progress) : await filesOfFolder(progress);
  const entries = Object.entries(files).map(async ([name, packed]) => [name, await unpacked(packed)]);
  return Object.fromEntries(await Promise.all(entries));
}

/** The browser adds the pieces one by one as the page comes in. */
async function piecesOfPage(progress) {
  const found = Object.fromEntries(Object.keys(data.files).map((name) => [name, []]));
  let bytes = 0, last = false;
  while (!last) {
    last = document.readyState !== "loading";
    for (const piece of document.querySelectorAll("script[data-of]")) {
      if (!last && piece === document.body.lastElementChild) break;  // may still be coming in
      const part = decoded(piece.textContent);
      found[piece.dataset.of].push(part);
      bytes += part.length;
      piece.remove();
    }
    progress(bytes);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return Object.fromEntries(Object.entries(found).map(([name, parts]) => [name, new Blob(parts)]));
}

async function filesOfFolder(progress) {
  let bytes = 0;
  const fetched = async (name) => {
    const response = await fetch(`${name}.packed`), parts = [];
    if (!response.ok) throw new Error(`${name}.packed: ${response.status}`);
    for (const reader = response.body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) return [name, new Blob(parts)];
      parts.push(value);
      progress(bytes += value.length);
    }
  };
  const found = Object.fromEntries(await Promise.all(Object.keys(data.files).map(fetched)));
  // from here on nobody is asked for anything, nor told: not even the server that this page is from
  document.head.append(element("meta", { "http-equiv": "Content-Security-Policy", content: "connect-src 'none'" }));
  return found;
}
