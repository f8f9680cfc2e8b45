"""New York's flights of 2013 as feature groups: the shipped example, one file per subject."""
