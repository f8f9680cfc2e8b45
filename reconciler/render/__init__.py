"""A plan as people and machines read it: terminal, Markdown, JSON, annotations. Pure."""
