"""Node.js for tests of exported modules: the one on PATH, else that which Playwright brings; one process for many."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import playwright

# Each line is a module and an expression of its ``create``, as JSON. JSON has no nan, no infinity and no -0.
_SERVER = """
const number = (_, x) => {
  if (typeof x !== "number" || (x - x === 0 && !Object.is(x, -0))) return x;
  return x === 0 ? "-0" : String(x);
};
(async () => {
  for await (const line of require("readline").createInterface({ input: process.stdin })) {
    const [text, code] = JSON.parse(line);
    try {
      const { create } = await import(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`);
      console.log(JSON.stringify([new Function("create", `return ${code}`)(create)], number));
    } catch (problem) {
      console.log(JSON.stringify(String(problem.stack)));
    }
  }
})();
"""


class Node:
    """Runs modules."""

    def __init__(self, process: subprocess.Popen[str]):
        self._process = process

    def run(self, module: str, code: str, *data: Any) -> Any:
        """Return what a function makes of a module's ``create`` and of data; all that is text in it becomes a number.

        Raises RuntimeError with what JavaScript throws.
        """
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None and pipe_out is not None
        given = ", ".join(["create", *map(json.dumps, data)])  # with its NaN and Infinity this is JavaScript
        pipe_in.write(json.dumps([module, f"({code})({given})"]) + "\n")
        pipe_in.flush()
        result = json.loads(pipe_out.readline())
        if isinstance(result, str):
            raise RuntimeError(result)
        return _numbers(result[0])


def _numbers(x: Any) -> Any:
    if isinstance(x, list):
        return [_numbers(each) for each in x]
    return float(x) if isinstance(x, str) else x


@contextmanager
def node() -> Iterator[Node]:
    """Yield Node.js, as one process."""
    path = shutil.which("node") or Path(playwright.__file__).parent / "driver" / "node"
    with subprocess.Popen([path, "-e", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Node(process)
        assert process.stdin is not None
        process.stdin.close()
