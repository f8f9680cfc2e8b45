"""Spark 4 makes datasets out of the offline store's files: the tests are in material."""

from spark_dataset_suite import *  # noqa: F403 - every test, and the fixtures that it needs
