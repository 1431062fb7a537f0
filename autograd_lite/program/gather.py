"""Additions gathered: chains become one ``sum``, sums of products one ``dot``, products summed over the samples one
``batch_dot``, which is what ``vectorise`` turns into matrix products."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain, compress
from operator import not_

import numpy as np

from .. import ops
from .passes import DOT, SUM
from .program import Builder, Instruction, Program, at, batch_dot, batch_scatter, batch_sum, broadcast, scatter

UNWRITTEN = -1
MANY_DOTS = 4  # more dots than this stay whole in a sum
ADD, MUL = ops.add, ops.mul

Slots = tuple[int, ...]
# Factors as new slots, by kind: (left batched, right batched).
Pairs = dict[tuple[bool, bool], list[tuple[int, int]]]


def gather_sums(program: Program) -> Program:
    """Return the program with its additions gathered into ``sum``, ``dot`` and ``batch_dot``.

    >>> from autograd_lite import Value
    >>> w, v, x, y, b = (Value(1.0, name) for name in "wvxyb")
    >>> print(gather_sums(Program.capture([w, v, x, y, b], [w * x + v * y + b])))
    %0 = w
    %1 = v
    %2 = x
    %3 = y
    %4 = b
    %5 = 1
    %6 = dot(%0, %1, %4, %2, %3, %5)
    return %6

    A shared factor of a product stands left, a batched one right; a bias is a weight on the constant 1.
    """
    return _Sums(program).gathered()


class _Sums:
    """Writes one program anew; a sum is taken apart into its terms, which are put together by what they are.

    Of w·x + (v·y + b) − u, the inner sum is used once and so is no sum of its own: the terms are w·x, v·y, b and −u.
    The products are pairs of one kind, shared times batched, say, and become a dot, which b joins as b·1; what remains
    is plain, and negated: dot(w, v, b, x, y, 1) − u. Where all factors are batched and a ``batch_sum`` follows, as in
    the gradient of w, Σ over samples of g·x is the ``batch_dot`` of g and x.
    """

    def __init__(self, program: Program):
        self.program, self.batched = program, program.batched_slots()
        self.builder = Builder(program.names, program.batched)
        self.slots = list(range(len(program.names)))  # old slot -> new slot
        self.instructions = [*[None for _ in program.names], *program.instructions]
        self.uses = self._counted()
        for i in program.outputs:
            self.uses[i] += 2
        added = self._counted(ADD, SUM, batch_sum)  # how often a slot is used as the term of a sum, also over samples
        summed = self._counted(ADD, SUM)  # not over samples
        # sums that are used once, by a sum
        self.in_sum = [
            uses == times == 1 and i is not None and i.op in (ADD, SUM)
            for uses, times, i in zip(self.uses, summed, self.instructions)
        ]
        self.only_added = [uses == times for uses, times in zip(self.uses, added)]
        # the left factors of products that are summed over the samples
        summed_over = [operands[0] for op, operands, _ in program.instructions if op is batch_sum]
        self.batch_products = {slot: self._batch_product(slot) for slot in summed_over}
        self.lefts = {lefts for lefts, _ in filter(None, self.batch_products.values())}

    def _counted(self, *kinds: ops.Operation) -> list[int]:
        """Return how often each slot is an operand, of these kinds of instructions or of any."""
        operands = [operands for op, operands, _ in self.program.instructions if not kinds or op in kinds]
        slots = np.fromiter(chain.from_iterable(operands), np.intp)
        counts: list[int] = np.bincount(slots, minlength=len(self.batched)).tolist()
        return counts

    def _inner(self, slot: int, kinds: Sequence[ops.Operation]) -> Instruction | None:
        """Return the instruction of a slot if it is one of ``kinds`` and can become part of the sums it is in.

        A product may be written into several sums; whatever is not needed by itself then, dead code takes away.
        """
        instruction = self.instructions[slot]
        if instruction is None or instruction.op not in kinds:
            return None
        return instruction if self.uses[slot] == 1 or (instruction.op is MUL and self.only_added[slot]) else None

    def gathered(self) -> Program:
        for slot, instruction in enumerate(self.program.instructions, start=len(self.program.names)):
            if self.in_sum[slot]:
                self.slots.append(UNWRITTEN)  # the sum it is part of writes its terms; nothing else uses it
            elif instruction.op is MUL and self.only_added[slot]:
                self.slots.append(UNWRITTEN)  # most become pairs of dots
            elif instruction.op in (ADD, SUM, DOT):
                self.slots.append(self._sum(slot))
            elif instruction.op is batch_sum:
                self.slots.append(self._batch_sum(instruction.operands[0]))
            else:
                self.slots.append(self._call(instruction))
        return self.builder.program([self._slot(i) for i in self.program.outputs])

    def _slot(self, slot: int) -> int:
        """Return the new slot of an old one, which is written now if nobody asked for it before."""
        if self.slots[slot] == UNWRITTEN:
            instruction = self.instructions[slot]
            assert instruction is not None
            self.slots[slot] = self._call(instruction)
        return self.slots[slot]

    def _moved(self, slots: Slots) -> Slots:
        """Return the new slots of old ones."""
        moved = at(self.slots, slots)
        return tuple(map(self._slot, slots)) if UNWRITTEN in moved else moved

    def _terms(self, slot: int) -> list[int]:
        """Return the old slots whose sum ``slot`` is, through sums that are used once."""
        instruction = self.instructions[slot]
        if instruction is None or instruction.op not in (ADD, SUM):
            return [slot]
        terms, stack = [], list(reversed(instruction.operands))
        while stack:
            i = stack.pop()
            inner = self._inner(i, (ADD, SUM))
            if inner is None:
                terms.append(i)
            else:
                stack.extend(reversed(inner.operands))
        return terms

    def _sum(self, slot: int) -> int:
        """Write a sum or a dot: a dot for each kind of pairs, the rest as one sum, less what is negated."""
        pairs, plain = self._taken_apart(slot)
        if len(pairs) == 1 and not plain:
            return self._dot(*pairs.values())
        negated = {i: inner.operands[0] for i in plain if (inner := self._inner(i, (ops.neg,)))}
        positive = [i for i in plain if i not in negated]
        added = self._added(positive, [(any(kind), self._dot(each)) for kind, each in pairs.items()])
        if not negated:
            return self._total(added)
        subtracted = self._total(self._added([negated[i] for i in plain if i in negated], []))
        if not added:
            return self.builder.emit(ops.neg, (subtracted,))
        return self.builder.emit(ops.sub, (self._total(added), subtracted))

    def _taken_apart(self, slot: int) -> tuple[Pairs, list[int]]:
        """Return the pairs and the other terms (old slots) whose sum ``slot`` is."""
        pairs: Pairs = {}
        plain: list[int] = []
        terms = self._terms(slot)
        products = self._products(slot, terms)
        for i in terms:
            if i not in products:
                plain.append(i)
                continue
            lefts, rights, bias = _factors(products[i].operands)
            self._add_pairs(pairs, lefts, rights)
            if bias and self.batched[bias[0]]:
                plain += bias  # a bias of its own for every sample is no weight
            elif bias:
                self._add_bias(pairs, bias[0])
        if not pairs:
            return pairs, plain
        for i in filter(self._is_weight, plain):
            self._add_bias(pairs, i)
        return pairs, [i for i in plain if not self._is_weight(i)]

    def _is_weight(self, slot: int) -> bool:
        return self.instructions[slot] is None and not self.batched[slot]

    def _products(self, slot: int, terms: Sequence[int]) -> dict[int, Instruction]:
        """Return which terms of ``slot`` become pairs: products and dots that it alone uses."""
        whole = self.instructions[slot]
        if whole is not None and whole.op is DOT:
            return {slot: whole}
        once = [i for i, times in Counter(terms).items() if times == 1] if len(set(terms)) < len(terms) else terms
        products = {i: inner for i in once if (inner := self._inner(i, (MUL, DOT)))}
        dots = [i for i, inner in products.items() if inner.op is DOT]
        if len(products) == 1 and not dots:
            return {}  # one product and a sum: nothing to gather
        if len(dots) <= MANY_DOTS:
            return products
        # rather a sum over rows of one matrix product
        return {i: inner for i, inner in products.items() if inner.op is MUL}

    def _added(self, terms: Sequence[int], dots: Sequence[tuple[bool, int]]) -> list[int]:
        """Return the new slots to add up; what is the same for all samples is added up by itself.

        ``dots`` are pairs (batched, new slot). A sum of many must not mix what is batched with what is not.
        """
        parts = [*dots, *((self.batched[i], self._slot(i)) for i in terms)]
        shared = [slot for batched, slot in parts if not batched]
        per_sample = [slot for batched, slot in parts if batched]
        if shared and per_sample:
            return [self._total(per_sample), self._total(shared)]
        return per_sample or shared

    def _total(self, parts: Sequence[int]) -> int:
        zero = self.builder.constant(0.0)
        if zero in parts or len(set(parts)) < len(parts):
            times = Counter(i for i in parts if i != zero)
            parts = [self.builder.emit(MUL, (self.builder.constant(float(k)), i)) for i, k in times.items()] or [zero]
        if len(parts) == 1:
            return parts[0]
        return self.builder.emit(ADD if len(parts) == 2 else SUM, tuple(parts))

    def _add_pairs(self, pairs: Pairs, lefts: Slots, rights: Slots) -> None:
        """File products under (left batched, right batched); one that is batched stands right of one that is not."""
        batched, batched_right = at(self.batched, lefts), at(self.batched, rights)
        if len({*zip(batched, batched_right)}) > 1:
            for left, right in zip(lefts, rights):
                self._add_pairs(pairs, (left,), (right,))
        elif batched[0] and not batched_right[0]:
            self._add_pairs(pairs, rights, lefts)
        else:
            kind = batched[0], batched_right[0]
            pairs.setdefault(kind, []).extend(zip(self._moved(lefts), self._moved(rights)))

    def _add_bias(self, pairs: Pairs, bias: int) -> None:
        """File a number that all samples share as a product with 1: it joins the weights, whatever they multiply."""
        kinds = [kind for kind in pairs if not kind[0]] or [(False, False)]
        pairs.setdefault(kinds[-1], []).append((self._slot(bias), self.builder.constant(1.0)))

    def _dot(self, pairs: Sequence[tuple[int, int]]) -> int:
        if len(pairs) == 1:
            return self.builder.emit(MUL, pairs[0])
        lefts, rights = zip(*sorted(pairs))  # dots of the same numbers must list them in the same order
        return self.builder.emit(DOT, lefts + rights)

    def _batch_product(self, slot: int) -> tuple[Slots, Slots] | None:
        """Return the factors of the products ``slot`` sums, if both are batched (a right one may be a number)."""
        pairs: list[tuple[int, int]] = []
        for i in self._terms(slot) if self._inner(slot, (ADD, SUM, MUL, DOT)) else []:
            product = self._inner(i, (MUL, DOT))
            if product is None or len(product.operands) % 2:  # a dot with a bias is not products alone
                return None
            pairs += zip(*_factors(product.operands)[:2])
        lefts, rights = tuple(zip(*sorted(pairs))) or ((), ())
        of_rights = at(self.batched, rights)
        if not any(of_rights) or not all(at(self.batched, lefts)):
            return None
        return (lefts, rights) if all(map(self._is_constant, compress(rights, map(not_, of_rights)))) else None

    def _is_constant(self, slot: int) -> bool:
        instruction = self.instructions[slot]
        return instruction is not None and instruction.op is ops.constant

    def _batch_sum(self, slot: int) -> int:
        instruction = self.instructions[slot]
        if instruction is not None and instruction.op is scatter:
            return self._call(Instruction(batch_scatter, instruction.operands))
        product = self.batch_products[slot]
        if product:
            lefts, rights = map(self._moved, product)
            return self.builder.emit(batch_dot, lefts + rights)
        for terms in ([slot], sorted(self._terms(slot))):
            if tuple(terms) in self.lefts:  # the gradient of a bias, beside those of the weights
                ones = [self.builder.constant(1.0)] * len(terms)
                return self.builder.emit(batch_dot, (*[self._slot(i) for i in terms], *ones))
        return self.builder.emit(batch_sum, (self._slot(slot),))

    def _call(self, instruction: Instruction) -> int:
        """Copy an instruction; operands of one with any number of them are all batched or all shared.

        The index of a ``choose`` stands beside them.
        """
        op, operands, number = instruction
        if op is ops.constant:
            return self.builder.constant(number)
        alone = 1 if op is ops.choose else 0
        slots = list(self._moved(operands))
        if op.arity < 0 and len({*at(self.batched, operands[alone:])}) == 2:
            slots[alone:] = [
                slot
                if self.batched[i] or self.builder.number(slot) is not None
                else self.builder.emit(broadcast, (slot,))
                for i, slot in zip(operands[alone:], slots[alone:])
            ]
        return self.builder.emit(op, tuple(slots))


def _factors(operands: Slots) -> tuple[Slots, Slots, Slots]:
    """Return the left and the right factors of a product or a dot, and the bias of a dot if it has one."""
    n = len(operands) // 2
    return operands[:n], operands[n : 2 * n], operands[2 * n :]
