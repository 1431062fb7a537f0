"""The command ``autograd-lite``: explain a formula, draw it, play it, train, quiz, check an engine.

It is the top of the house: the only place that brings ``viz`` and ``nn`` together. Heavy rooms are
imported when their command runs, so that ``autograd-lite --help`` is quick.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Optional

import typer
from rich.console import Console
from rich.table import Column, Table
from typer.core import TyperCommand

from autograd_lite import TABLE, Operation, Value, __version__, explain, formulas, parse
from autograd_lite.formula import MAX_LENGTH, Formula
from autograd_lite.hints import did_you_mean, inert
from autograd_lite.ops import REAL

from .palette import THEMES
from .plain import PLAIN_SIGNS
from .svg import STYLES
from .words import LANGUAGES

app = typer.Typer(
    name="autograd-lite",
    help="Backpropagation you can read, watch and test.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        print(f"autograd-lite {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version and stop")
    ] = False,
) -> None:
    pass


class CommandError(Exception):
    """What the user gave cannot be used; the message says why and what to do."""


UsageError: type[Exception] = typer.BadParameter.__mro__[1]  # Typer has had Click's under several names


def main() -> None:
    """Run the command; a wrong input ends in one clear message and exit status 2, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=PLAIN_SIGNS)  # any terminal: plain signs for those it lacks
    try:
        status = app(sys.argv[1:] or ["--help"], standalone_mode=False)
        sys.stdout.flush()
    except UsageError as problem:
        status = _refuse(problem.format_message())  # type: ignore[attr-defined]
    except BrokenPipeError:  # `| head`: who read has gone; what Python flushes at its end goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except OSError as problem:
        status = _refuse(f"{problem.strerror}: {problem.filename}" if problem.filename else str(problem))
    except (CommandError, ValueError, ImportError) as problem:  # FormulaError is a ValueError
        status = _refuse(str(problem))
    except (KeyboardInterrupt, typer.Abort):
        print("stopped", file=sys.stderr)
        status = 130
    raise SystemExit(status)


def _refuse(problem: str) -> int:
    print("error:", "\n".join(map(inert, problem.split("\n"))), file=sys.stderr)
    return 2


# ---------------------------------------------------------------- what options may be


def one_of(*choices: str) -> Callable[[str], str]:
    """Return the check of an option that takes one of a few words."""

    def check(given: str) -> str:
        if given not in choices:
            raise typer.BadParameter(f"{given!r} is none of {', '.join(choices)}{did_you_mean(given, choices)}")
        return given

    return check


def file_to_write(path: Path | None) -> Path | None:
    """Check the name of a file to write, before anything is computed for it."""
    if path is None:
        return None
    if path.is_dir():  # '' is '.', too
        raise typer.BadParameter(f"{str(path)!r} is a folder; give the name of a file")
    if not path.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {str(path.parent)!r}; make it first, or name another")
    return path


def only_one(**given: object) -> None:
    """Refuse options that exclude each other."""
    named = [f"--{name.strip('_')}" for name, value in given.items() if value]
    if len(named) > 1:
        raise CommandError(f"{' and '.join(named)} exclude each other; choose one")


class FormulaCommand(TyperCommand):
    """A command whose formula may start with a minus sign: ``autograd-lite explain "-x*y" x=1 y=2``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep formulas from being read as options, by a space in front of them."""
        options = [name for parameter in self.params for name in (*parameter.opts, *parameter.secondary_opts)]
        options += ctx.help_option_names
        valued = {n for p in self.params for n in p.opts if n.startswith("-") and not getattr(p, "is_flag", False)}

        def is_formula(before: str, given: str) -> bool:
            return (
                given.startswith("-")
                and given not in ("-", "--")
                and before not in valued
                and given not in options
                and not re.fullmatch(r"--[a-z][-a-z]*(=.*)?", given, re.DOTALL)
                # a short option with its value attached: -fformula.txt
                and not (given[:2] in valued and re.fullmatch(r"[\w./]+", given[2:]))
            )

        guarded = [" " + arg if is_formula(before, arg) else arg for before, arg in pairwise(["", *args])]
        parsed: list[str] = super().parse_args(ctx, guarded)
        return parsed


