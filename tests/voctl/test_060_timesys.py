"""The time frame of a column, declared in the metadata file."""
import pytest


def load(voctl, tmp_path, timesys):
    r = voctl.release("--survey", "tsys")
    (tmp_path / "a.csv").write_text("id,seen,mjd\n1,2020-01-01T00:00:00,5.5\n")
    (tmp_path / "a.ini").write_text(
        "[column seen]\nxtype = timestamp\ntimesys = UTC TOPOCENTER\n"
        "[column mjd]\ntimesys = %s\n" % timesys)
    return r, voctl("load", r, "T", tmp_path / "a.csv", "--key", "id",
                    "--meta", tmp_path / "a.ini")


def test_declared(voctl, tmp_path):
    r, done = load(voctl, tmp_path, "TDB BARYCENTER MJD-origin")
    done.ok()
    assert dict(voctl.sql("SELECT column_name, timesys FROM vo.tap_columns"
                          " WHERE release_id = %s AND table_name = 'tsys.T'",
                          r)) == {"id": None, "seen": "UTC TOPOCENTER",
                                  "mjd": "TDB BARYCENTER MJD-origin"}


@pytest.mark.parametrize("timesys", ["TDB", "EARTH TDB", "TDB BARYCENTER x"])
def test_refused(voctl, tmp_path, timesys):
    _, done = load(voctl, tmp_path, timesys)
    done.fails("column mjd", timesys, "MJD-origin")
