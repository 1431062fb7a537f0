"""A page on which a network learns: live, or one step by hand, with every number."""

from .page import training_page as training_page
