"""KMS's operations with keys: encrypt, decrypt, and keys for data. What the cipher is worth, `ciphers` says."""

from __future__ import annotations

import base64
import binascii
import os
from typing import TYPE_CHECKING, Any

from reconciler.emulator.access import ciphers, keys
from reconciler.emulator.calls import as_json
from reconciler.emulator.errors import AwsError, serialization

if TYPE_CHECKING:
    from reconciler.emulator.calls import Call

_MOST_PLAINTEXT = 4096
_MOST_CIPHERTEXT = 6144
_LENGTHS = {"AES_256": 32, "AES_128": 16}
_ALGORITHM = "SYMMETRIC_DEFAULT"


def encrypt(call: Call, request: dict[str, Any]) -> str:
    key = keys.usable(call, request["KeyId"])
    _refuse_algorithm(request, "EncryptionAlgorithm")
    plaintext = _bytes(request["Plaintext"], "plaintext", _MOST_PLAINTEXT)
    blob = _encrypted(key, plaintext, request.get("EncryptionContext", {}))
    return as_json({"CiphertextBlob": blob, "KeyId": key["metadata"]["Arn"], "EncryptionAlgorithm": _ALGORITHM})


def decrypt(call: Call, request: dict[str, Any]) -> str:
    _refuse_algorithm(request, "EncryptionAlgorithm")
    wanted, context = request.get("KeyId"), request.get("EncryptionContext", {})
    key, plaintext = _opened(call, request["CiphertextBlob"], context, wanted)
    told = {"KeyId": key["metadata"]["Arn"], "EncryptionAlgorithm": _ALGORITHM}
    return as_json({**told, "Plaintext": _text(plaintext)})


def reencrypt(call: Call, request: dict[str, Any]) -> str:
    """Under another key or context, without showing what it is."""
    _refuse_algorithm(request, "SourceEncryptionAlgorithm")
    _refuse_algorithm(request, "DestinationEncryptionAlgorithm")
    wanted, context = request.get("SourceKeyId"), request.get("SourceEncryptionContext", {})
    source, plaintext = _opened(call, request["CiphertextBlob"], context, wanted)
    key = keys.usable(call, request["DestinationKeyId"])
    told = {"SourceKeyId": source["metadata"]["Arn"], "KeyId": key["metadata"]["Arn"]}
    algorithms = {"SourceEncryptionAlgorithm": _ALGORITHM, "DestinationEncryptionAlgorithm": _ALGORITHM}
    blob = _encrypted(key, plaintext, request.get("DestinationEncryptionContext", {}))
    return as_json({**told, **algorithms, "CiphertextBlob": blob})


def data_key(call: Call, request: dict[str, Any]) -> str:
    made = _data_key(call, request)
    return as_json(made)


def hidden_data_key(call: Call, request: dict[str, Any]) -> str:
    made = _data_key(call, request)
    del made["Plaintext"]
    return as_json(made)


def _data_key(call: Call, request: dict[str, Any]) -> dict[str, str]:
    key = keys.usable(call, request["KeyId"])
    if ("KeySpec" in request) == ("NumberOfBytes" in request):
        raise AwsError("ValidationException", "Please specify either number of bytes or key spec.")
    length = request["NumberOfBytes"] if "NumberOfBytes" in request else _LENGTHS[request["KeySpec"]]
    plaintext = os.urandom(length)
    return {
        "CiphertextBlob": _encrypted(key, plaintext, request.get("EncryptionContext", {})),
        "Plaintext": _text(plaintext),
        "KeyId": key["metadata"]["Arn"],
    }


def _encrypted(key: dict[str, Any], plaintext: bytes, context: dict[str, str]) -> str:
    return _text(ciphers.encrypt(key["metadata"]["KeyId"], keys.material(key), plaintext, context))


def _opened(call: Call, text: str, context: dict[str, str], wanted: str | None) -> tuple[dict[str, Any], bytes]:
    blob = _bytes(text, "ciphertextBlob", _MOST_CIPHERTEXT)
    key_id = ciphers.key_of(blob)
    if key_id is None:
        raise AwsError("InvalidCiphertextException", "")
    key = _known(call, key_id)
    if wanted is not None and keys.find(call, wanted)["metadata"]["KeyId"] != key_id:
        message = "The key ID in the request does not identify a CMK that can perform this operation."
        raise AwsError("IncorrectKeyException", message)
    keys.refuse_unusable(key)
    plaintext = ciphers.decrypt(keys.material(key), blob, context)
    if plaintext is None:
        raise AwsError("InvalidCiphertextException", "")
    return key, plaintext


def _known(call: Call, key_id: str) -> dict[str, Any]:
    """The sentence is AWS's, as moto has it."""
    try:
        return keys.find_key(call, key_id)
    except AwsError:
        message = (
            "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or "
            "you are not allowed to access."
        )
        raise AwsError("AccessDeniedException", message) from None


def _refuse_algorithm(request: dict[str, Any], member: str) -> None:
    if request.get(member, _ALGORITHM) != _ALGORITHM:
        message = f"Algorithm {request[member]} is incompatible with key spec {_ALGORITHM}."
        raise AwsError("InvalidKeyUsageException", message)


def _bytes(text: str, name: str, most: int) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise serialization("Invalid base64 in a blob.") from None
    if not 1 <= len(data) <= most:
        bound = f"less than or equal to {most}" if data else "greater than or equal to 1"
        message = f"Value at '{name}' failed to satisfy constraint: Member must have length {bound}"
        raise AwsError("ValidationException", f"1 validation error detected: {message}")
    return data


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
