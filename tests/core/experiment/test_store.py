"""What is kept on disk is what would be computed, or it is computed again; a bad disk stops nobody."""

import json
import shutil

import numpy as np
import pytest

from casestudies.netflix_home import CASE
from core.experiment import Arm, Cancelled, burn_in, run_arms, simulate_arm
from core.experiment import store as disk
from core.experiment.arms import arm_key, known


def as_bytes(sums) -> list[bytes]:
    made = [sums.users.tobytes(), sums.plays.tobytes()]
    for m in CASE.scorecard:
        made += [sums.weeks[m.name].tobytes(), sums.before[m.name].tobytes()]
    return made


@pytest.fixture
def forget(monkeypatch):
    """Calling it empties the memory of burn-ins, so that the disk is asked."""
    import sys

    module = sys.modules["core.experiment.burn_in"]
    return module._recent.clear


@pytest.fixture(scope="module")
def fresh(small):
    return as_bytes(simulate_arm(CASE, Arm(small(days=7), "stagewise")))


def test_what_is_read_is_what_was_computed(small, fresh, tmp_path, forget):
    """Fresh, fresh with a store, from a stored burn-in, and from the stored arm: the same bytes."""
    arm = Arm(small(days=7), "stagewise")
    forget()
    assert not known(CASE, [arm], tmp_path)
    assert as_bytes(simulate_arm(CASE, arm, store=tmp_path)) == fresh
    assert known(CASE, [arm], tmp_path)
    forget()
    assert as_bytes(simulate_arm(CASE, arm, store=tmp_path)) == fresh
    shutil.rmtree(tmp_path / "arms")
    forget()
    assert as_bytes(simulate_arm(CASE, arm, store=tmp_path)) == fresh  # its past came from disk
    assert as_bytes(simulate_arm(CASE, arm, store=tmp_path, fresh=True)) == fresh


def test_a_stored_burn_in_is_the_one_computed(small, tmp_path, forget):
    asked = {"users": 150, "seed": 1, "taste": "fictional"}
    forget()
    made = burn_in(CASE, small().spec(CASE), folder=tmp_path, **asked)
    forget()
    read = burn_in(CASE, small().spec(CASE), folder=tmp_path, **asked)
    assert read is not made and read.day == made.day == 42
    for table in ("impressions", "requests", "user_days"):
        assert read.log.frame(table).equals(made.log.frame(table))
    for name in ("satiation", "trust", "subscribed", "last_genre"):
        assert getattr(read.world.state, name).tobytes() == getattr(made.world.state, name).tobytes()
    for a, b in zip(read.log.totals, made.log.totals, strict=True):
        assert {n: v.tobytes() for n, v in a.items()} == {n: v.tobytes() for n, v in b.items()}
    for a, b in zip(read.log.plays, made.log.plays, strict=True):
        assert [a[0], a[1].tobytes(), a[2].tobytes()] == [b[0], b[1].tobytes(), b[2].tobytes()]
    assert [bool(d.impressions) for d in read.log.days] == [bool(d.impressions) for d in made.log.days]


def test_a_burn_in_is_simulated_once_and_has_no_churn(small):
    asked = {"users": 150, "seed": 1, "taste": "fictional"}
    assert burn_in(CASE, small().spec(CASE), **asked) is burn_in(CASE, small().spec(CASE), **asked)
    assert burn_in(CASE, small().spec(CASE), **asked).world.members(42).all()


DAMAGE = {
    "a truncated array": lambda folder: cut(folder / "weeks.time_to_first_play.npy", 200),
    "an empty array": lambda folder: cut(folder / "users.npy", 0),
    "a missing array": lambda folder: (folder / "plays.npy").unlink(),
    "one array too many": lambda folder: np.save(folder / "more.npy", np.zeros(2)),
    "a pickle": lambda folder: np.save(folder / "plays.npy", np.array([{}], dtype=object), allow_pickle=True),
    "no record": lambda folder: (folder / "meta.json").unlink(),
    "half a record": lambda folder: cut(folder / "meta.json", 10),
    "another record": lambda folder: (folder / "meta.json").write_text("[1]"),
    "a record of nothing": lambda folder: (folder / "meta.json").write_text('{"arrays": {}}'),
    "other numbers": lambda folder: np.save(folder / "plays.npy", 1 + np.load(folder / "plays.npy")),
    "another shape": lambda folder: np.save(folder / "weeks.retention.npy", np.zeros(3)),
}


