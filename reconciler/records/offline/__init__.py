"""The offline store's files: written directly, looked into, and taken rows out of."""
