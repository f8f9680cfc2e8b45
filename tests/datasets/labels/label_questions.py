"""Questions that labels are read for."""

from reconciler.datasets.question import Join, Key, Output, Question


def a_join(column="plane", kind="String", group="plane", outputs=("seats",), **options):
    features = tuple(Output(name, name, "Integral") for name in outputs)
    return Join(group, group, Key(column, kind), "id", "at", "String", features, **options)


def a_question(*joins):
    return Question(joins or (a_join(),))
