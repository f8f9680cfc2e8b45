"""Spark 4 writes the offline store, without a jar of its own: the tests are in material/spark_suite.py."""

from spark_suite import *  # noqa: F403 - every test of the suite, and the fixtures that it needs
