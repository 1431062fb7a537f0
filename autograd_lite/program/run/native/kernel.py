"""The kernel that runs tapes: nothing is compiled per program but the list of operations it uses.

At one point it fills a vector with neighbours of a group, their operands gathered; over a batch, with
samples of one operation. Going forward it also stores the local gradients that are not simply a number, an
operand or the output; going back it adds cotangent × local gradient to the operands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from ....ops import Operation
from .body import ATTRIBUTES, Body, fields
from .functions import link
from .jit import MachineCode, compile_module
from .registers import Register, value_and_local_gradients

LANES = 8
MOST_OPERANDS = 3
# The cotangent of an operation that no contribution has reached, as behind a branch `where` did not take: nothing
# times inf is nothing, while 0 · inf is nan. Adding to it changes no number; contributions are never −0.
NOTHING = -0.0


class Kind(NamedTuple):
    """What a group does: an operation, and whether there is a ``where`` that may have sent it nothing."""

    op: Operation
    cut: bool = False


@lru_cache(maxsize=1024)
def has_code(op: Operation, count: int) -> bool:
    """Tell whether machine code can be written for an operation on so many operands: its rules run on registers."""
    b = Body(1)
    try:
        if count:  # else it is a number
            value_and_local_gradients(b, op, [Register(b, f"%x{i}") for i in range(count)])
    except TypeError:  # a rule of the user's own that needs numbers
        return False
    return True


@lru_cache(maxsize=64)
def kernel(kinds: tuple[Kind, ...], *, batched: bool) -> MachineCode:
    """Return the compiled kernel for these kinds of groups; compiled once for each list of them."""
    writer = _Kernel(kinds, batched)
    return compile_module(writer.module(), generate=2)


class _Kernel:
    """Writes ``forward`` and ``reverse`` (and, for batches, the loop over blocks) as LLVM text."""

    def __init__(self, kinds: Sequence[Kind], batched: bool):
        self.kinds, self.batched = kinds, batched
        self.bodies: list[Body] = []
        # where the reverse pass finds each local gradient: a number, or "x0" (an operand), "out", "stored"
        self.sources: list[list[float | str]] = []

    def module(self) -> str:
        forward = self._walk("forward", [self._forward(kind) for kind in self.kinds], backwards=False)
        reverse = self._walk("reverse", [self._reverse(i) for i in range(len(self.kinds))], backwards=True)
        loops = [_BLOCKS, _VALUES, _RUN] if self.batched else ["\n".join([*_ONE_POINT])]
        functions = [forward, reverse, *(text.replace("LANES", str(LANES)) for text in loops)]
        return f"{link(functions, self.bodies, inline=True)}\nattributes #0 = {{ {ATTRIBUTES} }}"

    def _walk(self, name: str, cases: Sequence[str], *, backwards: bool) -> str:
        """Return a function that goes over the groups and jumps to the case of each."""
        start, step, over = ("%last", -1, "slt i64 %g1, 0") if backwards else ("0", 1, "sge i64 %g1, %n")
        switch = " ".join(f"i32 {i}, label %case{i}" for i in range(len(cases)))
        unit = f"<{LANES} x double>" if self.batched else "double"
        return _WALK.replace("UNIT", unit).format(
            name=name, start=start, step=step, over=over, switch=switch, cases="\n".join(cases)
        )

    # ------------------------------------------------------------ cases

    def _loop(self, b: Body, case: int, step: int) -> Callable[[], str]:
        """Open the loop over a group (%k, from %from to %to); the returned function closes it."""
        b.label(f"case{case}")
        b.line(f"br label %loop{case}")
        b.label(f"loop{case}")
        b.line(f"%k{case} = phi i64 [ %from, %case{case} ], [ %next{case}, %loop{case} ]")

        def close() -> str:
            b.line(f"%next{case} = add i64 %k{case}, {step}")
            b.line(f"%more{case} = icmp slt i64 %next{case}, %to")
            b.line(f"br i1 %more{case}, label %loop{case}, label %next")
            return b.text()

        return close

    def _forward(self, kind: Kind) -> str:
        case, op = len(self.sources), kind.op
        b = Body(LANES, first_name=100_000 * (case + 1))
        self.bodies.append(b)
        close = self._loop(b, case, 1 if self.batched else LANES)
        k = f"%k{case}"
        operands = [Register(b, self._gathered(b, f"%I{j}", k)) for j in range(op.arity)]
        out, local_gradients = value_and_local_gradients(b, op, operands)
        self._store(b, out.name, "%V", k)
        names = {x.name: f"x{j}" for j, x in reversed(list(enumerate(operands)))} | {out.name: "out"}
        sources: list[float | str] = []
        for j, local in enumerate(local_gradients):
            source = local if not isinstance(local, Register) else names.get(local.name, "stored")
            if source == "stored":
                assert isinstance(local, Register)
                self._store(b, local.name, f"%D{j}", k)
            sources.append(source)
        self.sources.append(sources)
        return close()

    def _reverse(self, case: int) -> str:
        kind = self.kinds[case]
        b = Body(LANES if self.batched else 1, first_name=100_000 * (case + 1))
        self.bodies.append(b)
        close = self._loop(b, case, 1)
        k = f"%k{case}"
        cotangent = self._load(b, "%G", k)
        self._store(b, b.splat(NOTHING), "%G", k)  # it is complete and will not be read again: clean for the next run
        for j, source in enumerate(self.sources[case]):
            if source == 0.0:
                continue
            local = self._local_gradient(b, source, j, k)
            contribution = self._product(b, cotangent, local)
            if kind.cut:
                contribution = self._where_reached(b, kind, cotangent, local, contribution)
            target = self._index(b, f"%I{j}", k)
            self._store(b, b.fadd(self._load(b, "%G", target), contribution), "%G", target)
        return close()

    def _local_gradient(self, b: Body, source: float | str, j: int, k: str) -> float | str:
        """Return the local gradient: a number, or the name of what was loaded."""
        if not isinstance(source, str):
            return source
        if source == "stored":
            return self._load(b, f"%D{j}", k)
        return self._load(b, "%V", k if source == "out" else self._index(b, f"%I{source[1:]}", k))

    def _product(self, b: Body, cotangent: str, local: float | str) -> str:
        if local == 1.0:
            return cotangent
        if local == -1.0:
            return b.fneg(cotangent)
        return b.fmul(cotangent, local if isinstance(local, str) else b.splat(local))

    def _where_reached(self, b: Body, kind: Kind, cotangent: str, local: float | str, contribution: str) -> str:
        """Return the contribution; ``NOTHING`` where nothing reached the operation, or it cuts the edge."""
        zero, nothing = b.splat(0.0), b.splat(NOTHING)
        contribution = b.fadd(contribution, zero)  # of −0 it makes 0
        if kind.op.routes and isinstance(local, str):
            contribution = b.select(b.compare("oeq", local, zero), nothing, contribution)
        unreached = b.emit(f"icmp eq {b.integer} {b.bits(cotangent)}, {b.splat_integer(-(2**63))}")
        return b.select(unreached, nothing, contribution)

    # ------------------------------------------------------------ memory

    def _pointer(self, b: Body, base: str, k: str) -> str:
        kind = f"<{LANES} x double>" if self.batched else "double"
        return b.emit(f"getelementptr {kind}, ptr {base}, i64 {k}")

    def _load(self, b: Body, base: str, k: str) -> str:
        align = 8 * LANES if self.batched else 8
        return b.emit(f"load {b.vector}, ptr {self._pointer(b, base, k)}, align {align}")

    def _store(self, b: Body, name: str, base: str, k: str) -> None:
        align = 8 * LANES if self.batched else 8
        b.line(f"store {b.vector} {name}, ptr {self._pointer(b, base, k)}, align {align}")

    def _index(self, b: Body, base: str, k: str) -> str:
        index = b.emit(f"load i32, ptr {b.emit(f'getelementptr i32, ptr {base}, i64 {k}')}, align 4")
        return b.emit(f"zext i32 {index} to i64")

    def _gathered(self, b: Body, base: str, k: str) -> str:
        """Return the values of operand ``base`` of group members from ``k`` on; of one member, over a batch."""
        if self.batched:
            return self._load(b, "%V", self._index(b, base, k))
        pointer = b.emit(f"getelementptr i32, ptr {base}, i64 {k}")
        index = b.emit(f"load <{LANES} x i32>, ptr {pointer}, align 4")
        pointers = b.emit(f"getelementptr double, ptr %V, <{LANES} x i32> {index}")
        kind = f"{b.vector} @llvm.masked.gather.v{LANES}f64.v{LANES}p0"
        b.declarations.add(f"declare {kind}(<{LANES} x ptr>, i32, {b.mask}, {b.vector})")
        return b.emit(f"call {kind}(<{LANES} x ptr> {pointers}, i32 8, {b.mask} splat (i1 true), {b.vector} poison)")


_WALK = """define void @{name}(i64 %n, i64 %size, ptr noalias %groups, ptr noalias %I0, ptr noalias %V,
    ptr noalias %D0, ptr noalias %G) #0 {{
