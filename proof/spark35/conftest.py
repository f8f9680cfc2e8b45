import pytest

pytest.register_assert_rewrite("dataset_suite", "spark_dataset_suite", "spark_faults", "spark_suite", "spark_world")
