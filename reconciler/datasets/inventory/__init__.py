"""The data files of an offline store: which there are, which are needed, and their rows by the group's names."""
