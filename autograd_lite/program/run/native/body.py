"""The body of one LLVM function as text, for any number of lanes.

With this module, one can,

- write arithmetic once for one number (``double``) or for several side by side (``<8 x double>``)::

      b = Body(8)
      y = b.fma(b.fmul("%x", "%x"), b.splat(0.5), b.splat(1.0))  # x²/2 + 1 in every lane

- read the instructions back (``b.text()``) and what they refer to (``b.declarations``, ``b.helpers``).

A body knows nothing of operations; `functions` does.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence

# What every function of a module carries. The two widths let LLVM keep eight doubles in one AVX-512
# register, and pass them so between our functions; other processors split the vectors as they need.
ATTRIBUTES = 'nounwind "min-legal-vector-width"="512" "prefer-vector-width"="512"'

# What a function carries besides that depends on its arguments alone.
PURE = "nounwind willreturn memory(none)"


LARGEST_FLOAT = 3.4028234663852886e38


def literal(x: float, scalar: str = "double") -> str:
    """Return ``x`` as LLVM writes a double: by its bits, so that nothing is rounded.

    A ``float`` is written by the bits of the double that it equals; a finite ``x`` beyond all floats is the largest.

    >>> literal(1.0), literal(-0.0), literal(1e300, "float")
    ('0x3FF0000000000000', '0x8000000000000000', '0x47EFFFFFE0000000')
    """
    if scalar == "float" and math.isfinite(x):
        (x,) = struct.unpack("<f", struct.pack("<f", max(-LARGEST_FLOAT, min(x, LARGEST_FLOAT))))
    return f"0x{struct.unpack('<Q', struct.pack('<d', x))[0]:016X}"


def fields(record: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield the lines that load the fields of a record of eight-byte values at ``%record``: (type, name) each.

    >>> print(*fields([("i64", "n")]), sep="\\n")
      %at_n = getelementptr i64, ptr %record, i64 0
      %n = load i64, ptr %at_n
    """
    for i, (kind, name) in enumerate(record):
        yield f"  %at_{name} = getelementptr i64, ptr %record, i64 {i}"
        yield f"  %{name} = load {kind}, ptr %at_{name}"


