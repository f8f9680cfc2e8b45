"""Labels of any shape, read and checked as a whole."""
