import pytest
from glue_help import a_table


@pytest.fixture
def database(glue):
    glue.create_database(DatabaseInput={"Name": "features"})


@pytest.fixture
def table(glue, database):
    """A table with two partition keys; answers what GetTable says of it."""
    glue.create_table(DatabaseName="features", TableInput=a_table())

    def found():
        return glue.get_table(DatabaseName="features", Name="weather")["Table"]

    return found
