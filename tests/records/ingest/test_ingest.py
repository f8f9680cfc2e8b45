from ingest_world import as_sent, rows


def test_every_row_is_online_and_offline_as_it_was_given(world):
    target, given = world.make(), rows(130)

    report = world.ingest(target, given)

    sent = {row["origin"]: as_sent(row) for row in given}
    assert (report.rows, report.written, report.is_complete) == (130, 130, True)
    assert world.online("weather", *sent) == sent
    assert sorted(row["origin"] for row in world.offline()) == sorted(sent)
