"""The loop that runs a vector program: lists of kernels, block by block of samples."""

from __future__ import annotations

from functools import cache

from .body import ATTRIBUTES, fields
from .functions import link
from .jit import MachineCode, compile_module
from .loops import Loops
from .vector_kernels import VALID

# What the code is told, in one record: counts, what is copied and cleared, arrays, the three lists, the step.
RECORD = [
    ("i64", "blocks"), ("i64", "ld"), ("i64", "n_inputs"), ("i64", "inputs"), ("i64", "n_rows_out"), ("i64", "n_out"),
    ("i64", "first"), ("i64", "bytes_shared"), ("i64", "first_sum"), ("i64", "bytes_sums"),
    ("ptr", "M"), ("ptr", "S"), ("ptr", "X"), ("ptr", "Y"), ("ptr", "P"), ("ptr", "F"), ("ptr", "V"),
    ("ptr", "rows_out"), ("ptr", "out"),
    ("i64", "n_before"), ("ptr", "list_before"), ("i64", "n_within"), ("ptr", "list_within"),
    ("i64", "n_after"), ("ptr", "list_after"),
    ("double", "rate"), ("i64", "moved"),
]  # fmt: skip


def run_address(lanes: int, scalar: str) -> int:
    """Return where the function ``run(record)`` for rows of so many lanes begins in memory."""
    return _compiled(lanes, scalar).address("run")


@cache
def _compiled(lanes: int, scalar: str) -> MachineCode:
    b = _Run(lanes, scalar=scalar)
    b.write()
    return compile_module(link([b.entry_point()], [b]))


class _Run(Loops):
    """Writes ``run``."""

    def entry_point(self) -> str:
        lines = [f"define void @run(ptr %record) {ATTRIBUTES} {{", *fields(RECORD), *self.variables, self.text()]
        return "\n".join([*lines, "  ret void", "}"])

    def write(self) -> None:
        self._copy("memcpy.p0.p0", self._number("%first"), "ptr %P", "%bytes_shared")
        self._copy("memset.p0", self._number("%first_sum"), "i8 0", "%bytes_sums")
        self._calls("before")
        with self.loop("%blocks") as block:
            offset = self.times(block, str(self.lanes))
            if self.lanes > 1:
                self._which_are_valid(block)
            with self.loop("%n_inputs") as i:
                self.set_row(self.add("%inputs", i), self._buffer("%X", i, offset))
            self._calls("within")
            with self.loop("%n_rows_out") as i:
                y = self.row(self.entry(i, "%rows_out"))
                self.line(f"store {self.vector} {y}, ptr {self._in_buffer('%Y', i, offset)}, align 4")
        self._calls("after")
        with self.loop("%n_out") as i:
            self._set_scalar("%F", i, self.number(self.entry(i, "%out")))
        self._step()

    def _copy(self, intrinsic: str, to: str, what: str, count: str) -> None:
        source = what.split()[0]
        self.declarations.add(f"declare void @llvm.{intrinsic}.i64(ptr, {source}, i64, i1)")
        self.line(f"call void @llvm.{intrinsic}.i64(ptr {to}, {what}, i64 {count}, i1 false)")

    def _calls(self, part: str) -> None:
        with self.loop(f"%n_{part}") as i:
            pair = self.emit(f"getelementptr [2 x ptr], ptr %list_{part}, i64 {i}")
            kernel, second = self.emit(f"load ptr, ptr {pair}"), self.emit(f"getelementptr ptr, ptr {pair}, i64 1")
            table = self.emit(f"load ptr, ptr {second}")
            self.line(f"call void {kernel}(ptr {table}, ptr %M, ptr %S)")

    def _which_are_valid(self, block: str) -> None:
        """Row 0: the lanes with a sample, which are all in every block but the last."""
        following = self.add(block, "1")
        is_last = self.emit(f"icmp eq i64 {following}, %blocks")
        at = self.emit(f"select i1 {is_last}, i64 0, i64 1")
        pointer = self.emit(f"getelementptr {self.vector}, ptr %V, i64 {at}")
        self.set_row(VALID, self.emit(f"load {self.vector}, ptr {pointer}, align 4"))

    def _in_buffer(self, base: str, row: str, offset: str) -> str:
        at = self.add(self.times(row, "%ld"), offset)
        return self.emit(f"getelementptr {self.scalar}, ptr {base}, i64 {at}")

    def _buffer(self, base: str, row: str, offset: str) -> str:
        return self.emit(f"load {self.vector}, ptr {self._in_buffer(base, row, offset)}, align 4")

    def _set_scalar(self, base: str, at: str, x: str) -> None:
        self.line(f"store {self.scalar} {x}, ptr {self.emit(f'getelementptr {self.scalar}, ptr {base}, i64 {at}')}")

    def _step(self) -> None:
        """parameters −= rate · gradients, the last of the shared outputs."""
        rate = "%rate" if self.scalar == "double" else self.emit("fptrunc double %rate to float")
        start = self.emit("sub i64 %n_out, %moved")
        with self.loop("%moved") as i:
            p = self.emit(f"getelementptr {self.scalar}, ptr %P, i64 {i}")
            g = self.emit(f"getelementptr {self.scalar}, ptr %F, i64 {self.add(start, i)}")
            move = self.emit(f"fmul {self.scalar} {rate}, {self.emit(f'load {self.scalar}, ptr {g}')}")
            moved = self.emit(f"fsub {self.scalar} {self.emit(f'load {self.scalar}, ptr {p}')}, {move}")
            self.line(f"store {self.scalar} {moved}, ptr {p}")
