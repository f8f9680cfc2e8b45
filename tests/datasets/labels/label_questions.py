"""Questions that labels are read for."""

import pyarrow as pa
import pytest

from reconciler.datasets.labels.faults import LabelsRefused
from reconciler.datasets.labels.reading import read_labels
from reconciler.datasets.question import Join, Key, Output, Question


def a_join(column="plane", kind="String", group="plane", outputs=("seats",), **options):
    features = tuple(Output(name, name, "Integral") for name in outputs)
    return Join(group, group, Key(column, kind), "id", "at", "String", features, **options)


def a_question(*joins):
    return Question(joins or (a_join(),))


def refusal(data, scratch, question=None, time="at", **options):
    """The lines of what is said of labels that cannot be used."""
    data = pa.table(data) if isinstance(data, dict) else data
    with pytest.raises(LabelsRefused) as refused:
        read_labels(data, question or a_question(), time, scratch=scratch, **options)
    return str(refused.value).splitlines()
