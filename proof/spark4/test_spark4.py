"""Spark 4 writes the offline store, without a jar of its own: the tests are in material."""

from spark_faults import *  # noqa: F403 - every test, and the fixtures that it needs
from spark_suite import *  # noqa: F403
