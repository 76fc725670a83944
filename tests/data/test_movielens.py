"""MovieLens: the invented sample by hand, wrong rows, and the real files where LAB_MIRROR has them."""

import gzip
import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import data
from data.movielens import main_genres

SAMPLES = Path(data.__file__).parent / "samples"
NAME, FOLDER = "movielens-latest-small", "ml-latest-small"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of the sample's folder that LAB_MIRROR points at."""
    shutil.copytree(SAMPLES / FOLDER, tmp_path / FOLDER)
    monkeypatch.setenv("LAB_MIRROR", str(tmp_path))
    return tmp_path / FOLDER


def test_sample_events_by_hand(folder):
    """Ids 1 3 8 20 and 2 3 7 11 40 95 120 become 0.. in that order; rows keep the order of the file."""
    made = data.load(NAME)
    assert made.ids.user.tolist() == [1, 3, 8, 20]
    assert made.ids.item.tolist() == [2, 3, 7, 11, 40, 95, 120]
    events = made.interactions
    assert (events.n_users, events.n_items, len(events)) == (4, 7, 14)
    assert events.user.tolist() == [0] * 4 + [1] * 4 + [2] * 4 + [3] * 2
    assert events.item.tolist() == [0, 1, 2, 3, 1, 2, 4, 5, 0, 1, 3, 4, 1, 3]
    assert events.weight[:4].tolist() == [4.0, 5.0, 4.5, 0.5]
    assert events.time[7] == 1_300_000_000


def test_sample_catalogue_by_hand(folder):
    """Film 3 has 5, 3, 4, 4 stars. Ratings by genre: Film-Noir, Romance, Children 2, Action 3, Crime 5."""
    catalog = data.load(NAME).catalog
    assert list(catalog.frame.columns) == ["title", "year", "genres", "genre", "n_ratings", "mean_rating"]
    assert catalog["title"].tolist()[2:6] == [
        "Lantern, The (1952)",
        "Night Ferry (2004)",
        "Étoile du matin (1971)",
        "Untitled Moth Film",
    ]
    assert catalog["n_ratings"].tolist() == [2, 4, 2, 3, 2, 1, 0]
    assert catalog["mean_rating"].tolist()[:2] == [3.25, 4.0]
    assert np.isnan(catalog["mean_rating"][6])
    assert catalog["year"].tolist()[:5] == [1987, 1999, 1952, 2004, 1971]
    assert np.isnan(catalog["year"][5])
    assert catalog["genres"][3] == "Action|Crime|IMAX"
    assert catalog["genre"].tolist() == [
        "Children", "Drama", "Film-Noir", "Action", "Romance", "(no genres listed)", "Comedy",
    ]  # fmt: skip


def test_sample_says_that_it_is_not_the_published_data(folder):
    provenance = data.load(NAME).provenance
    assert provenance.official is False
    assert provenance.folder == str(folder)
    assert set(provenance.sha256) == {"movies.csv", "ratings.csv"}
    assert "Harper" in provenance.citation and "commercial" in provenance.licence


def test_order_of_the_rows_of_movies_does_not_matter(folder):
    before = data.load(NAME)
    lines = (folder / "movies.csv").read_text(encoding="utf-8").splitlines()
    (folder / "movies.csv").write_text("\n".join([lines[0], *reversed(lines[1:])]), encoding="utf-8")
    after = data.load(NAME)
    assert after.catalog.frame.equals(before.catalog.frame)
    assert (after.interactions.item == before.interactions.item).all()


def test_gz_is_read_as_it_is(folder):
    plain = data.load(NAME)
    for name in ("movies.csv", "ratings.csv"):
        (folder / f"{name}.gz").write_bytes(gzip.compress((folder / name).read_bytes()))
        (folder / name).unlink()
    packed = data.load(NAME)
    assert packed.catalog.frame.equals(plain.catalog.frame)
    assert packed.provenance.sha256 == plain.provenance.sha256