class Body:
    """Collects the instructions of one function body, for ``lanes`` doubles at a time.

    >>> b = Body(4)
    >>> b.fadd("%x", b.splat(1.0))
    '%t1'
    >>> print(Body(1).vector, b.vector, b.mask)
    double <4 x double> <4 x i1>

    With ``contract`` LLVM may fuse a product and the sum it goes into (one rounding instead of two):
    faster, but ``a*b - c*d`` of equal products is then a rounding error instead of 0.

    With ``scalar="float"`` it is arithmetic in single precision; the elementary functions are of doubles alone.

    Every method returns the name of its result. Names of operands are not checked.
    """

    def __init__(self, lanes: int, *, contract: bool = False, first_name: int = 0, scalar: str = "double"):
        self.lanes = lanes
        self.use(scalar)
        self.flags = "contract " if contract else ""
        self.lines: list[str] = []
        self.declarations: set[str] = set()
        self.helpers: set[str] = set()  # names of functions (`functions.helpers`) that the body calls
        self._names = first_name  # bodies that become parts of one function need names of their own

    def line(self, text: str) -> None:
        """Add an instruction that has no result."""
        self.lines.append(f"  {text}")

    def label(self, name: str) -> None:
        """Start a basic block."""
        self.lines.append(f"{name}:")

    def emit(self, text: str) -> str:
        """Add an instruction and return the name of its result."""
        self._names += 1
        self.lines.append(f"  %t{self._names} = {text}")
        return f"%t{self._names}"

    def text(self) -> str:
        """Return all instructions so far, one a line."""
        return "\n".join(self.lines)

    def use(self, scalar: str) -> None:
        """Write what follows for "double" or "float"."""
        self.scalar = scalar
        self.vector, self.integer, self.mask = map(self.of_lanes, (scalar, "i64", "i1"))

    def of_lanes(self, scalar: str) -> str:
        """Return the type of as many scalars as there are lanes.

        >>> Body(8).of_lanes("i32")
        '<8 x i32>'
        """
        return f"<{self.lanes} x {scalar}>" if self.lanes > 1 else scalar

    # ------------------------------------------------------------ constants

    def splat(self, x: float) -> str:
        """Return the constant ``x`` in every lane."""
        return self._repeated(self.scalar, literal(x, self.scalar))

    def splat_integer(self, n: int) -> str:
        """Return the 64-bit integer constant ``n`` in every lane."""
        return self._repeated("i64", str(n))

    def _repeated(self, scalar: str, text: str) -> str:
        return text if self.lanes == 1 else f"splat ({scalar} {text})"

    def broadcast(self, x: str) -> str:
        """Copy the scalar named ``x`` into every lane."""
        if self.lanes == 1:
            return x
        first = self.emit(f"insertelement {self.vector} poison, {self.scalar} {x}, i64 0")
        return self.emit(
            f"shufflevector {self.vector} {first}, {self.vector} poison, <{self.lanes} x i32> zeroinitializer"
        )

    # ------------------------------------------------------------ arithmetic

    def _binary(self, instruction: str, x: str, y: str) -> str:
        return self.emit(f"{instruction} {self.flags}{self.vector} {x}, {y}")

    def fadd(self, x: str, y: str) -> str:
        return self._binary("fadd", x, y)

    def fsub(self, x: str, y: str) -> str:
        return self._binary("fsub", x, y)

    def fmul(self, x: str, y: str) -> str:
        return self._binary("fmul", x, y)

    def fdiv(self, x: str, y: str) -> str:
        return self._binary("fdiv", x, y)

    def fneg(self, x: str) -> str:
        return self.emit(f"fneg {self.vector} {x}")

    def fma(self, x: str, y: str, z: str) -> str:
        """Return x·y + z, fused where the processor can, else rounded twice.

        Code that needs the single rounding must not use it: a true ``llvm.fma`` would call libm once
        per lane on a processor without the instruction.
        """
        return self.intrinsic("fmuladd", x, y, z)

    def intrinsic(self, name: str, *args: str) -> str:
        """Call ``llvm.name`` on vectors: fabs, copysign, sqrt, rint, minnum, maxnum, ..."""
        kind = "f64" if self.scalar == "double" else "f32"
        suffix = f"v{self.lanes}{kind}" if self.lanes > 1 else kind
        self.declarations.add(
            f"declare {self.vector} @llvm.{name}.{suffix}({', '.join([self.vector] * len(args))})",
        )
        return self._call(f"llvm.{name}.{suffix}", args)

    def polynomial(self, x: str, coefficients: Sequence[float]) -> str:
        """Return c₀ + c₁x + c₂x² + …, by Estrin's scheme: pairs, then pairs of pairs.

        Horner's rule does as many operations, but each waits for the one before.
        """
        terms, step = [self.splat(c) for c in coefficients], x
        while len(terms) > 1:
            paired = [self.fma(terms[i + 1], step, terms[i]) for i in range(0, len(terms) - 1, 2)]
            terms = paired + terms[2 * len(paired) :]
            if len(terms) > 1:
                step = self.fmul(step, step)
        return terms[0]

    # ------------------------------------------------------------ choices

    def compare(self, predicate: str, x: str, y: str) -> str:
        """Return the mask of lanes where the predicate holds.

        Ordered ones (oeq, ogt, oge, olt, ole, ord) are false when a lane is nan; une, ugt, uno, ... true.
        """
        return self.emit(f"fcmp {predicate} {self.vector} {x}, {y}")

    def select(self, mask: str, x: str, y: str) -> str:
        """Return x where the mask holds, else y."""
        return self.emit(f"select {self.mask} {mask}, {self.vector} {x}, {self.vector} {y}")

    def mask_or(self, a: str, b: str) -> str:
        return self.emit(f"or {self.mask} {a}, {b}")

    def any_lane(self, mask: str) -> str:
        """Return an ``i1``: whether the mask holds in some lane."""
        if self.lanes == 1:
            return mask
        bits = self.emit(f"bitcast {self.mask} {mask} to i{self.lanes}")
        return self.emit(f"icmp ne i{self.lanes} {bits}, 0")

    # ------------------------------------------------------------ bits

    def bits(self, x: str) -> str:
        """Return the 64 bits of each double, as integers."""
        return self.emit(f"bitcast {self.vector} {x} to {self.integer}")

    def from_bits(self, n: str) -> str:
        """Return the doubles that have these bits."""
        return self.emit(f"bitcast {self.integer} {n} to {self.vector}")

    def integer_op(self, instruction: str, n: str, m: str) -> str:
        """Apply add, sub, and, or, xor, shl, lshr to 64-bit integers.

        ``ashr``, ``mul`` and conversions are left out: before AVX-512 they have no vector form.
        """
        return self.emit(f"{instruction} {self.integer} {n}, {m}")

    # ------------------------------------------------------------ calls

    def _call(self, name: str, args: Sequence[str]) -> str:
        return self.emit(f"call {self.vector} @{name}({', '.join(f'{self.vector} {arg}' for arg in args)})")

    def call_helper(self, name: str, *args: str) -> str:
        """Call one of the functions that `functions.helpers` writes, and note that it is needed."""
        self.helpers.add(name)
        return self._call(f"al_{name}_v{self.lanes}", args)

    def call_scalar(self, name: str, *args: str) -> str:
        """Call the C library's ``double name(double, ...)`` once per lane."""
        # memory(none): errno, which the library may set, is not looked at; so equal calls are made once
        self.declarations.add(f"declare double @{name}({', '.join(['double'] * len(args))}) {PURE}")
        if self.lanes == 1:
            return self._call(name, args)
        result = "poison"
        for lane in range(self.lanes):
            operands = [self.emit(f"extractelement {self.vector} {arg}, i64 {lane}") for arg in args]
            y = self.emit(f"call double @{name}({', '.join(f'double {x}' for x in operands)})")
            result = self.emit(f"insertelement {self.vector} {result}, double {y}, i64 {lane}")
        return result
