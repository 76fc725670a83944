"""A study is declared whole or refused; a twist changes one thing and keeps the rest."""

import dataclasses

import pytest

from casestudies.netflix_home import CASE
from casestudies.netflix_home.policies import MONOTONE, PERSONAL, STAGEWISE
from core.casestudy import Claim, Prediction, Run
from core.inference import Metric

GUESS = Prediction("time_to_first_play", (-0.1, 0.0), "a guess")


def bump(observed, requests, candidates, scores):
    return scores + 1.0


def twist(**changes):
    return CASE.twist("mine", **{"question": "Does it?", "prediction": GUESS, **changes})


def test_a_twist_is_its_parent_but_for_what_it_gives():
    made = twist()
    kept = {f.name for f in dataclasses.fields(CASE)} - {
        "slug",
        "title",
        "question",
        "questions",
        "parent",
        "prediction",
    }
    assert all(getattr(made, name) == getattr(CASE, name) for name in kept)
    assert (made.slug, made.title, made.parent, made.questions) == ("mine", "Mine", "netflix-home", ())


def test_guardrails_stay_and_may_be_redefined():
    mine = Metric("minutes", "minutes", "user-week")
    strict = Metric("retention", "subscribed", "user", last_day=True, role="guardrail", margin=0.001)
    made = twist(scorecard=(mine, strict), prediction=dataclasses.replace(GUESS, metric="minutes"))
    assert [m.name for m in made.scorecard] == ["minutes", "retention", "abandonment", "quality_plays"]
    assert made.metric("retention").margin == 0.001
    assert made.primary is mine


def test_the_headline_knob_of_a_score_rule_is_its_weight():
    first = twist(treatment=PERSONAL.adjusted(bump, "bump"))
    assert first.headline[0] == "treatment.weight"
    second = twist(treatment=PERSONAL.adjusted(bump, "bump").adjusted(bump, "more"))
    assert second.headline[0] == "treatment.weight.more"
    assert {"treatment.weight", "treatment.weight.more"} <= set(second.knobs())
    assert twist().headline == CASE.headline


@pytest.mark.parametrize("name", ["users", "days", "retrain"])
def test_a_given_number_is_taken_as_given(name):
    assert getattr(twist(**{name: 50}), name) == 50
    if name == "retrain":
        assert twist(retrain=0).retrain == 0  # fit once
    else:
        with pytest.raises(ValueError, match=f"mine: {name} must be a whole number of at least .*, got 0"):
            twist(**{name: 0})
    with pytest.raises(ValueError, match=f"mine: {name} must be a whole number"):
        twist(**{name: 50.5})


def test_a_slug_and_a_taste_must_be_usable():
    with pytest.raises(ValueError, match="a slug is lower-case letters"):
        CASE.twist(
            "My idea",
            question="Is it better?",
            prediction=Prediction("quality_plays", relative=(0.0, 0.1), because="it is"),
        )
    with pytest.raises(KeyError, match="unknown taste of mine 'nope'"):
        twist(taste="nope")


def test_world_changes_come_after_the_preset_and_before_settings():
    made = twist(world={"patience": 50.0, "decided": 0.2})
    assert made.world_for("teaching", {}).patience == 50.0
    assert made.world_for("realistic", {}).decided == 0.2
    assert made.world_for("teaching", {"patience": 60.0}).patience == 60.0
    again = made.twist("again", question="?", prediction=GUESS, world={"late": 1.0})
    assert (again.world_for("teaching", {}).patience, again.world_for("teaching", {}).late) == (50.0, 1.0)


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"question": ""}, ValueError, "mine: question must say"),
        ({"control": "monotne"}, KeyError, "unknown arm of mine 'monotne'; did you mean 'monotone'"),
        ({"world": {"intnt": 0.0}}, KeyError, "did you mean 'intent'"),
        ({"world": {"intent": 9.0}}, ValueError, "HomeWorld.intent must be between"),
        ({"prediction": dataclasses.replace(GUESS, metric="seconds")}, KeyError, "unknown metric of mine"),
        ({"scorecard": (CASE.scorecard[2],)}, ValueError, "mine: the scorecard needs a success metric"),
        ({"scorecard": (CASE.scorecard[0],) * 2}, ValueError, "mine: a metric stands twice"),
        (
            {"treatment": MONOTONE.with_(explore=0.5)},
            ValueError,
            "different policies of one name, 'monotone'",
        ),
        (
            {"control": "stagewise", "treatment": STAGEWISE.with_(diversity=2)},
            ValueError,
            "of one name, 'stagewise'",
        ),
    ],
)
def test_a_bad_twist_is_refused_when_it_is_declared(changes, error, says):
    with pytest.raises(error, match=says):
        twist(**changes)


def test_a_policy_of_its_own_is_an_arm_by_its_name():
    own = STAGEWISE.with_(diversity=2.0).renamed("very mixed")
    made = twist(control="stagewise", treatment=own)
    assert made.policy("very mixed") is own and made.policy("stagewise") is STAGEWISE
    assert made.arms() == (*CASE.arms(), "very mixed")
    assert made.label("very mixed") == "very mixed" and made.label("stagewise") == "mixed rows"
    assert twist(control="stagewise", treatment="stagewise").control_name == "stagewise"  # A/A


def test_knob_paths_name_their_owner():
    paths = CASE.knobs()
    assert {"world.intent", "control.explore", "treatment.explore", "treatment.diversity"} <= set(paths)
    assert "control.diversity" not in paths
    assert all(path == declared.name for path, declared in paths.items())
    assert set(CASE.words) <= set(paths) and set(CASE.headline) <= set(paths)
    with pytest.raises(KeyError, match="unknown preset 'realstic'; did you mean 'realistic'"):
        CASE.world_for("realstic", {})


def test_predictions_and_claims_are_said_in_full():
    with pytest.raises(ValueError, match="because must say why"):
        Prediction("streams", (0.0, 1.0), "")
    with pytest.raises(ValueError, match=r"relative must be \(low, high\)"):
        Prediction("streams", (1.0, 0.0), "it is so")
    with pytest.raises(ValueError, match="scale must be relative or difference, got 'percent'"):
        Claim("c", Run("a"), Run("b"), "m", "percent", (None, 0.0), "nowhere")
    assert hash(Run("a", {"x": 1.0})) == hash(Run("a", {"x": 1.0}))
    for question in CASE.questions:
        for claim in question.claims:
            assert {claim.control.arm, claim.treatment.arm} <= set(CASE.arms())
            assert claim.null is None or CASE.world.with_(**claim.null.world)
