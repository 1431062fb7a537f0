"""What an extra of the distribution is missing, said in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

# what people call the packages that are imported under another name, or that they know capitalised
_NAMES = {
    "numpy": "NumPy", "array_api_compat": "array-api-compat", "hypothesis": "Hypothesis", "sklearn": "scikit-learn",
    "markdown_it": "markdown-it-py", "mdit_py_plugins": "mdit-py-plugins", "pygments": "Pygments",
    "faker": "Faker", "resvg_py": "resvg-py", "typst": "Typst", "PIL": "Pillow",
}  # fmt: skip
_OWN = {"autograd_lite", "nn", "viz"}


@contextmanager
def needs(extra: str, what: str) -> Iterator[None]:
    """Say which extra to install where ``what`` imports a package that is not there.

        >>> with needs("plot", "a picture of the training"):
        ...     import no_such_package
        Traceback (most recent call last):
        ImportError: a picture of the training needs no_such_package: pip install "autograd-lite[plot]"

    Raises ImportError, once for the innermost extra; a package that is there but broken keeps its own error.
    """
    try:
        yield
    except ModuleNotFoundError as problem:
        package = (problem.name or "").partition(".")[0]
        if package in _OWN:
            raise
        name = _NAMES.get(package, package)
        raise ImportError(f'{what} needs {name}: pip install "autograd-lite[{extra}]"') from problem