# ---------------------------------------------------------------- formulas and their values

FormulaText = Annotated[str, typer.Argument(help="a formula, such as 'tanh(w*x + b)', or - to read it from input")]
InputValues = Annotated[Optional[list[str]], typer.Argument(help="values of the inputs: w=0.5 x=2")]  # noqa: UP045
FormulaFile = Annotated[Optional[Path], typer.Option("--file", "-f", help="read the formula from a file")]  # noqa: UP045
Language = Annotated[
    str,
    typer.Option("--lang", help=f"language of the sentences: {' or '.join(LANGUAGES)}", callback=one_of(*LANGUAGES)),
]


def read_graph(formula: str, values: list[str] | None, file: Path | None) -> tuple[Formula, Value]:
    """Return the formula given as text, in a file, or on standard input (``-``), and its output node."""
    given = list(values or [])
    if file is not None:
        given = [formula, *given] if formula else given
        with file.open("rb") as stream:
            formula = _formula_of(stream, str(file))
    elif formula == "-":
        if sys.stdin is None or sys.stdin.closed:
            raise CommandError("- reads the formula from standard input, which is closed")
        formula = _formula_of(sys.stdin.buffer, "standard input")
    if not formula:
        raise CommandError("give a formula, for example: autograd-lite explain 'tanh(w*x + b)' w=0.5 x=2 b=-1")
    parsed = parse(formula)
    try:
        return parsed, parsed.graph(**_values(given))
    except TypeError as problem:
        raise CommandError(str(problem)) from None


def _formula_of(stream: BinaryIO, where: str) -> str:
    """Read no more than a formula may hold, so that an input without end is refused, too."""
    try:
        return stream.read(4 * MAX_LENGTH + 4).decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise CommandError(f"{where} is not text in UTF-8: {problem.reason} at byte {problem.start}") from None


def _values(given: Sequence[str]) -> dict[str, float]:
    """Read ``name=number`` each; the number may be written as a formula without names: ``x=1/3``."""
    values: dict[str, float] = {}
    for text in given:
        name, equals, number = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise CommandError(f"expected a value like x=2, got {text!r}")
        if name in values:
            raise CommandError(f"{name!r} is given twice")
        if not number.strip():
            raise CommandError(f"the value of {name!r} must be a number, got {number!r}")
        parsed = parse(number)
        if parsed.inputs:
            raise CommandError(f"the value of {name!r} must be a number, got {number!r}")
        values[name] = float(parsed())
    return values


# ---------------------------------------------------------------- commands


@app.command("explain", cls=FormulaCommand)
def explain_command(
    formula: FormulaText = "",
    values: InputValues = None,
    file: FormulaFile = None,
    svg: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="write the picture to this file, .svg or .png", callback=file_to_write),
    ] = None,
    style: Annotated[
        str, typer.Option(help=f"{', '.join(STYLES)}, or auto by size", callback=one_of("auto", *STYLES))
    ] = "auto",
    theme: Annotated[str, typer.Option(help=f"auto, {' or '.join(THEMES)}", callback=one_of("auto", *THEMES))] = "auto",
    animate: Annotated[bool, typer.Option("--animate", help="let the picture replay the backward pass")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="print the derivation as LaTeX")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="print the tables as Markdown")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the same as data")] = False,
    lang: Language = "en",
) -> None:
    """Print every value, every term of every gradient, and draw the graph."""
    import viz

    only_one(json=as_json, latex=latex, markdown=markdown)
    only_one(animate=animate, style=style not in ("auto", "card"))
    if svg is None and (animate or style != "auto" or theme != "auto"):
        raise CommandError("--animate, --style and --theme are of a picture; say where to write it with --svg")
    _, y = read_graph(formula, values, file)
    explanation = explain(y)
    if svg is not None:
        if animate:
            drawn = viz.animate(explanation, theme=theme, lang=lang)
        else:
            drawn = viz.to_svg(explanation, style=style, theme=theme, lang=lang)
        viz.save(svg, drawn)
    if as_json:
        print_json(viz.to_dict(explanation))
    elif latex:
        print(viz.to_latex(explanation))
    elif markdown:
        print(viz.to_markdown(explanation, lang=lang))
    else:
        viz.print_explanation(explanation, Console(), lang=lang)
    if svg is not None:
        print(f"picture written to {svg}", file=sys.stderr)


