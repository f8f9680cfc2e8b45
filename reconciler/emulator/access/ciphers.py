"""An emulated cipher: it comes back only with the same key and context, and notices what was changed.

It is no protection. Keys lie beside the data in the emulator's directory, and nothing here was reviewed as a cipher.
"""

from __future__ import annotations

import hmac
import json
import os
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARK = b"\x01emulated-kms\x00"
_ID = 36
_NONCE = 16
_TAG = 32
_BLOCK = 64


def encrypt(key_id: str, material: bytes, plaintext: bytes, context: Mapping[str, str]) -> bytes:
    """A blob that names its key, as KMS's do."""
    head = _MARK + key_id.encode() + os.urandom(_NONCE)
    hidden = _hidden(material, head, plaintext)
    return head + _tag(material, head, hidden, context) + hidden


def key_of(blob: bytes) -> str | None:
    """The key that a blob names."""
    if not blob.startswith(_MARK) or len(blob) < len(_MARK) + _ID + _NONCE + _TAG:
        return None
    return blob[len(_MARK) : len(_MARK) + _ID].decode("ascii", "replace")


def decrypt(material: bytes, blob: bytes, context: Mapping[str, str]) -> bytes | None:
    """The plaintext, or None where blob, key or context are not those of an encryption."""
    start = len(_MARK) + _ID + _NONCE
    head, tag, hidden = blob[:start], blob[start : start + _TAG], blob[start + _TAG :]
    if not hmac.compare_digest(tag, _tag(material, head, hidden, context)):
        return None
    return _hidden(material, head, hidden)


def _tag(material: bytes, head: bytes, hidden: bytes, context: Mapping[str, str]) -> bytes:
    bound = json.dumps(context, sort_keys=True).encode()
    return blake2b(head + len(bound).to_bytes(8, "big") + bound + hidden, digest_size=_TAG, key=material).digest()


def _hidden(material: bytes, head: bytes, data: bytes) -> bytes:
    blocks = (
        blake2b(head + block.to_bytes(8, "big"), digest_size=_BLOCK, key=material, person=b"stream").digest()
        for block in range(-(-len(data) // _BLOCK))
    )
    return bytes(left ^ right for left, right in zip(data, b"".join(blocks), strict=False))
