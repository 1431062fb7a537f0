"""Functions of loops over tables, as LLVM text: what the kernels of vector programs are written with.

A kernel is a function of three pointers: ``%A``, a table of 32-bit integers that says how often and where; ``%M``, rows
of vectors, one lane for each sample; ``%S``, numbers that all samples share. Integers are ``i64`` wherever they have a
name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .body import ATTRIBUTES, Body


class Loops(Body):
    """A function body with loops and variables, which LLVM makes registers of.

    >>> b = Loops(4)
    >>> total = b.variable(b.vector, b.splat(0.0))
    >>> with b.loop(b.entry(0)) as i:
    ...     b.set(total, b.fadd(b.get(total), b.row(b.entry(1, i))))
    >>> b.set_row(b.entry(0), b.get(total))
    >>> print(b.function("sum_of_rows").splitlines()[1])
    define void @sum_of_rows(ptr %A, ptr noalias %M, ptr noalias %S) nounwind "min-legal-vector-width"="512" \
"prefer-vector-width"="512" {
    """

    def __init__(self, lanes: int, *, scalar: str = "double"):
        super().__init__(lanes, scalar=scalar)
        self.variables: list[str] = []
        self._kinds: dict[str, str] = {}
        self._labels = 0

    def function(self, name: str) -> str:
        """Return the text of the function."""
        lines = [*self.variables, self.text(), "  ret void", "}"]
        return "\n".join([f"\ndefine void @{name}(ptr %A, ptr noalias %M, ptr noalias %S) {ATTRIBUTES} {{", *lines])

    # ------------------------------------------------------------ variables and loops

    def variable(self, kind: str, start: str) -> str:
        """Return the name of a new variable that holds ``start``."""
        name = f"%v{len(self.variables)}"
        self.variables.append(f"  {name} = alloca {kind}")
        self._kinds[name] = kind
        self.set(name, start)
        return name

    def get(self, name: str) -> str:
        return self.emit(f"load {self._kinds[name]}, ptr {name}")

    def set(self, name: str, x: str) -> None:
        self.line(f"store {self._kinds[name]} {x}, ptr {name}")

    @contextmanager
    def loop(self, count: str) -> Iterator[str]:
        """Write what follows ``count`` times; the number of the round is yielded."""
        self._labels += 1
        body, end = f"round{self._labels}", f"done{self._labels}"
        at = self.variable("i64", "0")
        some = self.emit(f"icmp sgt i64 {count}, 0")
        self.line(f"br i1 {some}, label %{body}, label %{end}")
        self.label(body)
        i = self.get(at)
        yield i
        following = self.add(i, "1")
        self.set(at, following)
        more = self.emit(f"icmp slt i64 {following}, {count}")
        self.line(f"br i1 {more}, label %{body}, label %{end}")
        self.label(end)

    # ------------------------------------------------------------ integers

    def add(self, n: str, m: str) -> str:
        return self.emit(f"add i64 {n}, {m}")

    def times(self, n: str, m: str) -> str:
        return self.emit(f"mul i64 {n}, {m}")

    def entry(self, at: str | int, of: str = "%A") -> str:
        """Return an entry of a table."""
        return self.emit(f"sext i32 {self.emit(f'load i32, ptr {self.table(at, of)}, align 4')} to i64")

    def table(self, at: str | int, of: str = "%A") -> str:
        """Return the table that begins at an entry of another."""
        return self.emit(f"getelementptr i32, ptr {of}, i64 {at}")

    # ------------------------------------------------------------ rows and numbers

    def row(self, at: str) -> str:
        """Return the vector of a row; at one lane, rows are numbers."""
        if self.lanes == 1:
            return self.number(at)
        return self.emit(f"load {self.vector}, ptr {self._row(at)}, align {self._alignment}")

    def set_row(self, at: str, x: str) -> None:
        if self.lanes == 1:
            self.set_number(at, x)
        else:
            self.line(f"store {self.vector} {x}, ptr {self._row(at)}, align {self._alignment}")

    def number(self, at: str) -> str:
        """Return a shared number, a scalar."""
        return self.emit(f"load {self.scalar}, ptr {self._number(at)}, align {self.size}")

    def set_number(self, at: str, x: str) -> None:
        self.line(f"store {self.scalar} {x}, ptr {self._number(at)}, align {self.size}")

    def operand(self, kind: str, at: str) -> str:
        """Return an operand: a row ("b"), a shared number in every lane ("s"), or one after the other ("v")."""
        if kind == "v":
            return self.emit(f"load {self.vector}, ptr {self._number(at)}, align {self.size}")
        return self.row(at) if kind == "b" else self.broadcast(self.number(at))

    def set_numbers(self, at: str, x: str) -> None:
        """Write the lanes to shared numbers, one after the other."""
        self.line(f"store {self.vector} {x}, ptr {self._number(at)}, align {self.size}")

    @property
    def size(self) -> int:
        """How many bytes a number takes."""
        return 8 if self.scalar == "double" else 4

    @property
    def _alignment(self) -> int:
        return min(64, self.lanes * self.size)

    def _row(self, at: str) -> str:
        return self.emit(f"getelementptr {self.vector}, ptr %M, i64 {at}")

    def _number(self, at: str) -> str:
        return self.pointer("%S", at)

    def pointer(self, base: str, at: str) -> str:
        """Return where a number lies in an array of them."""
        return self.emit(f"getelementptr {self.scalar}, ptr {base}, i64 {at}")

    def lane_sum(self, x: str) -> str:
        """Return the sum of the lanes."""
        if self.lanes == 1:
            return x
        kind = "f64" if self.scalar == "double" else "f32"
        name = f"llvm.vector.reduce.fadd.v{self.lanes}{kind}"
        self.declarations.add(f"declare {self.scalar} @{name}({self.scalar}, {self.vector})")
        return self.emit(f"call reassoc {self.scalar} @{name}({self.scalar} -0.0, {self.vector} {x})")

    def all_lanes(self, mask: str) -> str:
        """Return whether a condition holds in every lane."""
        if self.lanes == 1:
            return mask
        name = f"llvm.vector.reduce.and.v{self.lanes}i1"
        self.declarations.add(f"declare i1 @{name}({self.mask})")
        return self.emit(f"call i1 @{name}({self.mask} {mask})")
