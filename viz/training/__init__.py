"""A page on which a network learns: live, or one step by hand, with every number."""
