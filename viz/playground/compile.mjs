// Puts the bytecode of all that Python loads when the page starts, and of all that viz and nn offer, into the archives of
// a folder, with the Python of that folder: node compile.mjs FOLDER
import { pathToFileURL } from "node:url";

const [folder] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: `${folder}/` });
python.mountNodeFS("/built", folder);
python.runPython(`
import site, sys
from pathlib import Path
from zipfile import ZipFile

(packages,) = site.getsitepackages()
ZipFile("/built/packages.zip").extractall(packages)
sys.path.insert(0, "/built")
import nn, viz.public, viz.playground.inside
from bytecode import with_bytecode

loaded = {getattr(module, "__file__", None) for module in sys.modules.values()}
library = next(path for path in sys.path if path.endswith(".zip"))
for name, root, keep_sources in (("python_stdlib.zip", library, False), ("packages.zip", packages, True)):
    path = Path("/built", name)
    path.write_bytes(with_bytecode(path.read_bytes(), lambda file: f"{root}/{file}" in loaded, keep_sources=keep_sources))
`);
