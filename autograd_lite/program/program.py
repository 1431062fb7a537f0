"""A captured graph as a straight-line program: numbered instructions, each an operation of the table.

With this module, one can,

- take the program of a graph that is there: ``Program.capture([x, w], [y])``;
- print it as a numbered listing, pickle it, evaluate it on numbers;
- build one instruction by instruction: ``Builder`` shares what is computed twice and folds constants.

Every slot is assigned once. The inputs come first, then the instructions. An input is *batched* when it
holds one number per sample, else *shared* by all samples (a parameter); what is computed from shared
slots alone is shared too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from .. import ieee, ops
from ..expression import digits
from ..graph import topological_order
from ..hints import inert
from ..ops import Operation
from ..value import Value

X = TypeVar("X")


# What a program has beyond the table; the names tell pickle where to find each.
def _program_operation(name: str) -> Operation:
    return {op.name: op for op in PROGRAM_OPERATIONS}[name]


def _line(
    name: str, value: Callable[..., float], partials: Callable[..., Any] | None, arity: int, **facts: Any
) -> Operation:
    return Operation(name, value, partials, arity=arity, origin=(_program_operation, (name,)), **facts)


# The sum over the samples of a batch, from a batched slot to a shared one, and back: the same number for
# every sample. For one sample both are the identity.
batch_sum = _line("batch_sum", lambda x: x, lambda out, x: 1.0, 1)
broadcast = _line("broadcast", lambda x: x, lambda out, x: 1.0, 1)
# Σ over samples and pairs of leftᵢ·rightᵢ: the gradient of a weight.
batch_dot = _line("batch_dot", ops.TABLE["dot"].value, ops.TABLE["dot"].partials, -1)
# Of a place, whole numbers, and as many cotangents: the sum of the cotangents whose number is the place. It is what
# comes back to one choice of a ``choose`` from all that chose among the same.
scatter = _line(
    "scatter", lambda place, *pairs: _scattered(place, pairs), lambda out, place, *pairs: (0.0, *_chosen(place, pairs)),
    -1, routes=True,
)  # fmt: skip
batch_scatter = _line("batch_scatter", scatter.value, scatter.partials, -1, routes=True)
# 1/cosh²(x) where y = tanh(x) is there already: 1 − y² wherever that keeps its digits.
sech2 = _line("sech2", lambda y, x: ieee.sech2(x), None, 2)
# What a transform differentiates in while a function is recorded: the number of its operand, and never shared.
variable = _line("variable", lambda x: x, lambda out, x: 1.0, 1)

REDUCING = (batch_sum, batch_dot, batch_scatter)
PROGRAM_OPERATIONS = (batch_sum, batch_dot, broadcast, scatter, batch_scatter, sech2, variable)


def scattered(operands: tuple[X, ...]) -> tuple[X, tuple[X, ...], tuple[X, ...]]:
    """Return the place, the numbers and the cotangents of a ``scatter``.

    >>> scattered((7.0, 7.0, 3.0, 0.5, 0.25))
    (7.0, (7.0, 3.0), (0.5, 0.25))
    """
    n = len(operands) // 2
    return operands[0], operands[1 : 1 + n], operands[1 + n :]


def _scattered(place: Any, pairs: tuple[Any, ...]) -> Any:
    _, numbers, cotangents = scattered((place, *pairs))
    return ops.sum_of([ops.where(ops.equal(i, place), g, 0.0) for i, g in zip(numbers, cotangents)])


def _chosen(place: Any, pairs: tuple[Any, ...]) -> list[Any]:
    _, numbers, _ = scattered((place, *pairs))
    return [*[0.0 for _ in numbers], *[ops.equal(i, place) for i in numbers]]


def is_known(op: Operation) -> bool:
    """Tell whether an operation is of the table, a constant power, or one that programs add."""
    return ops.TABLE.get(op.name) is op or op.origin is not None


class Instruction(NamedTuple):
    """``op`` on earlier slots; a constant has no operands and holds its ``number``."""

    op: Operation
    operands: tuple[int, ...]
    number: float = 0.0


_instruction = partial(tuple.__new__, Instruction)  # in half the time: programs are rewritten again and again


@dataclass(frozen=True, slots=True, repr=False)
class Program:
    """Inputs, instructions and outputs; slot ``i`` is input ``i``, slot ``len(names) + i`` instruction ``i``.

    >>> x, w = Value(3.0, "x"), Value(0.5, "w")
    >>> program = Program.capture([x, w], [(w * x).tanh() + x])
    >>> print(program)
    %0 = x
    %1 = w
    %2 = %1 × %0
    %3 = tanh(%2)
    %4 = %3 + %0
    return %4
    >>> program.evaluate([3.0, 0.5]) == [math.tanh(1.5) + 3.0]
    True
    """

    names: tuple[str, ...]
    batched: tuple[bool, ...]
    instructions: tuple[Instruction, ...]
    outputs: tuple[int, ...]

    @staticmethod
    def capture(inputs: Sequence[Value], outputs: Sequence[Value]) -> Program:
        """Return the program that computes ``outputs`` from ``inputs``; other leaves become constants.

        Raises ValueError if an input is not a leaf or is there twice, TypeError for what is no Value.
        """
        for what, nodes in (("an input", inputs), ("an output", outputs)):
            for x in nodes:
                if not isinstance(x, Value):
                    raise TypeError(f"{what} of a program must be a Value, got {x!r}")
        for i, x in enumerate(inputs):
            if x.parents:
                raise ValueError(f"an input of a program must be a leaf, but {x!r} was computed by {x.op}")
            if x in inputs[:i]:
                raise ValueError(f"inputs {inputs.index(x)} and {i} of a program are one Value ({x!r}): name it once")
        builder = Builder([x.label or f"x{i}" for i, x in enumerate(inputs)])
        slots: dict[Any, int] = {x: i for i, x in enumerate(inputs)}
        for node in topological_order(*outputs):
            if node.parents:
                assert node.op is not None
                slots[node] = builder.emit(node.op, tuple([slots[parent] for parent in node.parents]))
            elif node not in slots:
                slots[node] = builder.constant(node.data)
        return builder.program([slots[y] for y in outputs])

    def evaluate(self, numbers: Sequence[float]) -> list[float]:
        """Return the outputs for one sample, by the table's own rules: slow, and the truth for every back end."""
        if len(numbers) != len(self.names):
            raise ValueError(f"expected {len(self.names)} numbers, got {len(numbers)}")
        slots = [ops.as_number(x) for x in numbers]
        for op, operands, number in self.instructions:
            slots.append(number if op is ops.constant else op.value(*[slots[i] for i in operands]))
        return [slots[i] for i in self.outputs]

    def batched_slots(self) -> list[bool]:
        """Tell for every slot whether it holds one number per sample."""
        batched = set(compress(range(len(self.names)), self.batched))
        for slot, (op, operands, _) in enumerate(self.instructions, len(self.names)):
            if op is broadcast or (op not in REDUCING and not batched.isdisjoint(operands)):
                batched.add(slot)
        return [slot in batched for slot in range(len(self.names) + len(self.instructions))]

    def instruction(self, slot: int) -> Instruction | None:
        """Return the instruction that fills a slot; None for an input."""
        return self.instructions[slot - len(self.names)] if slot >= len(self.names) else None

    def __len__(self) -> int:
        """The number of operations: instructions that are not constants."""
        return sum(1 for instruction in self.instructions if instruction.op is not ops.constant)

    def __repr__(self) -> str:
        return f"<program; operations: {len(self)}, inputs: {len(self.names)}, outputs: {len(self.outputs)}>"

    def __str__(self) -> str:
        lines = [
            f"%{i} = {inert(name)} (batched)" if batched else f"%{i} = {inert(name)}"
            for i, (name, batched) in enumerate(zip(self.names, self.batched))
        ]
        for slot, (op, operands, number) in enumerate(self.instructions, start=len(self.names)):
            names = [f"%{i}" for i in operands]
            if op is ops.constant:
                text = digits(number)
            elif op.symbol != op.name and len(names) == 2:
                text = f"{names[0]} {op.symbol} {names[1]}"
            else:
                text = f"{op.name}({', '.join(names)})"
            lines.append(f"%{slot} = {text}")
        return "\n".join([*lines, f"return {', '.join(f'%{i}' for i in self.outputs)}"])


