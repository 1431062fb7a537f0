"""A scalar reverse-mode automatic differentiation engine.

With this package, one can,

- build a graph of scalars by writing arithmetic, and run the chain rule through it;
- differentiate functions, to any order: ``grad``, ``jacobian``, ``hessian``, ``vjp``, ``jvp``, ``hvp``;
- read formulas, explain every term of every gradient, and check rules against numerical derivatives.

    >>> from autograd_lite import Value
    >>> x = Value(3.0, "x")
    >>> y = x * x + 1.0
    >>> y.backward()
    >>> x.grad
    6.0
"""

from typing import Any

from .context import Scope as Scope
from .context import detect_anomaly as detect_anomaly
from .context import scope as scope
from .explain import BackwardStep as BackwardStep
from .explain import Explanation as Explanation
from .explain import Step as Step
from .explain import Term as Term
from .explain import explain as explain
from .expression import Formula as Formula
from .expression import FormulaError as FormulaError
from .expression import parse as parse
from .gradcheck import Derivative as Derivative
from .gradcheck import GradientError as GradientError
from .gradcheck import GradientReport as GradientReport
from .gradcheck import check_gradients as check_gradients
from .gradcheck import gradient_report as gradient_report
from .graph import edges as edges
from .graph import leaves as leaves
from .graph import topological_order as topological_order
from .numerical import numerical_derivative as numerical_derivative
from .numerical import one_sided_derivative as one_sided_derivative
from .numerical import rounding_error as rounding_error
from .ops import TABLE as TABLE
from .ops import Operation as Operation
from .ops import absolute as absolute
from .ops import acos as acos
from .ops import acosh as acosh
from .ops import add as add
from .ops import asin as asin
from .ops import asinh as asinh
from .ops import atan as atan
from .ops import atan2 as atan2
from .ops import atanh as atanh
from .ops import cbrt as cbrt
from .ops import clip as clip
from .ops import cos as cos
from .ops import cosh as cosh
from .ops import div as div
from .ops import dot as dot
from .ops import elu as elu
from .ops import equal as equal
from .ops import erf as erf
from .ops import erfc as erfc
from .ops import exp as exp
from .ops import exp2 as exp2
from .ops import expm1 as expm1
from .ops import gelu as gelu
from .ops import greater as greater
from .ops import greater_equal as greater_equal
from .ops import hypot as hypot
from .ops import identity as identity
from .ops import leaky_relu as leaky_relu
from .ops import log as log
from .ops import log1p as log1p
from .ops import log2 as log2
from .ops import log10 as log10
from .ops import logaddexp as logaddexp
from .ops import logsigmoid as logsigmoid
from .ops import logsumexp as logsumexp
from .ops import maximum as maximum
from .ops import mean_of as mean_of
from .ops import minimum as minimum
from .ops import mul as mul
from .ops import neg as neg
from .ops import pow as pow
from .ops import power as power
from .ops import relu as relu
from .ops import sigmoid as sigmoid
from .ops import sign as sign
from .ops import silu as silu
from .ops import sin as sin
from .ops import sinh as sinh
from .ops import softmax as softmax
from .ops import softplus as softplus
from .ops import sqrt as sqrt
from .ops import square as square
from .ops import sub as sub
from .ops import sum_of as sum_of
from .ops import tan as tan
from .ops import tanh as tanh
from .ops import where as where
from .symbolic import Expression as Expression
from .symbolic import formulas as formulas
from .symbolic import symbol as symbol
from .transforms import grad as grad
from .transforms import gradient as gradient
from .transforms import hessian as hessian
from .transforms import hvp as hvp
from .transforms import jacobian as jacobian
from .transforms import jvp as jvp
from .transforms import value_and_grad as value_and_grad
from .transforms import vjp as vjp
from .value import Value as Value
from .value import backward as backward


def __getattr__(name: str) -> Any:
    """Load the compiler on first use: it needs NumPy, the engine does not."""
    if name in {"compile", "Program", "CaptureError"}:
        from . import program

        return getattr(program, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
