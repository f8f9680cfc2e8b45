"""Questions, rows and labels of the groups that tests write out by hand."""

from dataset_cases import File, Shape
from dataset_oracle import Label, Stored, instant

from reconciler.datasets.question import Join, Key, Output, Question

GLUE = Shape(
    "Live-G", "Glue", "String", "String", (("f", "Integral"), ("x", "Fractional"), ("s", "String")), "id", "at"
)
ICE = GLUE._replace(name="Live-I", table_format="Iceberg")
REAL = GLUE._replace(name="Live-R", event_type="Fractional")


def question_of(*shapes, columns=("f", "x", "s"), **more):
    """The features of some groups, all under one key."""
    ages = more.pop("max_age", None)
    joins = []
    for number, shape in enumerate(shapes):
        kinds = dict(shape.features)
        outputs = tuple(Output(f"{name}_{number}", name, kinds[name]) for name in columns)
        key = Key("key", shape.id_type)
        joins.append(Join("g", shape.name, key, shape.record_id, shape.event_time, shape.event_type, outputs, ages))
    return Question(tuple(joins), **more)


def laid(stores, shape, *rows, **more):
    """The group of a shape with one file."""
    files = {shape.name: (File(rows, **more),)}
    stores.lay(files, [shape])
    return files


def at(text, *keys):
    return Label(keys or ("a",), text and instant(text))


def row(text, f=None, record_id="a", **more):
    return Stored(record_id, text, 0, 0, False, {"f": f, **more})