class Builder:
    """Writes a program. The same operation on the same slots is written once; constants are folded.

    >>> builder = Builder(["x"])
    >>> two = builder.emit(ops.add, (builder.constant(1.0), builder.constant(1.0)))
    >>> y = builder.emit(ops.mul, (0, two)); y == builder.emit(ops.mul, (0, two))
    True
    >>> print(builder.program([y]))
    %0 = x
    %1 = 2
    %2 = %0 × %1
    return %2
    """

    def __init__(self, names: Iterable[str], batched: Iterable[bool] | None = None):
        self.names = list(names)
        self.batched = [False] * len(self.names) if batched is None else list(batched)
        self.instructions: list[Instruction] = []
        self._n_inputs = len(self.names)
        self._known: dict[Any, int] = {}
        self._numbers: dict[int, float] = {}
        self._negated: dict[int, int] = {}  # the slot of -x -> that of x
        self._special: set[int] = set()  # the slots of both

    def constant(self, number: float) -> int:
        """Return the slot of a number."""
        key = (number, math.copysign(1.0, number)) if number == number else "nan"
        slot = self._known.get(key)
        if slot is None:
            slot = self._append(Instruction(ops.constant, (), number), key)
            self._numbers[slot] = number
            self._special.add(slot)
        return slot

    def number(self, slot: int) -> float | None:
        """Return the number in a slot if it is a constant."""
        return self._numbers.get(slot)

    def emit(self, op: Operation, operands: tuple[int, ...]) -> int:
        """Return the slot of ``op(operands)``, written now unless it is known already."""
        key = _key(op, operands)
        slot = self._known.get(key)
        if slot is None:
            if not self._special.isdisjoint(operands):
                slot = self._simpler(op, operands)
            if slot is None:
                slot = self._append(_instruction((op, operands, 0.0)), key)
                if op is ops.neg:
                    self._negated[slot] = operands[0]
                    self._special.add(slot)
            else:
                self._known[key] = slot
        return slot

    def variable(self, slot: int) -> int:
        """Return a slot of its own for the number in ``slot``."""
        return self._append(Instruction(variable, (slot,)), ("variable", len(self.instructions)))

    def copy(self, instruction: Instruction) -> int:
        """Return the slot of an instruction whose operands are slots of this program."""
        op, operands, number = instruction
        return self.constant(number) if op is ops.constant else self.emit(op, operands)

    def find(self, op: Operation, operands: tuple[int, ...]) -> int | None:
        """Return the slot of ``op(operands)`` if it is written already."""
        return self._known.get(_key(op, operands))

    def instruction(self, slot: int) -> Instruction | None:
        """Return the instruction that fills a slot; None for an input."""
        return self.instructions[slot - self._n_inputs] if slot >= self._n_inputs else None

    def write(self, program: Program, rule: Rule | None = None, among: Container[Operation] = ()) -> list[int]:
        """Write another program with the same first inputs; return where each of its slots is in this one.

        ``rule`` is asked of every instruction ``among`` whose operations its own is; their operands are slots of this
        program. It returns the slot of what it wrote instead, or None for a copy.
        """
        slots = list(range(len(program.names)))
        for op, operands, number in program.instructions:
            moved = at(slots, operands)
            slot = rule(self, Instruction(op, moved, number)) if rule and op in among else None
            if slot is None:
                slot = self.constant(number) if op is ops.constant else self.emit(op, moved)
            slots.append(slot)
        return slots

    def _simpler(self, op: Operation, operands: tuple[int, ...]) -> int | None:
        """Return what is folded, has lost a factor of ±1, or is the opposite of what is there, else None."""
        slot = None if self._numbers.keys().isdisjoint(operands) else self._folded(op, operands)
        if slot is None and not self._negated.keys().isdisjoint(operands):
            slot = self._opposite(op, operands)
        return slot

    def _opposite(self, op: Operation, operands: tuple[int, ...]) -> int | None:
        """Return −y, where y is there already and ``op(operands)`` is its opposite: (−a)·b where a·b is known.

        So the derivatives in a and in b of a function of a − b share what they have in common.
        """
        bodies = [self._negated.get(i, i) for i in operands]
        if op is ops.neg:
            return bodies[0]
        n_negated = sum(a != b for a, b in zip(bodies, operands))
        if n_negated != (1 if op is ops.mul else len(operands)) or op not in _ODD:
            return None
        y = self.find(op, tuple(bodies))
        return None if y is None else self.emit(ops.neg, (y,))

    def _folded(self, op: Operation, operands: tuple[int, ...]) -> int | None:
        numbers = list(map(self._numbers.get, operands))
        if None not in numbers and op not in PROGRAM_OPERATIONS:
            return self.constant(op.value(*numbers))
        if op is ops.mul and 1.0 in numbers:
            return operands[1 - numbers.index(1.0)]
        if op is ops.mul and -1.0 in numbers:
            return self.emit(ops.neg, (operands[1 - numbers.index(-1.0)],))
        if op is ops.where and numbers[0] is not None:
            return operands[1 if numbers[0] else 2]
        if op is ops.choose and numbers[0] is not None:
            at = ieee.nearest(numbers[0])
            return operands[1 + int(at)] if 0.0 <= at < len(operands) - 1 else self.constant(math.nan)
        return operands[0] if op is ops.div and numbers[1] == 1.0 else None

    def _append(self, instruction: Instruction, key: Any) -> int:
        slot = self._known[key] = self._n_inputs + len(self.instructions)
        self.instructions.append(instruction)
        return slot

    def program(self, outputs: Sequence[int]) -> Program:
        """Return the program written so far, without the instructions no output needs."""
        return dead_code(Program(tuple(self.names), tuple(self.batched), tuple(self.instructions), tuple(outputs)))