def test_more_columns_and_another_order_are_fine(folder):
    before = data.load(NAME).interactions
    rows = [line.split(",") for line in (folder / "ratings.csv").read_text().splitlines()]
    (folder / "ratings.csv").write_text("\n".join(",".join([r[3], "x", r[2], r[1], r[0]]) for r in rows))
    after = data.load(NAME).interactions
    assert all((getattr(after, c) == getattr(before, c)).all() for c in ("user", "item", "time", "weight"))


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("ratings.csv", "1,3,5.0", "1,3,5.5", r"column rating: must be between 0\.5 and 5\.0, got '5\.5'"),
        ("ratings.csv", "1,3,5.0", "1,3,4.7", r"column rating: must be a multiple of 0\.5, got '4\.7'"),
        ("ratings.csv", "1,3,5.0", "1,3,nan", r"ratings\.csv line 3, column rating: must be between"),
        ("ratings.csv", "1,3,5.0", "1,3,good", r"line 3, column rating: must be a number, got 'good'"),
        ("ratings.csv", "1,3,5.0", "1,3,", r"line 3, column rating: must be a number, got ''"),
        ("ratings.csv", "1,3,5.0", "one,3,5.0", r"line 3, column userId: must be a whole number, got 'one'"),
        ("ratings.csv", "1,3,5.0", "1,4,5.0", r"line 3, column movieId: 4 is not in movies\.csv"),
        ("ratings.csv", "1,3,5.0", "1,2,5.0", r"movieId: 2 repeats: the same user rated it on line 2"),
        ("ratings.csv", "1,3,5.0", "1,3,5.0,9", r"ratings\.csv line 3: must have 4 cells, got 5"),
        ("ratings.csv", "1,3,5.0,", "1,3,5.0,-", r"line 3, column timestamp: must be between 0"),
        ("ratings.csv", "timestamp", "when", r"ratings\.csv line 1: needs a column 'timestamp'"),
        ("movies.csv", "\r\n3,", "\r\n2,", r"line 3, column movieId: 2 repeats: it stands on line 2"),
        ("movies.csv", "Slow Harbour (1999)", "", r"movies\.csv line 3, column title: must not be empty"),
        ("movies.csv", '1952)"', "1952)", r"movies\.csv line \d+: "),
    ],
)  # fmt: skip
def test_a_wrong_row_is_named_by_file_line_column_and_reason(folder, file, old, new, words):
    content = (folder / file).read_bytes()
    assert content.count(old.encode()) == 1
    (folder / file).write_bytes(content.replace(old.encode(), new.encode()))
    with pytest.raises(ValueError, match=words):
        data.load(NAME)


