import pytest

pytest.register_assert_rewrite("spark_suite")