def print_json(data: object) -> None:
    """Print data as JSON: exact on every console, and inert."""
    written = json.dumps(data, ensure_ascii="utf" not in sys.stdout.encoding.lower(), indent=2)
    print("".join(c if c == "\n" or inert(c) == c else json.dumps(c)[1:-1] for c in written))


@app.command("play", cls=FormulaCommand)
def play_command(
    formula: FormulaText = "",
    values: InputValues = None,
    file: FormulaFile = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="write the page to this file", callback=file_to_write)
    ] = Path("player.html"),
    title: Annotated[str, typer.Option(help="the heading of the page")] = "",
    quiz: Annotated[bool, typer.Option("--quiz", help="let the page ask for every number")] = False,
    show: Annotated[bool, typer.Option("--open", help="open the page in the browser")] = False,
    lang: Language = "en",
) -> None:
    """Write a page that walks through both passes, one step at a time."""
    import viz

    parsed, y = read_graph(formula, values, file)
    viz.save(out, viz.to_html(y, formula=parsed, lang=lang, title=title, quiz=quiz))
    print(f"page written to {out}", file=sys.stderr)
    if show:
        typer.launch(out.resolve().as_uri())


@app.command("quiz")
def quiz_command(
    difficulty: Annotated[
        str, typer.Argument(help="easy, medium or hard", callback=one_of("easy", "medium", "hard"))
    ] = "easy",
    seed: Annotated[Optional[int], typer.Option(help="the same seed asks the same")] = None,  # noqa: UP045
    export: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="write a sheet to print, with solutions", callback=file_to_write),
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=100, help="how many exercises the sheet has")] = 6,
    page: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="write the quiz as a page for the browser", callback=file_to_write),
    ] = None,
    lang: Language = "en",
) -> None:
    """Ask for the values, local gradients and gradients of a random graph, and say what went wrong."""
    import random

    import viz
    from viz.player.exercises import exercise, sheet
    from viz.player.quiz import ask

    only_one(export=export, page=page)
    if seed is None:
        seed = random.randrange(1000)
    if export is not None:
        made = [exercise(difficulty, seed=seed + i) for i in range(count)]
        viz.save(export, sheet(made, lang=lang))
        print(f"sheet with {count} exercises and their solutions written to {export}; seed {seed}", file=sys.stderr)
        return
    asked = exercise(difficulty, seed=seed)
    if page is not None:
        viz.save(page, viz.to_html(asked.graph(), formula=asked.formula, lang=lang, quiz=True))
        print(f"page written to {page}; seed {seed}", file=sys.stderr)
        return
    ask(asked, Console(), seed=seed, lang=lang)


