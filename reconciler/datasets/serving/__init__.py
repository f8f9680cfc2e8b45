"""Vectors as models are served them, out of the online stores."""