entry:
  %last = sub i64 %n, 1
  %some = icmp sgt i64 %n, 0
  %I1 = getelementptr i32, ptr %I0, i64 %size
  %I2 = getelementptr i32, ptr %I1, i64 %size
  %D1 = getelementptr UNIT, ptr %D0, i64 %size
  %D2 = getelementptr UNIT, ptr %D1, i64 %size
  br i1 %some, label %group, label %end
group:
  %g = phi i64 [ {start}, %entry ], [ %g1, %next ]
  %at = getelementptr <4 x i32>, ptr %groups, i64 %g
  %record = load <4 x i32>, ptr %at, align 4
  %code = extractelement <4 x i32> %record, i64 0
  %from32 = extractelement <4 x i32> %record, i64 1
  %to32 = extractelement <4 x i32> %record, i64 2
  %from = zext i32 %from32 to i64
  %to = zext i32 %to32 to i64
  switch i32 %code, label %next [ {switch} ]
{cases}
next:
  %g1 = add i64 %g, {step}
  %over = icmp {over}
  br i1 %over, label %end, label %group
end:
  ret void
}}"""

_RECORD = [
    ("i64", "n"), ("i64", "size"), ("i64", "no"), ("i64", "first"),
    ("ptr", "groups"), ("ptr", "I"), ("ptr", "V"), ("ptr", "D"), ("ptr", "G"), ("ptr", "O"),
]  # fmt: skip
_FORWARD = "  call void @forward(i64 %n, i64 %size, ptr %groups, ptr %I, ptr %V, ptr %D, ptr %G)"

_ONE_POINT = [
    "declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)",
    "define void @values(ptr %record) #0 {",
    *fields(_RECORD),
    _FORWARD,
    "  ret void\n}",
    "define void @run(ptr %record) #0 {\nentry:",
    *fields(_RECORD),
    _FORWARD,
    """  %bytes = mul i64 %first, 8
  call void @llvm.memset.p0.i64(ptr %G, i8 0, i64 %bytes, i1 false)
  br label %output
