"""The registry's name is what a remote's address says, whatever the form; an address that says nothing gives none."""

import pytest

from reconciler.cli.init import name_of_remote


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/acme/flights",
        "https://github.com/acme/flights.git",
        "https://github.com/acme/flights.git/",
        "https://token:x-oauth-basic@github.example:8443/acme/flights.git",
        "http://github.example/acme/flights",
        "ssh://git@github.com/acme/flights.git",
        "ssh://git@ssh.github.com:443/acme/flights.git",
        "ssh://github.example/acme/flights",
        "git://github.example/acme/flights.git",
        "git@github.com:acme/flights.git",
        "git@github.com:/acme/flights.git",
        "work-github:acme/flights",
        "https://github.com/acme/flights\n",
    ],
)
def test_a_remote_names_its_owner_and_repository(url):
    assert name_of_remote(url) == "acme/flights"


def test_groups_within_groups_are_kept():
    assert name_of_remote("git@gitlab.example:acme/data/flights.git") == "acme/data/flights"


@pytest.mark.parametrize(
    "url",
    [
        "/srv/git/flights.git",
        "../flights",
        "file:///srv/git/acme/flights.git",
        "C:/work/acme/flights",
        "C:\\work\\flights",
        "https://github.com/flights",
        "https://github.com/acme/two words",
        "https://[github.com/acme/flights",
        "git@github.com:",
        "",
    ],
)
def test_an_address_that_does_not_tell_gives_no_name(url):
    assert name_of_remote(url) is None
