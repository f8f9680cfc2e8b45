"""Where rows come from: tables, files and iterables, each as the same chunks of columns every time they are read.

    source = open_source(frame, contract, scratch=folder)
    for chunk in source.chunks():
        check(chunk.batch, contract, texts=source.texts, ...)

Everything is read twice, once to be checked whole and once to be sent. What can be read only once is spooled.
"""

from reconciler.records.sources.chunk import Chunk, unnamed
from reconciler.records.sources.opening import open_source
from reconciler.records.sources.source import CHUNK_ROWS, Source

__all__ = ["CHUNK_ROWS", "Chunk", "Source", "open_source", "unnamed"]