def test_a_wrong_encoding_is_named(folder):
    content = (folder / "movies.csv").read_bytes().replace("É".encode(), "É".encode("latin-1"))
    (folder / "movies.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"movies\.csv line 6: must be utf-8 text, got byte 0xc9"):
        data.load(NAME)


def test_a_line_number_counts_lines_not_rows(folder):
    """A title over two lines, in quotes, moves the rows after it down by one."""
    content = (folder / "movies.csv").read_bytes()
    content = content.replace(b"The Paper Kite (1987)", b'"The Paper\r\nKite (1987)"')
    (folder / "movies.csv").write_bytes(content.replace(b"\r\n7,", b"\r\nx,"))
    with pytest.raises(ValueError, match=r"line 5, column movieId: must be a whole number, got 'x'"):
        data.load(NAME)


def test_main_genre_is_the_rarest_by_ratings():
    """Drama has 5 + 9 + 1 ratings, Comedy 5, War 9 + 1, IMAX 1 but is no genre."""
    got = main_genres(["Comedy|Drama", "Drama|War", "Drama|IMAX|War", "IMAX"], np.array([5, 9, 1, 0]))
    assert got == ["Comedy", "War", "War", "IMAX"]


def test_main_genre_of_equals_is_the_first_listed():
    assert main_genres(["Western|Crime", "Crime|Western"], np.array([2, 3])) == ["Western", "Crime"]


def seconds(*date: int) -> float:
    return datetime(*date, tzinfo=UTC).timestamp()


def test_real_files_have_the_published_counts(raw, monkeypatch):
    """The archive's README.txt: 100836 ratings, 9742 movies, 610 users, 29 March 1996 to 24 Sept 2018."""
    monkeypatch.setenv("LAB_MIRROR", str(raw(FOLDER).parent))
    made = data.load(NAME)
    events, catalog = made.interactions, made.catalog
    assert made.provenance.official
    assert (len(events), events.n_users, events.n_items) == (100_836, 610, 9_742)
    assert (catalog["n_ratings"] > 0).sum() == len(np.unique(events.item)) == 9_724
    assert (made.ids.user[0], made.ids.user[-1]) == (1, 610)
    assert (made.ids.item[0], made.ids.item[-1]) == (1, 193_609)
    assert seconds(1996, 3, 29) <= events.time.min() < seconds(1996, 3, 30)
    assert seconds(2018, 9, 24) <= events.time.max() < seconds(2018, 9, 25)
    assert np.bincount(events.user).min() == 20
    assert set(events.weight) == set(np.arange(1, 11) / 2)
    assert catalog["year"].isna().sum() == 13
    assert (catalog["genre"] == "(no genres listed)").sum() == 34


def test_a_real_row(raw, monkeypatch):
    """The first rating is `1,1,4.0,964982703`: Toy Story, Adventure|Animation|Children|Comedy|Fantasy."""
    monkeypatch.setenv("LAB_MIRROR", str(raw(FOLDER).parent))
    made = data.load(NAME)
    events, film = made.interactions, made.catalog.frame.iloc[0]
    assert (events.user[0], events.item[0], events.weight[0], events.time[0]) == (0, 0, 4.0, 964_982_703)
    assert (film["title"], film["year"], film["genre"]) == ("Toy Story (1995)", 1995, "Animation")
    assert film["n_ratings"] == 215


def test_real_popularity_is_as_uneven_as_known(raw, monkeypatch):
    """Gini of ratings per rated film, 0.716, computed apart from this code from the sorted counts."""
    from core.metrics.catalogue import gini

    monkeypatch.setenv("LAB_MIRROR", str(raw(FOLDER).parent))
    n = data.load(NAME).catalog["n_ratings"].to_numpy()
    assert gini(n[n > 0].astype(float)) == pytest.approx(0.716, abs=5e-4)


def test_what_is_said_of_the_main_genre_is_true(raw, monkeypatch):
    """The figures in the docstring of `main_genres`: 1.41 against 1.23 and 1.14, and 13, 30 and 42 %."""
    monkeypatch.setenv("LAB_MIRROR", str(raw(FOLDER).parent))
    made = data.load(NAME)
    listed = [g.split("|") for g in made.catalog["genres"]]
    n = made.catalog["n_ratings"].to_numpy()
    total = {}
    for genres, ratings in zip(listed, n, strict=True):
        for genre in genres:
            total[genre] = total.get(genre, 0) + ratings

    def concentration(genre):
        _, code = np.unique(genre, return_inverse=True)
        table = np.zeros((610, code.max() + 1))
        np.add.at(table, (made.interactions.user, code[made.interactions.item]), 1)
        size, share = table.sum(axis=1), table.sum(axis=0) / table.sum()
        within = ((table * (table - 1)).sum(axis=1) / (size * (size - 1))).mean()
        return within / ((table @ share) / size).mean(), share.max()

    assert concentration(made.catalog["genre"].to_numpy(dtype=str)) == pytest.approx((1.41, 0.124), abs=6e-3)
    assert concentration([g[0] for g in listed]) == pytest.approx((1.23, 0.30), abs=6e-3)
    assert concentration([max(g, key=total.get) for g in listed]) == pytest.approx((1.14, 0.42), abs=6e-3)