def cut(path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_entry_is_computed_again(small, fresh, tmp_path, how):
    arm = Arm(small(days=7), "stagewise")
    simulate_arm(CASE, arm, store=tmp_path)
    folder = tmp_path / "arms" / arm_key(CASE, arm)
    DAMAGE[how](folder)
    assert as_bytes(simulate_arm(CASE, arm, store=tmp_path)) == fresh
    assert disk.load(folder) is not None  # and is whole again


def test_a_damaged_burn_in_is_computed_again(small, fresh, tmp_path, forget):
    arm = Arm(small(days=7), "stagewise")
    forget()
    simulate_arm(CASE, arm, store=tmp_path)
    (folder,) = (tmp_path / "burn-ins").iterdir()
    cut(folder / "plays.item.npy", 300)
    shutil.rmtree(tmp_path / "arms")
    forget()
    assert as_bytes(simulate_arm(CASE, arm, store=tmp_path)) == fresh


def test_a_place_that_cannot_be_written_costs_the_cache_only(small, fresh, tmp_path):
    """A file stands where the folder should be (a mode that forbids would not stop the superuser)."""
    blocked = tmp_path / "blocked"
    blocked.write_text("here")
    arm = Arm(small(days=7), "stagewise")
    assert as_bytes(simulate_arm(CASE, arm, store=blocked)) == fresh
    assert blocked.read_text() == "here"


def test_an_entry_that_fails_half_way_leaves_nothing(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr(disk.np, "save", full)
    disk.save(tmp_path / "entries" / "one", {"a": np.zeros(3)}, {"of": "a"})
    assert list((tmp_path / "entries").iterdir()) == []


def test_the_first_of_two_writers_is_kept(tmp_path):
    for value in (1.0, 2.0):
        disk.save(tmp_path / "e" / "one", {"a": np.full(3, value)}, {"of": "a"})
    arrays, meta = disk.load(tmp_path / "e" / "one")
    assert arrays["a"].tolist() == [1.0, 1.0, 1.0] and meta == {"of": "a"}
    assert [p.name for p in (tmp_path / "e").iterdir()] == ["one"]
    with pytest.raises(ValueError, match="read-only"):
        arrays["a"][0] = 3.0


def test_the_entries_used_longest_ago_go_first(tmp_path):
    import os

    for i in range(4):
        disk.save(tmp_path / f"e{i}", {"a": np.zeros(1_000)}, {"of": "a"})
        os.utime(tmp_path / f"e{i}", (i, i))
    size = sum(f.stat().st_size for f in (tmp_path / "e0").iterdir())
    disk.load(tmp_path / "e0")  # used just now
    disk.prune(tmp_path, limit=2 * size)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["e0", "e3"]
    disk.prune(tmp_path, limit=0)
    assert [p.name for p in tmp_path.iterdir()] == ["e0"]  # the newest always stays


@pytest.mark.parametrize("workers", [1, 2])
def test_cancelling_stops_and_leaves_no_entry(small, tmp_path, workers):
    """Half a year is cancelled at the first tick that shows progress; arms leave nothing."""
    arms = [Arm(small(days=180), n) for n in ("stagewise", "monotone")]
    shares = []

    def tick(share: float) -> None:
        shares.append(share)
        if share > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        run_arms(CASE, arms, store=tmp_path, workers=workers, tick=tick)
    assert 0 < shares[-1] < 1
    assert not (tmp_path / "arms").exists() or not list((tmp_path / "arms").iterdir())


def test_a_burn_in_can_be_cancelled_too(small, tmp_path, forget):
    forget()

    def tick(share: float) -> None:
        raise Cancelled

    setting = small(world=(("history_days", 364),), users=600)
    with pytest.raises(Cancelled):
        run_arms(CASE, [Arm(setting, "popular")], store=tmp_path, tick=tick)
    assert not (tmp_path / "burn-ins").exists() and not (tmp_path / "arms").exists()


def test_progress_rises_to_1(small, tmp_path):
    shares = []
    run_arms(CASE, [Arm(small(days=7), "popular")], tick=shares.append)
    assert shares == sorted(shares) and shares[-1] == 1.0


def test_a_failing_arm_fails_the_run(small):
    with pytest.raises(KeyError, match="unknown arm of netflix-home 'populr'; did you mean 'popular'"):
        run_arms(CASE, [Arm(small(), "popular"), Arm(small(), "populr")], workers=2)


def test_records_hold_no_pickle_and_no_nan(small, tmp_path):
    simulate_arm(CASE, Arm(small(days=7), "popular"), store=tmp_path)
    for folder in tmp_path.glob("*/*"):
        json.loads((folder / "meta.json").read_text(), parse_constant=lambda name: pytest.fail(name))
        assert {p.suffix for p in folder.iterdir()} == {".npy", ".json"}


def test_replacing_replaces(tmp_path):
    for value in (1.0, 2.0):
        disk.save(tmp_path / "e" / "one", {"a": np.full(3, value)}, {}, replace=True)
    assert disk.load(tmp_path / "e" / "one")[0]["a"].tolist() == [2.0, 2.0, 2.0]
    assert [p.name for p in (tmp_path / "e").iterdir()] == ["one"]
