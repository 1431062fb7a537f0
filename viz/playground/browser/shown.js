// What comes from Python is shown as text, as a picture in an image, or as a page in a frame of its own: no markup of
// it ever becomes a part of this page.

function picture(svg, told) {
  const image = element("img", { src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`, alt: told });
  const width = /^<svg[^>]*\swidth="([\d.]+)/.exec(svg)?.[1];
  if (width) image.style.setProperty("--natural", `${width}px`);
  return element("div", { class: "picture", tabindex: 0 }, image);
}

const IN_FRAME = `<script>new ResizeObserver(() => parent.postMessage(document.body.offsetHeight, "*")).observe(document.body);</script>`;

const NO_CALLS = `<script>for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"]) delete globalThis[name];</script>`;

/** A player; what else Python has made as a page runs no script, which could hold this page up, or speak to others. */
function framed(page, told) {
  return element("iframe", { srcdoc: page.replace("<head>", `<head>${NO_CALLS}`) + IN_FRAME, title: told.split("\n")[0], sandbox: "allow-scripts" });
}

const still = (page, told) => element("iframe", { class: "still", srcdoc: page, title: told.split("\n")[0], sandbox: "" });

addEventListener("message", ({ source, data: height }) => {
  for (const frame of document.querySelectorAll("iframe")) {
    if (frame.contentWindow === source && height > 0) frame.style.height = `${Math.min(height + 24, 6000)}px`;
  }
});

function table(title, [headings, ...rows]) {
  const row = (cells, tag) => element("tr", {}, ...cells.map((cell) => element(tag, tag === "th" ? { scope: "col" } : {}, cell)));
  return element("div", { class: "table", tabindex: 0 }, element("table", {}, element("caption", {}, title),
    element("thead", {}, row(headings, "th")), element("tbody", {}, ...rows.map((cells) => row(cells, "td")))));
}