@app.command("check")
def check_command(
    engine: Annotated[str, typer.Argument(help="module:Class, file.py:Class, or a module or file")] = "",
    profile: Annotated[
        str, typer.Option(help="what is required: lecture, basic, full, or a file with a behaviour's name on each line")
    ] = "basic",
    require: Annotated[Optional[list[str]], typer.Option(help="require this behaviour too; repeatable")] = None,  # noqa: UP045
    skip: Annotated[Optional[list[str]], typer.Option(help="do not require this behaviour; repeatable")] = None,  # noqa: UP045
    list_them: Annotated[
        bool, typer.Option("--list", help="list the behaviours of the profile, check nothing")
    ] = False,
    adapter: Annotated[str, typer.Option(help="a Python file that says how to use the engine")] = "",
    as_json: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--json", help="write the report as data", callback=file_to_write),
    ] = None,
    as_html: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--html", help="write the report as a page", callback=file_to_write),
    ] = None,
    seconds: Annotated[float, typer.Option(help="processor time each behaviour may take")] = 30.0,
    memory: Annotated[float, typer.Option(help="GB of memory a process of the engine may take")] = 4.0,
) -> None:
    """Check a scalar engine: what it does right, what not, and the smallest graph that shows it.

    A profile says what is required: lecture, what the micrograd of Karpathy's lectures promises; basic, also
    that backward() may run twice, numbers on either side, long chains; full, also all other operations and many
    random graphs. The rest of the profile is checked and told. --require and --skip take names or patterns
    ("operation *"); what is required by name must be there, other operations that are lacking are just listed.

    Exit status 0 if every required behaviour passes, 1 if not, 2 if there is no such file or option.
    """
    from autograd_lite.testing import check
    from autograd_lite.testing.profiles import chosen

    from .conformance import to_page
    from .display import save

    if list_them:
        for each in chosen(profile, require=require or (), skip=skip or ()):
            print(f"{each.name:24}{'required' if each.required else 'told':10}{each.title}")
        return
    if not engine:
        raise CommandError("which engine? for example: autograd-lite check student.py:Value")
    report = check(
        engine, profile=profile, require=require or (), skip=skip or (), adapter=adapter, seconds=seconds, memory=memory
    )
    print(report.to_text())
    if as_json is not None:
        save(as_json, report.to_json() + "\n")
    if as_html is not None:
        save(as_html, to_page(report))
    raise typer.Exit(0 if report.passed else 1)


@app.command("lessons")
def lessons_command(
    build_in: Annotated[Optional[Path], typer.Option("--build", help="write the whole book into this folder")] = None,  # noqa: UP045
    lang: Language = "en",
) -> None:
    """List the lessons with their questions, and which other languages they are in, or build the book: runs all."""
    from .book import build, find_lessons

    if build_in is not None:
        pages = build(build_in)
        print(f"{len(pages)} pages written; open {build_in / 'index.html'}", file=sys.stderr)
        return
    table = Table("number", "name", Column("question", overflow="fold"), "also", box=None, show_header=False)
    others = {other: {each.number for each in find_lessons(other)} for other in LANGUAGES if other != lang}
    for each in find_lessons(lang):
        also = ", ".join(f"--lang {other}" for other, numbers in others.items() if each.number in numbers)
        table.add_row(str(each.number), each.name, each.question, also)
    Console().print(table)


@app.command("lesson")
def lesson_command(
    name: Annotated[str, typer.Argument(help="name or number of the lesson")],
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--out", "-o", help="write the page here, open nothing", callback=file_to_write),
    ] = None,
    as_notebook: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--notebook", help="write it as a notebook instead", callback=file_to_write),
    ] = None,
    lang: Language = "en",
) -> None:
    """Run a lesson and open its page in the browser."""
    import tempfile

    from .book import lesson, notebook, render
    from .display import save

    only_one(out=out, notebook=as_notebook)
    which = lesson(name, lang)
    if as_notebook is not None:
        save(as_notebook, notebook(which))
        print(f"notebook written to {as_notebook}", file=sys.stderr)
        return
    page = out or Path(tempfile.mkdtemp(prefix="autograd-lite-")) / which.page
    save(page, render(which))
    print(f"page written to {page}", file=sys.stderr)
    if out is None:
        typer.launch(page.resolve().as_uri())


@app.command("ops")
def ops_command(
    name: Annotated[str, typer.Argument(help="one operation, or all")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="print the same as data")] = False,
) -> None:
    """Print the table of operations: value, local gradients, domain, convention at the kink."""
    if name and name not in TABLE:
        hint = did_you_mean(name, TABLE)
        raise CommandError(f"no operation named {name!r}{hint}; autograd-lite ops lists them all")
    rows = [operation_row(op) for op in TABLE.values() if op.arity and (not name or op.name == name)]
    if as_json:
        print_json(rows)
        return
    table = Table(title="Operations: value, local gradients, domain, convention")
    for heading in ("operation", "∂out/∂operand, from the rule itself", "domain", "at kinks and edges"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row["value"], "\n".join(row["local_gradients"]), row["domain"], row["convention"])
    Console().print(table)


