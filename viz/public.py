"""Every public name of ``viz``, loaded when the first of them is asked for."""

from .dot import to_dot as to_dot
from .exercises import Exercise as Exercise
from .pictures.animation import animate as animate
from .pictures.attention import draw_attention as draw_attention
from .pictures.charts import draw_curves as draw_curves
from .pictures.charts import draw_images as draw_images
from .pictures.charts import draw_matrix as draw_matrix
from .pictures.drawing import Drawing as Drawing
from .pictures.drawing import draw as draw
from .pictures.drawing import save as save
from .pictures.picture import to_svg as to_svg
from .player.page import Player as Player
from .player.page import play as play
from .player.page import to_html as to_html
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
from .training.page import training_page as training_page