_ODD = (ops.mul, ops.add, ops.TABLE["sum"])  # −a times b, −a plus −b: what it is, negated


def at(numbers: Sequence[X], places: tuple[int, ...]) -> tuple[X, ...]:
    """Return the numbers at some places.

    >>> at([5, 7, 9], (2, 0))
    (9, 5)
    """
    # in half the time of a loop
    return itemgetter(*places)(numbers) if len(places) > 1 else tuple([numbers[i] for i in places])


def _key(op: Operation, operands: tuple[int, ...]) -> Any:
    """Return the key under which an instruction is known: a·b and b·a are the same number to the last bit."""
    if op is ops.mul and operands[0] > operands[1]:
        return op, operands[::-1]
    return op, operands


Rule = Callable[[Builder, Instruction], "int | None"]


def rewrite(program: Program, rule: Rule | None = None, among: Container[Operation] = ()) -> Program:
    """Return the program in which ``rule`` wrote what it has another way for, and all else is as it was.

    It is asked of the operations ``among``.

    Equal instructions are written once, constants are folded, and what no output needs goes.

    >>> doubled = Program(("x",), (False,), (Instruction(ops.add, (0, 0)),), (1,))
    >>> print(rewrite(doubled, lambda builder, i: builder.emit(ops.mul, (builder.constant(2.0), 0)), {ops.add}))
    %0 = x
    %1 = 2
    %2 = %1 × %0
    return %2
    """
    builder = Builder(program.names, program.batched)
    slots = builder.write(program, rule, among)
    return builder.program([slots[i] for i in program.outputs])


