"""A scalar reverse-mode automatic differentiation engine.

    >>> from autograd_lite import Value
    >>> x = Value(3.0, "x")
    >>> y = x * x + 1.0
    >>> y.backward()
    >>> x.grad
    6.0
"""

from .explain import BackwardStep as BackwardStep
from .explain import Explanation as Explanation
from .explain import Step as Step
from .explain import Term as Term
from .explain import explain as explain
from .graph import edges as edges
from .graph import leaves as leaves
from .graph import topological_order as topological_order
from .ops import *
from .ops import TABLE as TABLE
from .ops import Operation as Operation
from .value import Scope as Scope
from .value import Value as Value
from .value import backward as backward
from .value import detect_anomaly as detect_anomaly
from .value import scope as scope
