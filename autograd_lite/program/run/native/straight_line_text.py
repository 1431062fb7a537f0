"""The text of straight-line machine code: a program with every instruction spelled out.

The code has three parts. What is the same for all samples comes first; then a loop over blocks of
samples, which also adds up what is summed over samples, lane by lane; then what depends on those sums.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .... import ops
from ...passes import DOT, FOLDS, LOGSUMEXP, SUM
from ...program import REDUCING, Program, batch_dot, broadcast, sech2
from .body import ATTRIBUTES, Body, fields
from .functions import emit_operation, emit_pair, link

# Operands per function. LLVM takes more than linear time in the length of a function, and what is used
# again much later is better loaded again than kept in a register.
CHUNK = 700
LONG = 64  # products in one chain of additions


def after_reduction(program: Program) -> list[bool]:
    """Tell for every slot whether it is, or depends on, a sum over the samples."""
    late = [False] * len(program.names)
    for op, operands, _ in program.instructions:
        late.append(op in REDUCING or any(late[i] for i in operands))
    return late


# What the code is told, in one record: a call with one argument costs least.
_RECORD = [("i64", "blocks"), ("i64", "valid"), ("i64", "ld"), ("ptr", "X"), ("ptr", "P"), ("ptr", "Y"), ("ptr", "F"),
           ("ptr", "V"), ("double", "rate"), ("i64", "moved")]  # fmt: skip


class StraightLineText:
    """Writes the module: functions for the chunks of each part, and ``run``, which calls them.

    Of w·x, summed over the samples of a batch, the loop's only chunk is::

        define internal void @part1_0(ptr %X, ptr %P, ptr %Y, ptr %F, ptr %V, i64 %ld) {
          ...                                       ; %t4: w, loaded from %P and copied into every lane
          %t7 = load <4 x double>, ptr %t6          ; x of four samples, from %X
          %t8 = fmul <4 x double> %t4, %t7
          %t9 = getelementptr double, ptr %V, i64 0
          %t10 = load <4 x double>, ptr %t9         ; the sum so far, lane by lane, in the scratch memory %V
          %t11 = fadd <4 x double> %t10, %t8
          store <4 x double> %t11, ptr %t9
          ret void
        }
    """

    def __init__(self, program: Program, lanes: int, batched_outputs: Sequence[int], shared_outputs: Sequence[int]):
        self.program, self.lanes = program, lanes
        self.batched, self.late = program.batched_slots(), after_reduction(program)
        self.n = len(program.names)
        self.vector = f"<{lanes} x double>" if lanes > 1 else "double"
        self.batched_outputs, self.shared_outputs = batched_outputs, shared_outputs
        inputs = [i for i in range(self.n) if self.batched[i]]
        self.input_row = {slot: row for row, slot in enumerate(inputs)}
        self.parameter = {slot: at for at, slot in enumerate(i for i in range(self.n) if not self.batched[i])}
        self.pairs = _pairs(program)
        self.functions: list[str] = []
        self.bodies: list[Body] = []
        # scratch memory, in vectors: sums over samples first, then what is carried between functions
        self.reductions = [s for s, i in enumerate(program.instructions, self.n) if i.op in REDUCING]
        self.at = {slot: k for k, slot in enumerate(self.reductions)}
        self.adds_lanes = bool(self.reductions) and lanes > 1
        # room for whole groups of sums, as their lanes are added in groups
        self.scratch_size = -(-len(self.reductions) // lanes) * lanes

    def module(self) -> str:
        chunks = [list(self._chunks(part)) for part in self._parts()]
        if self.batched_outputs and not chunks[1]:
            chunks[1] = [[]]
        self.loops = bool(chunks[1])  # over the samples
        self._carried(chunks)
        names: list[list[str]] = [[], [], []]
        for part, lanes in ((0, 1), (1, self.lanes), (2, 1)):
            for k, chunk in enumerate(chunks[part]):
                names[part].append(f"part{part}_{k}")
                self._function(names[part][-1], chunk, lanes, part == 1 and k == len(chunks[1]) - 1)
        self._run(names)
        text = link(self.functions, self.bodies, inline=len(self.program.instructions) < CHUNK)
        return f"{text}\nattributes #0 = {{ {ATTRIBUTES} }}"

    def _parts(self) -> list[list[int]]:
        """Return the slots to fill before the loop over samples, in it, and after it; pairs stand together."""
        parts: list[list[int]] = [[], [], []]
        seconds = set(self.pairs.values())
        for slot, instruction in enumerate(self.program.instructions, self.n):
            if instruction.op is ops.constant or slot in seconds:
                continue
            part = parts[2 if self.late[slot] else 0]
            if self.batched[slot] or instruction.op in REDUCING:
                part = parts[1]
            part.append(slot)
            if slot in self.pairs:
                part.append(self.pairs[slot])
        return parts

    def _chunks(self, part: Sequence[int]) -> Iterator[list[int]]:
        chunk: list[int] = []
        size = 0
        for slot in part:
            chunk.append(slot)
            size += len(self._operands(slot))
            if size >= CHUNK and slot not in self.pairs:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk

    def _carried(self, chunks: Sequence[Sequence[Sequence[int]]]) -> None:
        """Give a place in scratch memory to every slot that is used outside of the function that fills it."""
        home = {slot: chunk[0] for part in chunks for chunk in part for slot in chunk}
        outputs = [*self.batched_outputs, *self.shared_outputs]
        uses = [(i, home[s]) for part in chunks for chunk in part for s in chunk for i in self._operands(s)]
        for slot, where in [*uses, *((i, -1) for i in outputs)]:
            if slot in home and home[slot] != where and slot not in self.at:
                self.at[slot] = self.scratch_size
                self.scratch_size += 1

    def _operands(self, slot: int) -> tuple[int, ...]:
        return self.program.instructions[slot - self.n].operands

    def _function(self, name: str, chunk: Sequence[int], lanes: int, last: bool) -> None:
        b = Body(lanes)
        self.bodies.append(b)
        written = _Chunk(self, b)
        for slot in chunk:
            written.write(slot)
        if last:
            for slot in {*self.batched_outputs} & {*self.input_row}:  # an output that is an input
                written.store_output(slot)
        self.functions.append(
            f"define internal void @{name}(ptr noalias %X, ptr noalias %P, ptr noalias %Y, ptr noalias %F, "
            f"ptr noalias %V, i64 %ld) noinline #0 {{\n{b.text()}\n  ret void\n}}"
        )

    def _run(self, names: Sequence[Sequence[str]]) -> None:
        """Write the entry: the parts in order, the loop over blocks, the sums across lanes, the step."""
        before, within, behind = names
        lines = ["define void @run(ptr %record) #0 {", "entry:", *fields(_RECORD), *_calls(before, "%X", "%Y")]
        if within:
            lines += self._loop(within)
        lines += _calls(behind, "%X", "%Y")
        b = Body(1)
        self.bodies.append(b)
        chunk = _Chunk(self, b)
        for at, slot in enumerate(self.shared_outputs):
            chunk.store(chunk.value(slot), "double", "%F", at)
        lines += [b.text(), *self._step(len(self.shared_outputs)), "  ret void", "}"]
        self.functions += ["declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)", "\n".join(lines)]

    def _loop(self, names: Sequence[str]) -> Iterator[str]:
        """The loop over blocks of samples; the last block, which may not be full, comes first."""
        lanes, n_sums = self.lanes, len(self.reductions)
        yield f"  call void @llvm.memset.p0.i64(ptr %V, i8 0, i64 {n_sums * lanes * 8}, i1 false)"
        yield "  %last = sub i64 %blocks, 1"
        yield f"  %tail = mul i64 %last, {lanes}"
        yield "  br label %block"
        yield "block:"
        yield "  %k = phi i64 [ -1, %entry ], [ %next, %summed ]"
        yield "  %first = icmp slt i64 %k, 0"
        yield f"  %full = mul i64 %k, {lanes}"
        yield "  %offset = select i1 %first, i64 %tail, i64 %full"
        yield "  %x = getelementptr double, ptr %X, i64 %offset"
        yield "  %y = getelementptr double, ptr %Y, i64 %offset"
        yield from _calls(names, "%x", "%y")
        yield from self._masked() if self.adds_lanes else ["  br label %summed"]
        yield "summed:"
        yield "  %next = add i64 %k, 1"
        yield "  %more = icmp slt i64 %next, %last"
        yield "  br i1 %more, label %block, label %done"
        yield "done:"
        if self.adds_lanes:
            yield from self._lane_sums()

    def _masked(self) -> Iterator[str]:
        """After the first block, clear the lanes that hold no sample in every sum."""
        lanes, vector = self.lanes, self.vector
        yield f"  %partial = icmp slt i64 %valid, {lanes}"
        yield "  %clear = and i1 %first, %partial"
        yield "  br i1 %clear, label %mask, label %summed"
        yield "mask:"
        yield f"  %v = insertelement <{lanes} x i64> poison, i64 %valid, i64 0"
        yield f"  %vs = shufflevector <{lanes} x i64> %v, <{lanes} x i64> poison, <{lanes} x i32> zeroinitializer"
        counts = ", ".join(f"i64 {i}" for i in range(lanes))
        yield f"  %counts = icmp slt <{lanes} x i64> <{counts}>, %vs"
        yield "  br label %masking"
        yield "masking:"
        yield "  %j = phi i64 [ 0, %mask ], [ %j1, %masking ]"
        yield f"  %p = getelementptr {vector}, ptr %V, i64 %j"
        yield f"  %s = load {vector}, ptr %p"
        yield f"  %kept = select <{lanes} x i1> %counts, {vector} %s, {vector} zeroinitializer"
        yield f"  store {vector} %kept, ptr %p"
        yield "  %j1 = add i64 %j, 1"
        yield f"  %jc = icmp slt i64 %j1, {len(self.reductions)}"
        yield "  br i1 %jc, label %masking, label %summed"

    def _lane_sums(self) -> Iterator[str]:
        """Add the lanes of every sum, as many sums at a time as there are lanes; the totals stand behind."""
        lanes, vector = self.lanes, self.vector
        yield f"  %T = getelementptr double, ptr %V, i64 {self.scratch_size * lanes}"
        yield "  br label %adding"
        yield "adding:"
        yield "  %a = phi i64 [ 0, %done ], [ %a1, %adding ]"
        for i in range(lanes):
            yield f"  %ai{i} = add i64 %a, {i}"
            yield f"  %ap{i} = getelementptr {vector}, ptr %V, i64 %ai{i}"
            yield f"  %av{i} = load {vector}, ptr %ap{i}"
        lines, total = _transposed_sum(vector, lanes, [f"%av{i}" for i in range(lanes)])
        yield from lines
        yield "  %tp = getelementptr double, ptr %T, i64 %a"
        yield f"  store {vector} {total}, ptr %tp, align 8"
        yield f"  %a1 = add i64 %a, {lanes}"
        yield f"  %ac = icmp slt i64 %a1, {len(self.reductions)}"
        yield "  br i1 %ac, label %adding, label %added"
        yield "added:"

    def _step(self, n_outputs: int) -> Iterator[str]:
        """parameters −= rate · gradients, if there is anything to move."""
        yield "  %any = icmp sgt i64 %moved, 0"
        yield f"  %from = sub i64 {n_outputs}, %moved"
        yield "  %G = getelementptr double, ptr %F, i64 %from"
        yield "  br i1 %any, label %moving, label %end"
        yield "moving:"
        # what was the last block before is found by its label: the entry, or where the sums were added
        yield f"  %m = phi i64 [ 0, %{self._before_step()} ], [ %m1, %moving ]"
        yield "  %pp = getelementptr double, ptr %P, i64 %m"
        yield "  %gp = getelementptr double, ptr %G, i64 %m"
        yield "  %pv = load double, ptr %pp"
        yield "  %gv = load double, ptr %gp"
        yield "  %d = fmul double %rate, %gv"
        yield "  %new = fsub double %pv, %d"
        yield "  store double %new, ptr %pp"
        yield "  %m1 = add i64 %m, 1"
        yield "  %mc = icmp slt i64 %m1, %moved"
        yield "  br i1 %mc, label %moving, label %end"
        yield "end:"

    def _before_step(self) -> str:
        if not self.loops:
            return "entry"
        return "added" if self.adds_lanes else "done"


def _calls(names: Sequence[str], x: str, y: str) -> list[str]:
    """Return calls of functions on samples that begin at x, with outputs that begin at y."""
    return [f"  call void @{name}(ptr {x}, ptr %P, ptr {y}, ptr %F, ptr %V, i64 %ld)" for name in names]


def _transposed_sum(vector: str, lanes: int, names: Sequence[str]) -> tuple[list[str], str]:
    """Return lines that add up the lanes of each vector, and the name of the vector of these sums.

    Pairs of vectors become one, of sums of neighbours, then of neighbours twice as far apart, …

        >>> lines, total = _transposed_sum("<2 x double>", 2, ["%a", "%b"])
        >>> print(total, *lines, sep="\\n")
        %s1_0
          %s1_0l = shufflevector <2 x double> %a, <2 x double> %b, <2 x i32> <i32 0, i32 2>
          %s1_0h = shufflevector <2 x double> %a, <2 x double> %b, <2 x i32> <i32 1, i32 3>
          %s1_0 = fadd <2 x double> %s1_0l, %s1_0h
    """
    lines: list[str] = []
    step = 1
    while len(names) > 1:
        firsts = [i for i in range(lanes) if not i & step]
        low = [i + half for k in range(0, len(firsts), step) for half in (0, lanes) for i in firsts[k : k + step]]
        high = [i + step for i in low]
        pairs = []
        for k in range(0, len(names), 2):
            both, name = f"{vector} {names[k]}, {vector} {names[k + 1]}", f"%s{step}_{k}"
            lines.append(f"  {name}l = shufflevector {both}, <{lanes} x i32> <{_indices(low)}>")
            lines.append(f"  {name}h = shufflevector {both}, <{lanes} x i32> <{_indices(high)}>")
            lines.append(f"  {name} = fadd {vector} {name}l, {name}h")
            pairs.append(name)
        names, step = pairs, 2 * step
    return lines, names[0]


def _pairs(program: Program) -> dict[int, int]:
    """Return the slots that are computed together: sin and cos, tanh and 1/cosh² of the same number; earlier first."""
    slots = {(i.op, i.operands[-1]): s for s, i in enumerate(program.instructions, len(program.names)) if i.operands}
    partner = {ops.sin: ops.cos, ops.tanh: sech2}
    pairs = [(slot, slots.get((partner[op], x))) for (op, x), slot in slots.items() if op in partner]
    return {min(slot, other): max(slot, other) for slot, other in pairs if other is not None}


def _indices(numbers: Sequence[int]) -> str:
    return ", ".join(f"i32 {i}" for i in numbers)


class _Chunk:
    """The body of one function: what is in registers, and where the rest is loaded from."""

    def __init__(self, writer: StraightLineText, b: Body):
        self.writer, self.b = writer, b
        self.names: dict[int, str] = {}

    def value(self, slot: int) -> str:
        """Return the name of a slot's value, loading it on its first use here."""
        name = self.names.get(slot)
        if name is None:
            name = self.names[slot] = self._loaded(slot)
        return name

    def _loaded(self, slot: int) -> str:
        w, b = self.writer, self.b
        instruction = w.program.instruction(slot)
        if instruction is not None and instruction.op is ops.constant:
            return b.splat(instruction.number)
        if slot in w.input_row:
            offset = b.emit(f"mul i64 %ld, {w.input_row[slot]}")
            pointer = b.emit(f"getelementptr double, ptr %X, i64 {offset}")
            return b.emit(f"load {b.vector}, ptr {pointer}, align 8")
        if slot in w.parameter:
            pointer = b.emit(f"getelementptr double, ptr %P, i64 {w.parameter[slot]}")
            return b.broadcast(b.emit(f"load double, ptr {pointer}, align 8"))
        if instruction is not None and instruction.op in REDUCING and w.lanes > 1:
            total = w.scratch_size * w.lanes + w.at[slot]
            pointer = b.emit(f"getelementptr double, ptr %V, i64 {total}")
            return b.broadcast(b.emit(f"load double, ptr {pointer}, align 8"))
        pointer = self._scratch(slot)
        if w.batched[slot]:
            return b.emit(f"load {b.vector}, ptr {pointer}, align {8 * b.lanes}")
        return b.broadcast(b.emit(f"load double, ptr {pointer}, align 8"))

    def _scratch(self, slot: int) -> str:
        """Every slot has room for a vector, also those that are one number for all samples."""
        return self.b.emit(f"getelementptr double, ptr %V, i64 {self.writer.at[slot] * self.writer.lanes}")

    def store(self, name: str, kind: str, base: str, index: int) -> None:
        pointer = self.b.emit(f"getelementptr {kind}, ptr {base}, i64 {index}")
        self.b.line(f"store {kind} {name}, ptr {pointer}, align 8")

    def write(self, slot: int) -> None:
        """Write the instruction that fills a slot, and store it where others look for it."""
        w, b = self.writer, self.b
        op, operands, _ = w.program.instructions[slot - w.n]
        if op in REDUCING:
            self._reduce(slot, operands, op is batch_dot)
            return
        if slot not in self.names and slot in w.pairs:
            pair = "sincos" if op in (ops.sin, ops.cos) else "tanh_sech2"
            first, second = emit_pair(b, pair, self.value(operands[-1]))
            in_order = op in (ops.sin, ops.tanh)
            self.names[slot], self.names[w.pairs[slot]] = (first, second) if in_order else (second, first)
        elif slot not in self.names:
            self.names[slot] = self._operation(op, operands)
        name = self.names[slot]
        if slot in w.at:
            b.line(f"store {b.vector} {name}, ptr {self._scratch(slot)}, align {8 * b.lanes}")
        if slot in w.batched_outputs:
            self.store_output(slot)

    def store_output(self, slot: int) -> None:
        """Store a batched slot to each row of the outputs that it is."""
        b, name = self.b, self.value(slot)
        for row, output in enumerate(self.writer.batched_outputs):
            if output == slot:
                offset = b.emit(f"mul i64 %ld, {row}")
                pointer = b.emit(f"getelementptr double, ptr %Y, i64 {offset}")
                b.line(f"store {b.vector} {name}, ptr {pointer}, align 8")

    def _operation(self, op: ops.Operation, operands: Sequence[int]) -> str:
        b, values = self.b, [self.value(i) for i in operands]
        if op is broadcast:
            return values[0]
        if op is sech2:
            return emit_pair(b, "tanh_sech2", values[1])[1]
        if op not in FOLDS:
            return emit_operation(b, op, values)
        if op is DOT:
            return self._dot(values)
        if op is LOGSUMEXP:
            return _logsumexp(b, values)
        total = values[0]
        for x in values[1:]:
            total = b.fadd(total, x)
        return total if op is SUM else b.fdiv(total, b.splat(float(len(values))))

    def _dot(self, values: Sequence[str], start: str = "") -> str:
        """Add up products, long sums in several chains: in one, each product would wait for the one before."""
        b, n = self.b, len(values) // 2
        chains = [values[-1] if len(values) % 2 else start, *[""] * (n // LONG)]
        for k, (x, y) in enumerate(zip(values[:n], values[n:])):
            at = k % len(chains)
            chains[at] = b.fma(x, y, chains[at]) if chains[at] else b.fmul(x, y)
        total = chains[0]
        for chain in chains[1:]:
            total = b.fadd(total, chain)
        return total

    def _reduce(self, slot: int, operands: Sequence[int], dot: bool) -> None:
        """Add this block's contribution to a sum over samples, lane by lane."""
        b, pointer = self.b, self._scratch(slot)
        so_far = b.emit(f"load {b.vector}, ptr {pointer}, align {8 * b.lanes}")
        values = [self.value(i) for i in operands]
        total = self._dot(values, so_far) if dot else b.fadd(so_far, values[0])
        b.line(f"store {b.vector} {total}, ptr {pointer}, align {8 * b.lanes}")


def _logsumexp(b: Body, values: Sequence[str]) -> str:
    """Shifted by the maximum, which is 0 where it is not finite; its exp is the 1 of log1p."""
    top, others = values[0], []
    for x in values[1:]:  # of every pair the smaller: in the end all but the maximum
        others.append(emit_operation(b, ops.minimum, [top, x]))
        top = emit_operation(b, ops.maximum, [top, x])
    finite = b.compare("olt", b.intrinsic("fabs", top), f"{b.splat(float('inf'))}")
    shift = b.select(finite, top, b.splat(0.0))
    total = b.splat(0.0)
    for x in others:
        total = b.fadd(total, b.call_helper("exp", b.fsub(x, shift)))
    return b.select(finite, b.fadd(shift, b.call_helper("log1p", total)), top)
