"""Whether what is served is what is trained on."""
