"""How numbers and formulas are written: as text, as LaTeX, as MathML, from one expression tree.

With this package, one can,

- write a number for people: ``number(-0.123456)`` is ``−0.1235``;
- write any tree of operations in three notations: ``text(e)``, ``latex(e)``, ``mathml(e)``;
- get the formula of a step and of its local gradients: ``step_formula``, ``local_gradient``.
"""

from .as_latex import latex as latex
from .as_latex import latex_name as latex_name
from .as_latex import latex_number as latex_number
from .as_latex import local_latex as local_latex
from .as_mathml import local_mathml as local_mathml
from .as_mathml import mathml as mathml
from .as_mathml import mathml_name as mathml_name
from .as_text import text as text
from .formulas import LocalGradient as LocalGradient
from .formulas import elided as elided
from .formulas import formula_pieces as formula_pieces
from .formulas import local_gradient as local_gradient
from .formulas import local_sign as local_sign
from .formulas import operand_names as operand_names
from .formulas import output_name as output_name
from .formulas import step_formula as step_formula
from .labels import xml_text as xml_text
from .numbers import MINUS as MINUS
from .numbers import factor as factor
from .numbers import number as number
from .rules import rule_on_symbols as rule_on_symbols
