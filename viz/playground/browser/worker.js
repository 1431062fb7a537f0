// Python in a worker of its own: the page stays awake whatever runs here, and ends it to stop a loop.
"use strict";

const tell = (kind, data) => postMessage({ kind, ...data });
let answer = null;

// From a page on disk no worker starts as a module, the kind that Pyodide asks for; it tells by this function, and is
// right with either, since modules are imported in both.
self.importScripts = () => { throw new TypeError("import modules instead"); };

/** Pyodide asks for its files by address; each is here already, and there is no network behind. */
function serve(files) {
  const types = { wasm: "application/wasm", json: "application/json" };
  self.fetch = async (asked) => {
    const name = String(asked.url ?? asked).split("/").pop();
    if (!files[name]) throw new TypeError(`no network: ${asked.url ?? asked}`);
    return new Response(files[name], { headers: { "Content-Type": types[name.split(".").pop()] ?? "application/octet-stream" } });
  };
}

async function imported(file) {
  const address = URL.createObjectURL(new Blob([file], { type: "text/javascript" }));
  try { return await import(address); } finally { URL.revokeObjectURL(address); }
}

async function start(files) {
  serve(files);
  const [{ loadPyodide }, { default: createPyodideModule }] = await Promise.all(["pyodide.mjs", "pyodide.asm.mjs"].map((name) => imported(files[name])));
  const here = "https://local.invalid/";  // an address that leads nowhere
  const python = await loadPyodide({
    createPyodideModule, indexURL: here, stdLibURL: here + "python_stdlib.zip", packageBaseUrl: here,
    lockFileContents: await files["pyodide-lock.json"].text(),
  });
  tell("stage", { stage: "packages" });
  const site = python.runPython("import site; site.getsitepackages()[0]");
  python.unpackArchive(await files["packages.zip"].arrayBuffer(), "zip", { extractDir: site });
  python.runPython("import importlib; importlib.invalidate_caches()");
  answer = python.runPython("from viz.playground.inside import answer; answer");
  tell("ready", {});
}

onmessage = async ({ data: { files, asked } }) => {
  try {
    if (files) await start(files);
    else {
      answer(asked, (said) => tell("said", { said }));
      tell("done", {});
    }
  } catch (problem) {
    tell("failed", { problem: String(problem?.message ?? problem) });
  }
};
