import pytest

pytest.register_assert_rewrite("spark_faults", "spark_suite", "spark_world")
