"""Rows: validated, ingested, read, deleted, and waited for until they are offline."""