output:
  %o = phi i64 [ 0, %entry ], [ %o1, %output ]
  %op = getelementptr i32, ptr %O, i64 %o
  %oi = load i32, ptr %op
  %gp = getelementptr double, ptr %G, i32 %oi
  %g = load double, ptr %gp
  %g1 = fadd double %g, 1.0
  store double %g1, ptr %gp
  %o1 = add i64 %o, 1
  %oc = icmp slt i64 %o1, %no
  br i1 %oc, label %output, label %back
back:
  call void @reverse(i64 %n, i64 %size, ptr %groups, ptr %I, ptr %V, ptr %D, ptr %G)
  ret void
}""",
]

_ARGUMENTS = """(i64 %n, i64 %size, i64 %first, i64 %nb, i64 %ns, i64 %no, ptr %groups, ptr %I, ptr %V, ptr %D, ptr %G,
    ptr %O, ptr %S, i64 %nseeded, double %seed, i64 %blocks, ptr %X, ptr %GX, ptr %Y)"""

# The loop over blocks: inputs in, forward, outputs out; then seeds, reverse, gradients out, sums over samples.
_BLOCKS = f"""declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
define internal void @blocks{_ARGUMENTS[:-1]}, i1 %gradients) #0 {{
entry:
  %some = icmp sgt i64 %blocks, 0
  %inputs = mul i64 %nb, LANES
  %bytes = mul i64 %inputs, 8
  %outs = mul i64 %no, LANES
  %all = mul i64 %first, LANES
  %allbytes = mul i64 %all, 8
  %one = insertelement <LANES x double> poison, double %seed, i64 0
  %seeds = shufflevector <LANES x double> %one, <LANES x double> poison, <LANES x i32> zeroinitializer
  %GS = getelementptr <LANES x double>, ptr %G, i64 %nb
  br i1 %some, label %block, label %end
