"""A specification in hand is a valid one: bad numbers are refused when it is built, by owner and field."""

from dataclasses import FrozenInstanceError, dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import Config, Knob, knob, unknown


@dataclass(frozen=True)
class Oven(Config):
    heat: float = knob(180.0, 0.0, 300.0, "°C", "How hot.", off=0.0)
    trays: int = knob(2, 1, 9, "", "How many.")
    name: str = "oven"


@pytest.mark.parametrize("value", [200, 200.0, np.int16(200), np.float32(200), np.float64(200)], ids=repr)
def test_a_whole_number_or_a_numpy_scalar_will_do_for_a_float(value):
    heat = Oven(heat=value).heat
    assert type(heat) is float
    assert heat == 200.0


@pytest.mark.parametrize("value", [3, 3.0, np.int64(3), np.float64(3.0)], ids=repr)
def test_a_whole_number_knob_holds_an_int(value):
    trays = Oven(trays=value).trays
    assert type(trays) is int
    assert trays == 3


@pytest.mark.parametrize(
    ("field", "value", "error", "says"),
    [
        ("heat", True, TypeError, "Oven.heat must be a number, got True"),
        ("heat", np.bool_(True), TypeError, "Oven.heat must be a number, got True"),
        ("heat", "hot", TypeError, "Oven.heat must be a number, got 'hot'"),
        ("heat", None, TypeError, "Oven.heat must be a number, got None"),
        ("heat", np.array([1.0]), TypeError, "Oven.heat must be a number"),
        ("heat", float("nan"), ValueError, "Oven.heat must be between 0.0 and 300.0, got nan"),
        ("heat", np.float32("nan"), ValueError, "Oven.heat must be between"),
        ("heat", float("inf"), ValueError, "Oven.heat must be between 0.0 and 300.0, got inf"),
        ("heat", 300.01, ValueError, "Oven.heat must be between 0.0 and 300.0, got 300.01"),
        ("heat", -1, ValueError, "Oven.heat must be between 0.0 and 300.0, got -1"),
        pytest.param("heat", 10**400, ValueError, "Oven.heat must be between", id="too large for a float"),
        ("trays", 2.5, ValueError, "Oven.trays must be a whole number, got 2.5"),
        ("trays", 10, ValueError, "Oven.trays must be between 1 and 9, got 10"),
        ("trays", False, TypeError, "Oven.trays must be a number, got False"),
    ],
)
def test_a_bad_value_is_refused_by_owner_and_field(field, value, error, says):
    with pytest.raises(error) as caught:
        Oven(**{field: value})
    assert says in str(caught.value)
    with pytest.raises(error):
        Oven().with_(**{field: value})


def test_bounds_are_closed():
    assert Oven(heat=0.0, trays=9) == Oven(heat=0, trays=9.0)
    assert Oven(heat=300.0).heat == 300.0


@given(st.floats(allow_nan=True, allow_infinity=True) | st.integers())
def test_a_value_is_kept_or_refused(value):
    """Nothing in between: a number within the bounds comes back as it went in, anything else raises."""
    if 0 <= value <= 300:
        assert Oven(heat=value).heat == value
    else:
        with pytest.raises(ValueError):
            Oven(heat=value)


def test_an_unknown_knob_is_refused_and_the_nearest_offered():
    with pytest.raises(KeyError) as caught:
        Oven().with_(heet=3.0)
    assert "unknown Oven knob 'heet'; did you mean 'heat'?" in caught.value.args[0]
    assert "heat, trays" in caught.value.args[0]
    with pytest.raises(KeyError):
        Oven().with_(name="other")  # a field, but not a knob


def test_unknown_offers_nothing_where_nothing_is_near():
    assert unknown("arm", "zzz", ["popular"]) == "unknown arm 'zzz'; known: popular"
    assert unknown("arm", "x", []) == "unknown arm 'x'; known: none"


def test_with_changes_a_copy():
    oven = Oven(heat=100.0)
    assert oven.with_(trays=5) == Oven(100.0, 5)
    assert oven.trays == 2
    with pytest.raises(FrozenInstanceError):
        oven.heat = 3.0
    assert hash(oven) == hash(Oven(100.0))


def test_a_knob_is_declared_once_and_read_everywhere():
    assert Oven.declared() == {
        "heat": Knob("heat", 180.0, 0.0, 300.0, "°C", "How hot.", 0.0),
        "trays": Knob("trays", 2, 1, 9, "", "How many.", None),
    }
    assert Oven(heat=1.0).knobs()["heat"].default == 180.0
    assert not Oven.declared()["heat"].integer
    assert Oven.declared()["trays"].integer


def test_a_default_outside_its_own_bounds_is_refused():
    with pytest.raises(ValueError, match="default must be between 1.0 and 2.0, got 3.0"):
        knob(3.0, 1.0, 2.0)
