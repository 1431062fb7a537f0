"""Pictures of graphs and of numbers as SVG, drawn without any plotting library."""

from .animation import animate as animate
from .attention import draw_attention as draw_attention
from .charts import draw_curves as draw_curves
from .charts import draw_images as draw_images
from .charts import draw_matrix as draw_matrix
from .drawing import Drawing as Drawing
from .drawing import draw as draw
from .drawing import save as save
from .drawing import show_in_notebooks as show_in_notebooks
from .picture import to_svg as to_svg
