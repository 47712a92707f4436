"""voctl photospec: array columns that are served as spectra."""
import pytest


@pytest.fixture(scope="module")
def release(voctl, tmp_path_factory):
    folder = tmp_path_factory.mktemp("photospec")
    (folder / "f.csv").write_text(
        "name,position,filter_id,wavelength,width\nu,1,1,3500,500\n"
        "g,2,2,4800,1400\nx,3,3,,\n")
    voctl("filters", "pho", folder / "f.csv").ok()
    (folder / "t.csv").write_text(
        "id,label,ra,dec,MAG_u,MAG_g,ERR_u,ERR_g\n"
        "1,a,10,20,18,19,0.1,0.2\n2,b,30,40,99,19,99,0.2\n")
    (folder / "t.ini").write_text(
        "[column MAG_u]\nunit = mag\n[column MAG_g]\nunit = mag\n")
    r = voctl.release("--survey", "pho")
    voctl("load", r, "T", folder / "t.csv", "--key", "id", "--meta",
          folder / "t.ini", "--fold").ok()
    return r


GOOD = ["--table", "pho.T", "--ids", "id", "--mag", "MAG", "--error", "ERR"]


def stored(voctl, release):
    return voctl.sql("SELECT name, table_name, id_columns, kind, value_column,"
                     " error_column, is_relative, limits, aperture, t_min,"
                     " t_max FROM vo.photospec WHERE release_id = %s"
                     " ORDER BY place", release)


def test_put_replace_remove(voctl, release):
    voctl("photospec", release, "m", *GOOD, "--dry-run").ok()
    assert not stored(voctl, release)
    voctl("photospec", release, "m", *GOOD, "--limits", "21,21.5",
          "--aperture", "3", "--times", "58000,58001.5").ok()
    assert stored(voctl, release) == [
        ("m", "pho.T", ["id"], "mag", "MAG", "ERR", False, [21, 21.5], 3,
         58000, 58001.5)]
    voctl("photospec", release, "m", "--table", "t", "--ids", "LABEL",
          "--mag", "mag").ok()  # names as published, whatever the case
    assert stored(voctl, release) == [
        ("m", "pho.T", ["label"], "mag", "MAG", None, False, None, None, None,
         None)]
    voctl("photospec", release, "n", *GOOD).ok()
    assert [s[0] for s in stored(voctl, release)] == ["m", "n"]
    voctl("photospec", release, "m", "--remove").ok()
    voctl("photospec", release, "m", "--remove").fails("no spectra called m")
    assert [s[0] for s in stored(voctl, release)] == ["n"]
    voctl("photospec", release, "n", "--remove").ok()


@pytest.mark.parametrize("args, words", [
    ([], ["--table"]), (["--table", "pho.T", "--ids", "id"], ["--mag"]),
    (GOOD + ["--flux", "MAG"], ["--flux"]),
    (["--table", "pho.X"] + GOOD[2:], ["pho.X", "no such table"]),
    (GOOD[:2] + ["--ids", "nope"] + GOOD[4:], ["nope"]),
    (GOOD[:2] + ["--ids", "ra"] + GOOD[4:], ["ra", "integer"]),
    (GOOD[:2] + ["--ids", "id,label"] + GOOD[4:], ["label", "only id"]),
    (GOOD[:4] + ["--mag", "ra"], ["ra", "no array"]),
    (GOOD[:4] + ["--mag", "MAG", "--error", "lost"], ["lost"]),
    (GOOD[:4] + ["--flux", "MAG"], ["MAG", "uJy"]),
    (GOOD + ["--limits", "1,b"], ["--limits", "b"]),
    (GOOD + ["--times", "1"], ["--times", "2 numbers"]),
    (GOOD + ["--aperture", "wide"], ["wide"])])
def test_bad_usage(voctl, release, args, words):
    voctl("photospec", release, "bad", *args).fails(*words)
    assert not stored(voctl, release)


def test_bad_names(voctl, release):
    voctl("photospec", release, "No Name", *GOOD).fails()
    voctl("photospec", "nowhere", "m", *GOOD).fails("no release nowhere")
    assert not stored(voctl, release)


def test_check(voctl, release):
    """What was marked and is gone is told."""
    words = "array columns served as spectra"
    voctl("photospec", release, "m", *GOOD).ok()
    try:
        assert words + " are there" in voctl("check", release).ok().out
        voctl.sql("UPDATE vo.photospec SET error_column = 'lost'")
        result = voctl("check", release)
        assert result.rc == 1
        assert "m: pho.T or one of its columns" in result.out + result.err
    finally:
        voctl("photospec", release, "m", "--remove").ok()
