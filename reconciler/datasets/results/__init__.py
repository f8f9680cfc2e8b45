"""Answers and labels put together, handed out, written, and told about."""
