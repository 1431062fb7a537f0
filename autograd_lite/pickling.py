"""Pickles of graphs: linear in the nodes, shared nodes shared, without recursion.

Pickle saves what a node refers to before the node, by calling itself: a chain a million deep would overflow the
stack. So the first node of a pickle brings along, in a list in front of it, all it was computed from,
parents before children; each of these finds its parents saved already. Pickle remembers what it has saved,
so nothing is saved twice.
"""

from __future__ import annotations

import threading
from typing import Any
from weakref import ref

from .graph import topological_order


class _Dump:
    """One pickle in the making: the nodes that are in it or in its lists, and those it has not come to yet."""

    __slots__ = ("seen", "pending", "__weakref__")

    def __init__(self) -> None:
        self.seen: set[Any] = set()
        self.pending: set[Any] = set()


class Ancestors:
    """What stands in front of a node: all it was computed from that is not in the pickle yet, in order."""

    __slots__ = ("nodes", "dump")

    def __init__(self, nodes: list[Any], dump: _Dump):
        self.nodes, self.dump = nodes, dump

    def __reduce__(self) -> Any:
        return list, (), None, iter(self.nodes)


class _Latest(threading.local):
    """The pickle this thread works at. A pickler keeps what it has saved, so it lives as long as that does."""

    dump: ref[_Dump] | None = None


_latest = _Latest()


def ancestors(node: Any) -> Ancestors | None:
    """Return what must be pickled in front of ``node``; None if its turn has come in such a list."""
    dump = None if _latest.dump is None else _latest.dump()
    if dump is not None and node in dump.pending:
        dump.pending.remove(node)
        return None
    if dump is None or node in dump.seen:  # one pickle never asks a node twice, so this is another
        dump = _Dump()
        _latest.dump = ref(dump)
    *before, _ = topological_order(node, seen=dump.seen)
    dump.pending.update(before)
    return Ancestors(before, dump)
