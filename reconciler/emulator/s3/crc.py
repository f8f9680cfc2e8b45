"""Cyclic redundancy checks that the standard library does not have, at a speed that large objects can bear.

A byte at a time, Python checks ten megabytes a second. Here a block is cut into as many strips as it has room for,
and all strips advance together: one table look-up for all of them is one `bytes.translate`. The strips' results are
then joined, for a check is linear: what a strip contributes depends only on how much follows it.
"""

from __future__ import annotations

from functools import cache, lru_cache

_ROWS = 256
_WORTHWHILE = 16 * _ROWS
_BLOCK = 4096 * _ROWS


class Code:
    """One reflected code: its width in bytes and its polynomial."""

    def __init__(self, width: int, polynomial: int) -> None:
        self.width = width
        self.polynomial = polynomial
        self.ones = (1 << 8 * width) - 1
        self.table = [self._entry(byte) for byte in range(256)]
        self._planes = [bytes(entry >> 8 * plane & 255 for entry in self.table) for plane in range(width)]
        self._strip = self._lookup(operator(self, _ROWS))

    def _entry(self, state: int) -> int:
        for _ in range(8):
            state = state >> 1 ^ (self.polynomial if state & 1 else 0)
        return state

    def _lookup(self, matrix: tuple[int, ...]) -> list[list[int]]:
        """A linear map as one table for each byte of the state."""
        return [[apply(matrix, byte << 8 * place) for byte in range(256)] for place in range(self.width)]

    def advance(self, state: int, chunk: bytes) -> int:
        """The state after more bytes."""
        view, at = memoryview(chunk), 0
        while len(chunk) - at >= _WORTHWHILE:
            strips = min(len(chunk) - at, _BLOCK) // _ROWS
            state = self._together(state, bytes(view[at : at + strips * _ROWS]), strips)
            at += strips * _ROWS
        table = self.table
        for byte in view[at:]:
            state = state >> 8 ^ table[(state ^ byte) & 255]
        return state

    def _together(self, state: int, block: bytes, strips: int) -> int:
        planes, low, states = self._planes, (1 << 8 * strips) - 1, 0
        for row in range(_ROWS):
            index = (states & low ^ int.from_bytes(block[row::_ROWS], "little")).to_bytes(strips, "little")
            looked_up = b"".join([index.translate(plane) for plane in planes])
            states = states >> 8 * strips ^ int.from_bytes(looked_up, "little")
        each = states.to_bytes(strips * self.width, "little")
        for strip in range(strips):
            for place, table in enumerate(self._strip):
                if not place:
                    moved = table[state & 255]
                else:
                    moved ^= table[state >> 8 * place & 255]
            state = moved ^ int.from_bytes(each[strip::strips], "little")
        return state


class Crc:
    """A running check, used as the standard library's digests are."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._state = code.ones

    def update(self, chunk: bytes) -> None:
        self._state = self._code.advance(self._state, chunk)

    def digest(self) -> bytes:
        return (self._state ^ self._code.ones).to_bytes(self._code.width, "big")


def apply(matrix: tuple[int, ...], state: int) -> int:
    """A state times a matrix of bits, which is kept by columns."""
    moved = 0
    for column in matrix:
        if state & 1:
            moved ^= column
        state >>= 1
    return moved


@lru_cache(maxsize=64)
def operator(code: Code, size: int) -> tuple[int, ...]:
    """The matrix that moves a state past so many zero bytes, by squaring."""
    bits = 8 * code.width
    step = (code.polynomial, *(1 << bit for bit in range(bits - 1)))
    moved, count = tuple(1 << bit for bit in range(bits)), 8 * size
    while count:
        if count & 1:
            moved = tuple(apply(step, column) for column in moved)
        step = tuple(apply(step, column) for column in step)
        count >>= 1
    return moved


def join(code: Code, first: bytes, second: bytes, size: int) -> bytes:
    """The check of two pieces one after the other, of which the second has this size."""
    moved = apply(operator(code, size), int.from_bytes(first, "big"))
    return (moved ^ int.from_bytes(second, "big")).to_bytes(code.width, "big")


@cache
def code(name: str) -> Code:
    """By S3's name of it."""
    width, polynomial = _CODES[name]
    return Code(width, polynomial)


_CODES = {
    "crc32": (4, 0xEDB88320),
    "crc32c": (4, 0x82F63B78),
    "crc64nvme": (8, 0x9A6C9329AC4BC9B5),
}
