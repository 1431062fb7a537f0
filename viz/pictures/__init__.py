"""Pictures of graphs and of numbers as SVG, drawn without any plotting library."""