def operation_row(op: Operation) -> dict[str, Any]:
    """Return the facts of one line of the table, its formulas printed by the rule itself."""
    names = ("w1", "w2", "x1", "x2", "b") if op.name == "dot" else op.operand_names
    operands = ", ".join(names) + (", …" if op.arity < 0 and op.name != "dot" else "")
    domain = [_interval(name, *interval) for name, interval in zip(names, op.domain) if interval != REAL]
    gradients = formulas(op, *names) if op.partials else (0,) * op.arity
    return {
        "name": op.name,
        "value": f"{op.name}({operands})" + (f" = {op.formula}" if op.formula else ""),
        "local_gradients": [f"∂/∂{x} = {_LONG_NUMBER.sub(_shorten, str(g))}" for x, g in zip(names, gradients)],
        "domain": ", ".join(domain) or "all numbers",
        "convention": op.note,
    }


_LONG_NUMBER = re.compile(r"\d+\.\d{6,}")


def _shorten(number: re.Match[str]) -> str:
    return f"{float(number.group()):.6g}"


def _interval(name: str, low: float, high: float) -> str:
    return f"{name} > {low:g}" if high == inf else f"{low:g} < {name} < {high:g}"


@app.command("train")
def train_command(
    what: Annotated[str, typer.Argument(help="digits or moons", callback=one_of("digits", "moons"))],
    seed: Annotated[int, typer.Option(help="the same seed gives the same result")] = 0,
    epochs: Annotated[Optional[int], typer.Option(min=1, help="passes over the training data")] = None,  # noqa: UP045
    samples: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=8, help="how many samples to take in all"),
    ] = None,
    eager: Annotated[bool, typer.Option("--eager", help="node by node, not compiled; takes 400 digits")] = False,
    save_to: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--save", help="write the trained parameters here", callback=file_to_write),
    ] = None,
) -> None:
    """Train an nn.MLP on scikit-learn's digits or on two moons, and test it on held-out data."""
    import random

    import nn

    rng = random.Random(seed)
    if what == "moons":
        data, loss = nn.data.moons(samples or 200, rng=rng), "binary_cross_entropy"
        model, lr = nn.MLP(2, [16, 16, 1], activation="relu", init="he", rng=rng), 0.02
    else:
        data, loss = nn.data.digits(samples or (400 if eager else None), rng=rng), "cross_entropy"
        model, lr = nn.MLP(64, [16 if eager else 96, 10], activation="tanh" if eager else "relu", rng=rng), 0.01
    thorough = what == "digits" and not eager
    epochs = epochs or (20 if thorough else 12)
    train, held_out = nn.data.split(data, test=0.25, rng=rng)
    console = Console()
    console.print(f"{model} on {len(train[0])} {what}, tested on {len(held_out[0])} others; seed {seed}")
    history = nn.fit(
        model, train, loss=loss, epochs=epochs, batch_size=32 if thorough else 16,
        optimiser=nn.AdamW(model.parameters(), lr=lr, weight_decay=0.3 if thorough else 0.0),
        schedule=nn.cosine(epochs) if thorough else None, rng=rng, held_out=held_out,
        compiled=False if eager else "auto", progress=console.is_terminal,
    )  # fmt: skip
    table = Table("epoch", "loss", "accuracy", "held-out loss", "held-out accuracy", box=None)
    columns = (history.loss, history.accuracy, history.held_out_loss, history.held_out_accuracy)
    for epoch, (a, b, c, d) in enumerate(zip(*columns), start=1):
        table.add_row(str(epoch), f"{a:.4f}", f"{b:.1%}", f"{c:.4f}", f"{d:.1%}")
    console.print(table)
    if history.held_out_accuracy:
        console.print(f"held-out accuracy: {history.held_out_accuracy[-1]:.1%}")
    if save_to is not None:
        model.save(save_to)
        console.print(f"parameters written to {save_to}")


if __name__ == "__main__":
    main()
