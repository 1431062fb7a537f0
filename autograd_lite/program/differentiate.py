"""The chain rule from program to program: the gradients are more instructions.

The result is a straight-line program like any other: it can be printed, simplified,
exported, compiled, and differentiated again.
"""

from __future__ import annotations

from collections.abc import Sequence

from .chain_rule import Cotangent, Graph
from .collector import collector_paused
from .program import Builder, Program


@collector_paused()
def differentiate(
    program: Program,
    wrt: Sequence[int],
    *,
    first: int | None = None,
    inverse_count: int | None = None,
    each_sample: bool = False,
) -> Program:
    """Return the program that also computes ∂(Σ outputs)/∂slot for every slot of ``wrt``.

    The sum is over the ``first`` outputs; None means all. The outputs are those of ``program``, then the
    gradients. A gradient with respect to a shared input is summed over the samples. ``inverse_count`` is the
    input that holds 1/n, if there is one (see ``passes.reduce_outputs``): n times it is 1. With
    ``each_sample`` an output that is the same for all samples counts once for each.

        >>> from autograd_lite import Value
        >>> x, y = Value(3.0, "x"), Value(2.0, "y")
        >>> print(differentiate(Program.capture([x, y], [x * y + y]), [0, 1]))
        %0 = x
        %1 = y
        %2 = %0 × %1
        %3 = %2 + %1
        %4 = 1
        %5 = sum(%4, %0)
        return %3, %1, %5
    """
    builder = Builder(program.names, program.batched)
    slots = builder.write(program)
    outputs = [slots[i] for i in program.outputs]
    # the forward part in its own numbering, as the builder may have merged or folded some of it
    batched = Program(program.names, program.batched, tuple(builder.instructions), tuple(outputs)).batched_slots()
    graph = Graph(builder, batched, inverse_count)
    seeds = []
    for output in outputs[:first]:
        sums = each_sample and not batched[output]
        seeds.append((output, Cotangent(graph).take_up(graph.one, sums=sums)))
    return builder.program([*outputs, *graph.pull(seeds, [slots[i] for i in wrt])])