def replay(program: Program, operands: Sequence[Any]) -> list[Any]:
    """Return what a program computes of operands of any kind: numbers, nodes, symbols.

    >>> x = Value(3.0, "x")
    >>> [y.data for y in replay(Program.capture([x], [x * x, x + 1.0]), [x])]
    [9.0, 4.0]
    """
    slots = list(operands)
    for op, at, number in program.instructions:
        slots.append(number if op is ops.constant else op(*[slots[i] for i in at]))
    return [slots[i] for i in program.outputs]


def one_of_each(program: Program) -> Program:
    """Return a program of one instruction of each kind, on inputs of its own: what passes make of it, they make of all.

    >>> x, y = Value(3.0, "x"), Value(2.0, "y")
    >>> print(one_of_each(Program.capture([x, y], [x * y * (x * y * x)])))
    %0 = x1
    %1 = x2
    %2 = %0 × %1
    return %2
    """
    kinds = {(op, len(operands)): number for op, operands, number in program.instructions}
    n = max([count for _, count in kinds], default=0)
    instructions = [Instruction(op, tuple(range(count)), number) for (op, count), number in kinds.items()]
    names = [f"x{i}" for i in range(1, n + 1)]
    return Program(tuple(names), (False,) * n, tuple(instructions), tuple(range(n, n + len(instructions))))


def without_variables(program: Program) -> Program:
    """Return the program in which the variables of transforms are what they stand for."""
    if not any(instruction.op is variable for instruction in program.instructions):
        return program
    return rewrite(program, lambda builder, i: i.operands[0], {variable})


def dead_code(program: Program) -> Program:
    """Return the program without the instructions no output depends on. All inputs stay."""
    n = len(program.names)
    needed = bytearray(n + len(program.instructions))
    for slot in program.outputs:
        needed[slot] = 1
    for slot in range(len(needed) - 1, n - 1, -1):
        if needed[slot]:
            for i in program.instructions[slot - n].operands:
                needed[i] = 1
    moved = list(range(n))
    kept: list[Instruction] = []
    if all(needed[n:]):
        return program
    for slot, instruction in enumerate(program.instructions, start=n):
        moved.append(n + len(kept))
        if needed[slot]:
            op, operands, number = instruction
            kept.append(_instruction((op, at(moved, operands), number)) if operands else instruction)
    return Program(program.names, program.batched, tuple(kept), tuple(moved[i] for i in program.outputs))