block:
  %b = phi i64 [ 0, %entry ], [ %b1, %next ]
  %xo = mul i64 %b, %inputs
  %x = getelementptr double, ptr %X, i64 %xo
  %gx = getelementptr double, ptr %GX, i64 %xo
  %yo = mul i64 %b, %outs
  %y = getelementptr double, ptr %Y, i64 %yo
  call void @llvm.memcpy.p0.p0.i64(ptr %V, ptr %x, i64 %bytes, i1 false)
  call void @forward(i64 %n, i64 %size, ptr %groups, ptr %I, ptr %V, ptr %D, ptr %G)
  call void @llvm.memset.p0.i64(ptr %G, i8 0, i64 %allbytes, i1 false)
  br label %output
output:
  %o = phi i64 [ 0, %block ], [ %o1, %output ]
  %op = getelementptr i32, ptr %O, i64 %o
  %oi = load i32, ptr %op
  %vp = getelementptr <LANES x double>, ptr %V, i32 %oi
  %gp = getelementptr <LANES x double>, ptr %G, i32 %oi
  %v = load <LANES x double>, ptr %vp
  %yp = getelementptr <LANES x double>, ptr %y, i64 %o
  store <LANES x double> %v, ptr %yp
  %g = load <LANES x double>, ptr %gp
  %seeded = icmp slt i64 %o, %nseeded
  %add = select i1 %seeded, <LANES x double> %seeds, <LANES x double> splat (double -0.0)
  %gs = fadd <LANES x double> %g, %add
  store <LANES x double> %gs, ptr %gp
  %o1 = add i64 %o, 1
  %oc = icmp slt i64 %o1, %no
  br i1 %oc, label %output, label %outputs
outputs:
  br i1 %gradients, label %back, label %next
back:
  call void @reverse(i64 %n, i64 %size, ptr %groups, ptr %I, ptr %V, ptr %D, ptr %G)
  call void @llvm.memcpy.p0.p0.i64(ptr %gx, ptr %G, i64 %bytes, i1 false)
  %any = icmp sgt i64 %ns, 0
  br i1 %any, label %shared, label %next
shared:
  %s = phi i64 [ 0, %back ], [ %s1, %shared ]
  %sp = getelementptr <LANES x double>, ptr %S, i64 %s
  %sg = getelementptr <LANES x double>, ptr %GS, i64 %s
  %sv = load <LANES x double>, ptr %sp
  %sd = load <LANES x double>, ptr %sg
  %sn = fadd <LANES x double> %sv, %sd
  store <LANES x double> %sn, ptr %sp
  %s1 = add i64 %s, 1
  %sc = icmp slt i64 %s1, %ns
  br i1 %sc, label %shared, label %next
next:
  %b1 = add i64 %b, 1
  %bc = icmp slt i64 %b1, %blocks
  br i1 %bc, label %block, label %end
end:
  ret void
}}"""

_CALL = """define void @{name}{arguments} #0 {{
  call void @blocks(i64 %n, i64 %size, i64 %first, i64 %nb, i64 %ns, i64 %no, ptr %groups, ptr %I, ptr %V, ptr %D,
    ptr %G, ptr %O, ptr %S, i64 {seeded}, double %seed, i64 %blocks, ptr %X, ptr %GX, ptr %Y, i1 {gradients})
  ret void
}}"""
# Without a way back nothing is seeded: a seed that is not pulled back would stay for the next run.
_VALUES = _CALL.format(name="values", arguments=_ARGUMENTS, seeded=0, gradients="false")
_RUN = _CALL.format(name="run", arguments=_ARGUMENTS, seeded="%nseeded", gradients="true")
