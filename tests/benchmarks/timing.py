"""Time contenders side by side so that the figures can be believed.

One process, one thread. Every contender first gives its answer, value and gradient, which is held to
an oracle; who is wrong is not timed. Then they take turns in rounds, and two of them are compared by the
ratios of their times within each round: a machine that slows down slows both. Given are the median and,
in brackets, the quartiles; the least time is the nearest to that of a quiet machine.
"""

import gc
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

TOLERANCE = 1e-10

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}
SLOWS_NUMPY = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # kernels chosen by hand for another version or machine


def one_thread():
    """Start this process again with one thread for every library, unless it runs so already."""
    wanted = {name: x for name, x in os.environ.items() if name not in SLOWS_NUMPY} | ONE_THREAD
    if wanted != dict(os.environ):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], wanted)


@dataclass
class Contender:
    """One way to do the work: ``run`` is timed; ``answer`` gives (value, gradient) to hold to the oracle.

    ``seconds`` tells the time of one call where it cannot be taken from outside; ``tolerance`` is how wrong the answer
    may be, larger in single precision.
    """

    run: Callable[[], Any]
    answer: Callable[[], tuple[Any, Any]]
    seconds: Callable[[], float] | None = None
    tolerance: float = TOLERANCE


@dataclass
class Target:
    """What ``ours`` is to reach: ``times`` the speed of ``peer``, or at most ``share`` of its time, or ``limit`` s.

    ``missed`` is the reason, where it is known why a run may fall short of it; printed when one does.
    """

    ours: str
    peer: str = ""
    times: float = 0.0
    share: float = 0.0
    limit: float = 0.0
    missed: str = ""


@dataclass
class Work:
    """A piece of work, how its contenders are built, and the targets. ``unit`` calls are one line's time."""

    title: str
    oracle: Callable[[], tuple[Any, Any]]
    contenders: dict[str, Callable[[], Contender]]
    targets: list[Target] = field(default_factory=list)
    unit: tuple[float, str] = (1.0, "")
    rounds: int = 25


def quartiles(xs):
    """Return (first quartile, median, third quartile).

    >>> quartiles([1.0, 2.0, 3.0, 4.0, 5.0])
    (2.0, 3.0, 4.0)
    """
    return tuple(statistics.quantiles(xs, n=4, method="inclusive")) if len(xs) > 1 else (xs[0],) * 3


def paired(slow, fast):
    """Return the quartiles of slow/fast, round by round."""
    return quartiles([a / b for a, b in zip(slow, fast, strict=True)])


def in_turns(contenders, *, rounds, slot=0.01):
    """Return the seconds per call of each contender in each round; a turn lasts about ``slot`` seconds."""

    def clock(contender, calls):
        if contender.seconds:
            return contender.seconds()
        gc.collect()  # the garbage of one contender is not to be another's work
        start = time.perf_counter()
        for _ in range(calls):
            contender.run()
        return (time.perf_counter() - start) / calls

    calls = {name: max(1, round(slot / clock(contender, 1))) for name, contender in contenders.items()}
    times = {name: [] for name in contenders}
    gc.freeze()  # nor is what the others keep alive
    for i in range(rounds):
        for name in list(contenders)[:: -1 if i % 2 else 1]:
            times[name].append(clock(contenders[name], calls[name]))
    gc.unfreeze()
    return times


def error(answer, truth):
    """Return the larger of the relative errors of value and gradient, each against its largest entry."""
    import numpy as np

    errors = []
    for got, true in zip(answer, truth, strict=True):
        got, true = np.asarray(got, float), np.asarray(true, float)
        if got.shape != true.shape:
            raise ValueError(f"the answer has shape {got.shape}, expected {true.shape}")
        errors.append(np.abs(got - true).max() / np.abs(true).max())
    return float(np.max(errors))  # nan stays nan, which is not within the tolerance


def compete(work):
    """Check and time the contenders of one work and return the table."""
    from rich.table import Table

    truth = work.oracle()
    ready, errors, reasons = {}, {}, {}
    for name, build in work.contenders.items():
        try:
            contender = build()
            wrong = error(contender.answer(), truth)
        except Exception as problem:  # a peer that is missing or breaks keeps its row, with the reason
            reasons[name] = f"not timed: {type(problem).__name__}: {problem}"
            continue
        errors[name] = f"{wrong:.0e}"
        if wrong <= contender.tolerance:
            ready[name] = contender
        else:
            reasons[name] = f"not timed: the answer is wrong by more than {contender.tolerance:.0e}"
    times = in_turns(ready, rounds=work.rounds)

    scale, unit = work.unit
    fallen_short = [t.missed for t in work.targets if t.missed and verdict(t, times)[-1] == "no"]
    caption = "\n".join(dict.fromkeys(fallen_short)) or None
    table = Table(
        title=work.title, caption=caption, title_justify="left", caption_justify="left", title_style="bold", expand=True
    )
    headers = {
        "contender": 22,
        f"time{unit}": 24,
        "least": 7,
        "error": 5,
        "beside": 18,
        "ratio": 16,
        "at least": 8,
        "reached": 7,
    }
    for header, width in headers.items():
        table.add_column(header, min_width=width, overflow="fold")
    for name in work.contenders:
        took = [t / scale for t in times.get(name, ())]
        shown = (seconds_of(took), seconds(min(took))) if took else (reasons[name], "")
        targets = [t for t in work.targets if t.ours == name]
        verdicts = [verdict(target, times) for target in targets] or [("", "", "", "")]
        table.add_row(name, *shown, errors.get(name, ""), *verdicts[0])
        for more in verdicts[1:]:
            table.add_row("", "", "", "", *more)
    return table


def verdict(target, times):
    """Return the cells (beside, ratio, at least, reached) of a target."""
    if target.limit:
        bound = f"≤ {seconds(target.limit)}"
    else:
        bound = f"≥ {target.times:g}×" if target.times else f"≤ {target.share:g} its time"
    if not {target.ours, target.peer} <= {*times, ""}:
        return target.peer, "not measured", bound, "no"
    ours = times[target.ours]
    if target.limit:
        return "", seconds_of(ours), bound, yes_or_no(quartiles(ours)[1] <= target.limit)
    peer = times[target.peer]
    ratios = paired(peer, ours) if target.times else paired(ours, peer)
    good = ratios[1] >= target.times if target.times else ratios[1] <= target.share
    return target.peer, "{1:.3g} ({0:.3g}–{2:.3g})".format(*ratios), bound, yes_or_no(good)


def yes_or_no(good):
    return "yes" if good else "no"


def seconds(x):
    """Write seconds with three digits in a unit that fits.

    >>> seconds(0.00001234)
    '12.3 µs'
    """
    size, unit = unit_for(x)
    return f"{x / size:.3g} {unit}"


def seconds_of(xs):
    """Write the median of some seconds, and the quartiles in brackets, in one unit.

    >>> seconds_of([0.001, 0.002, 0.003])
    '2 ms (1.5–2.5)'
    """
    low, middle, high = quartiles(xs)
    size, unit = unit_for(middle)
    return f"{middle / size:.3g} {unit} ({low / size:.3g}–{high / size:.3g})"


def unit_for(x):
    """Return (seconds, name) of the unit in which the size of ``x`` is at least 1."""
    units = (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")
    return next((unit for unit in units if abs(x) >= unit[0]), units[-1])


def setting(packages):
    """Return a line on machine, interpreter and versions."""

    def of(package):
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:
            return f"{package} missing"

    return (
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, one thread; "
        f"Python {platform.python_version()}, " + ", ".join(map(of, packages))
    )
