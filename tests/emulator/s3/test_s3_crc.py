"""Checks the standard library does not have, against the vectors of their catalogue and each other."""

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.emulator.s3 import crc


def check(name, *chunks):
    running = crc.Crc(crc.code(name))
    for chunk in chunks:
        running.update(chunk)
    return running.digest()


# Catalogue of parametrised CRC algorithms: CRC-32/ISO-HDLC, CRC-32/ISCSI, CRC-64/NVME.
@pytest.mark.parametrize(
    ("name", "value"), [("crc32", "cbf43926"), ("crc32c", "e3069283"), ("crc64nvme", "ae8b14860a799888")]
)
def test_the_catalogue_s_vectors(name, value):
    assert check(name, b"123456789").hex() == value


@settings(max_examples=40)
@given(size=st.integers(0, 70_000), cut=st.integers(0, 70_000), seed=st.binary(min_size=1, max_size=9))
def test_it_agrees_with_zlib_however_it_is_cut(size, cut, seed):
    content = (seed * (size // len(seed) + 1))[:size]

    whole = check("crc32", content[:cut], content[cut:])

    assert int.from_bytes(whole, "big") == zlib.crc32(content)


@settings(max_examples=40)
@given(first=st.binary(max_size=6000), second=st.binary(max_size=6000), name=st.sampled_from(["crc32c", "crc64nvme"]))
def test_two_checks_join_to_the_check_of_both(first, second, name):
    joined = crc.join(crc.code(name), check(name, first), check(name, second), len(second))

    assert joined == check(name, first + second)


@pytest.mark.parametrize("name", ["crc32", "crc32c", "crc64nvme"])
def test_strips_agree_with_single_bytes(name):
    content = bytes(range(256)) * 4500

    at_once = check(name, content)

    assert at_once == check(name, *(content[at : at + 1000] for at in range(0, len(content), 1000)))
