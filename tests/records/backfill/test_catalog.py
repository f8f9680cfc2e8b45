"""Iceberg tables that the service made, through the catalogue of the environment."""

import pytest
from backfill_help import Ice, Weather

from reconciler.aws.catalog import Catalog
from reconciler.errors import AwsFailed


def named(target):
    return target.live.table.database, target.live.table.table


def test_a_table_is_read_and_committed_to(either):
    catalog = Catalog(either.environment, either.root)
    table = catalog.load_table(named(either.make(Ice)))

    with table.transaction() as change:
        change.set_properties({"owner": "operations"})

    again = catalog.load_table(table.name())
    assert again.properties["owner"] == "operations"
    assert again.scan().to_arrow().column_names[:2] == ["origin", "observed_at"]


def test_a_table_of_another_kind_is_refused(place):
    target = place.make(Weather)

    with pytest.raises(AwsFailed) as refused:
        Catalog(place.environment, place.root).load_table(named(target))

    assert refused.value.code == "NoSuchTable"


def test_a_table_that_names_code_is_refused(place):
    catalog = Catalog(place.environment, place.root)
    table = catalog.load_table(named(place.make(Ice)))
    with table.transaction() as change:
        change.set_properties({"write.py-location-provider.impl": "pyiceberg.table.locations.SimpleLocationProvider"})

    with pytest.raises(AwsFailed) as refused:
        catalog.load_table(table.name())

    assert refused.value.code == "RunsCode"
