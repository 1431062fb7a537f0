"""Pictures, tables and pages of a computation graph, all made from its ``Explanation``.

>>> from autograd_lite import Value
>>> from viz import to_svg, to_text
>>> x = Value(3.0, "x")
>>> "3 + 3 = 6" in to_text(x * x)
True
"""

from .dot import to_dot as to_dot
from .exercises import Exercise as Exercise
from .pictures import Drawing as Drawing
from .pictures import animate as animate
from .pictures import draw as draw
from .pictures import draw_attention as draw_attention
from .pictures import draw_curves as draw_curves
from .pictures import draw_images as draw_images
from .pictures import draw_matrix as draw_matrix
from .pictures import save as save
from .pictures import show_in_notebooks
from .pictures import to_svg as to_svg
from .player import Player as Player
from .player import play as play
from .player import to_html as to_html
from .playground.page import playground_page as playground_page
from .playground.page import write_playground as write_playground
from .plots import animate_decision_boundary as animate_decision_boundary
from .plots import plot_decision_boundary as plot_decision_boundary
from .plots import plot_gradient_norms as plot_gradient_norms
from .plots import plot_history as plot_history
from .tables import print_explanation as print_explanation
from .tables import to_dict as to_dict
from .tables import to_latex as to_latex
from .tables import to_markdown as to_markdown
from .tables import to_text as to_text
from .training import training_page as training_page

show_in_notebooks()
