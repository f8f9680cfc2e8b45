"""SELECT over files: names, types, values, and the result's file."""


def test_a_query_without_tables_answers_a_row(queries):
    assert queries.table("SELECT 1 AS one, 'x' AS two") == (("one", "two"), [("1", "x")])
