"""A pipeline's parts add up: knobs by bare name, rules that blend, slates that hold what they may."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from core.catalog import Catalog
from core.config import Config, knob
from core.log import Log
from core.observed import Noise, Observed
from core.policy import Adjust, Pipeline, Policy, Trace, check_slate, explain, settings_of
from core.slate import Candidates, Requests, Slate

N_ITEMS, B = 12, 5


@dataclass(frozen=True)
class Most(Config):
    """All items but those below ``first``, which stay empty slots."""

    first: int = knob(2, 0, 9)

    def candidates(self, observed, requests):
        item = np.broadcast_to(np.arange(N_ITEMS), (len(requests), N_ITEMS)).copy()
        item[:, : self.first] = -1
        return Candidates(item, np.zeros(item.shape, dtype=np.int8))


@dataclass(frozen=True)
class Liking(Config):
    """A fixed score of user and item, −inf on empty slots."""

    slope: float = knob(1.0, 0.0, 9.0)

    def fit(self, observed, rng):
        return self

    def score(self, observed, requests, candidates):
        made = self.slope * np.sin(1.0 + requests.user[:, None] * 3 + candidates.item * 5)
        return np.where(candidates.item < 0, -np.inf, made).astype(np.float32)


@dataclass(frozen=True)
class Top(Config):
    """The best four in order; usable ones only."""

    width: int = knob(4, 1, 12)

    def slate(self, observed, requests, candidates, scores, noise):
        order = np.argsort(-scores, axis=1, kind="stable")[:, : self.width]
        score = np.take_along_axis(scores, order, axis=1)
        item = np.where(np.isneginf(score), -1, np.take_along_axis(candidates.item, order, axis=1))
        return Slate.page(item, score, 2)


PLAIN = Pipeline("plain", Most(), Liking(), Top())
OBSERVED = Observed(Catalog(pd.DataFrame({"title": ["t"] * N_ITEMS})), Log(30, N_ITEMS, "play"), 0)
REQUESTS = Requests(
    0, np.arange(B) + 100, np.arange(B) * 3, np.zeros(B, dtype=int), {"hour": np.arange(B) + 20}
)
NOISE = Noise((1, 2))


def serve(policy: Pipeline, requests: Requests = REQUESTS, trace: Trace | None = None) -> Slate:
    return policy.fit(OBSERVED, np.random.default_rng(0)).slate(OBSERVED, requests, NOISE, trace)


def same(a: Slate, b: Slate) -> bool:
    return all(getattr(a, f).tobytes() == getattr(b, f).tobytes() for f in Slate.__dataclass_fields__)


def reversed_scores(observed, requests, candidates, scores):
    return -scores


def bumped(observed, requests, candidates, scores):
    return scores + 1.5 * (candidates.item % 2)


# --- knobs ------------------------------------------------------------------------------------------------


def test_a_pipeline_has_the_knobs_of_its_parts_with_its_own_values():
    policy = PLAIN.with_(first=3, slope=2.5)
    assert isinstance(policy, Policy)
    assert dict(settings_of(policy)) == {"first": 3, "slope": 2.5, "width": 4}
    assert (policy.retrieve, policy.score, policy.rerank) == (Most(3), Liking(2.5), Top(4))
    assert dict(settings_of(PLAIN)) == {"first": 2, "slope": 1.0, "width": 4}


def test_a_knob_that_two_parts_declare_is_refused_when_it_is_built():
    @dataclass(frozen=True)
    class Other(Top):
        slope: float = knob(1.0, 0.0, 2.0)

    with pytest.raises(ValueError, match="pipeline 'twice': two parts declare the knob 'slope'"):
        Pipeline("twice", Most(), Liking(), Other())


def test_bad_knobs_are_refused_by_name():
    with pytest.raises(KeyError, match="unknown knob of plain 'slop'; did you mean 'slope'"):
        PLAIN.with_(slop=1.0)
    with pytest.raises(ValueError, match="Liking.slope must be between 0.0 and 9.0, got 10"):
        PLAIN.with_(slope=10)
    with pytest.raises(ValueError, match=r"plain\+.weight must be between -5.0 and 5.0, got nan"):
        PLAIN.adjusted(bumped, "plain+").with_(weight=float("nan"))


def test_the_second_rules_weight_has_its_name():
    policy = PLAIN.adjusted(bumped, "bump").adjusted(reversed_scores, "turn", weight=0.5)
    assert {k: v for k, v in settings_of(policy).items() if "weight" in k} == {
        "weight": 1.0,
        "weight.turn": 0.5,
    }
    changed = policy.with_(**{"weight.turn": 0.25, "weight": 2})
    assert [rule.weight for rule in changed.adjust] == [2.0, 0.25]
    assert policy.knobs()["weight.turn"].off == 0.0
    with pytest.raises(ValueError, match="two parts declare the knob 'weight.turn'"):
        policy.adjusted(bumped, "turn")


@pytest.mark.parametrize("weight", [float("nan"), 7.0, True])
def test_a_rule_is_not_built_with_a_weight_it_could_not_be_set_to(weight):
    with pytest.raises((ValueError, TypeError), match="Adjust.weight must be"):
        PLAIN.adjusted(bumped, "bump", weight=weight)


# --- score rules ------------------------------------------------------------------------------------------


def test_weight_0_does_not_call_the_rule_and_changes_nothing():
    def broken(observed, requests, candidates, scores):
        raise AssertionError("called")

    assert same(serve(PLAIN.adjusted(broken, "broken", weight=0.0)), serve(PLAIN))


def test_weight_1_is_the_rule_and_others_blend():
    """s + w · (f(s) − s) by hand; f is what the rule returns, rounded to float32 and nothing else."""
    candidates = PLAIN.retrieve.candidates(OBSERVED, REQUESTS)
    scores = PLAIN.score.score(OBSERVED, REQUESTS, candidates)
    f = bumped(OBSERVED, REQUESTS, candidates, scores)
    shown = candidates.item >= 0
    for weight in (1.0, 0.5, -1.0, 2.5):
        got = Adjust(bumped, "bump", weight).apply(OBSERVED, REQUESTS, candidates, scores)
        assert got.dtype == np.float32
        assert np.isneginf(got[~shown]).all()
        s, t = scores[shown], f[shown]
        expected = t if weight == 1.0 else s + weight * (t - s)
        np.testing.assert_array_equal(got[shown], expected.astype(np.float32))


@pytest.mark.parametrize("weight", [0.1, 0.5, 1.0, 2.0])
def test_minus_infinity_is_never_shown_at_any_weight_above_0(weight):
    def never_odd(observed, requests, candidates, scores):
        return np.where(candidates.item % 2 == 1, -np.inf, scores)

    slate = serve(PLAIN.adjusted(never_odd, "even", weight=weight).with_(width=12))
    assert (slate.item[slate.item >= 0] % 2 == 0).all()
    assert ((slate.item >= 0).sum(axis=1) == 5).all()  # 2, 4, 6, 8, 10


@pytest.mark.parametrize("weight", [0.5, 1.0])
def test_a_rule_cannot_fill_an_empty_slot(weight):
    """A rule that scores by the item alone gives −1 a score too; nothing is there to be shown."""

    def by_number(observed, requests, candidates, scores):
        return np.arange(N_ITEMS)[candidates.item].astype(float)

    slate = serve(PLAIN.adjusted(by_number, "numbers", weight=weight).with_(width=12))
    assert ((slate.item >= 0).sum(axis=1) == 10).all()
    assert (slate.item[:, :10] >= 0).all()


@pytest.mark.parametrize(
    ("returns", "error", "says"),
    [
        (
            lambda s: s[:, 0],
            ValueError,
            r"must return scores of shape \(5, 12\), got \(5,\); did you forget a \[:, None\]",
        ),
        (lambda s: s[:, :3], ValueError, r"must return scores of shape \(5, 12\), got \(5, 3\)$"),
        (
            lambda s: np.where(np.arange(N_ITEMS) == 7, np.nan, s),
            ValueError,
            "must not return NaN .* request 100, item 7",
        ),
        (lambda s: s.astype(str), TypeError, "must return numbers"),
        (lambda s: None, TypeError, "must return numbers, got object"),
    ],
)
@pytest.mark.parametrize("weight", [0.5, 1.0])
def test_a_bad_rule_is_refused_by_name(returns, error, says, weight):
    def short_after_ten(observed, requests, candidates, scores):
        return returns(scores)

    with pytest.raises(error, match="short_after_ten " + says):
        serve(PLAIN.adjusted(short_after_ten, "late", weight=weight))


def test_a_rankers_nan_is_refused_by_name():
    class Lost(Liking):
        def score(self, observed, requests, candidates):
            return np.where(candidates.item == 4, np.nan, 0.0)

    with pytest.raises(ValueError, match="the ranker of plain must not return NaN"):
        serve(Pipeline("plain", Most(), Lost(), Top()))


def test_a_rule_may_not_write_into_what_it_is_given():
    def greedy(observed, requests, candidates, scores):
        candidates.item[:] = 3
        return scores

    with pytest.raises(ValueError, match="read-only"):
        serve(PLAIN.adjusted(greedy, "greedy"))


def test_a_renamed_policy_serves_the_same():
    assert PLAIN.renamed("other").name == "other"
    assert same(serve(PLAIN.renamed("other")), serve(PLAIN))


def test_a_batch_is_its_requests_one_by_one():
    policy = PLAIN.adjusted(bumped, "bump", weight=0.3)
    whole = serve(policy)
    for b in range(B):
        one = serve(policy, REQUESTS.take(np.array([b])))
        for field in Slate.__dataclass_fields__:
            assert getattr(one, field)[0].tobytes() == getattr(whole, field)[b].tobytes()


# --- slates and traces ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ([[0, 1]], "mine must return 2 slates, got 1"),
        ([[0, 1], [2, 12]], r"mine must place items 0..11 .* got item 12"),
        ([[0, -2], [2, 3]], "got item -2"),
        ([[0, 1], [2, 2]], "mine placed an item twice"),
    ],
)
def test_a_bad_slate_is_refused_by_its_owner(item, says):
    made = Slate.page(np.array(item), np.zeros((len(item), 2)), 2)
    with pytest.raises(ValueError, match=says):
        check_slate(made, 2, N_ITEMS, "mine")


def test_empty_slots_may_repeat():
    check_slate(Slate.page(np.array([[-1, -1]]), np.zeros((1, 2)), 2), 1, N_ITEMS, "mine")
    check_slate(Slate.page(np.zeros((0, 4), dtype=int), np.zeros((0, 4)), 2), 0, N_ITEMS, "mine")


def test_a_trace_says_what_every_stage_did_and_agrees_with_the_slate():
    policy = PLAIN.adjusted(bumped, "bump")
    trace = Trace(REQUESTS.request[[1, 3]])
    slate = serve(policy, trace=trace)
    assert same(slate, serve(policy))
    assert [stage for stage, *_ in trace.stages] == ["score", "adjust: bump", "rerank"]
    assert all(requests.tolist() == [101, 103] for _, requests, _, _ in trace.stages)
    for b in (1, 3):
        for slot, item in enumerate(slate.item[b]):
            said = explain(trace, int(item), request=100 + b).set_index("stage")
            assert len(said) == 3
            assert said.loc["rerank", "rank"] == slot + 1
            assert said.loc["rerank", "score"] == slate.score[b, slot]
            # The re-ranker keeps the order of scores, so the rank after the last rule is the slot.
            assert said.loc["adjust: bump", "rank"] == slot + 1
            assert said.loc["adjust: bump", "score"] - said.loc["score", "score"] == pytest.approx(
                1.5 * (item % 2), abs=1e-6
            )
    assert explain(trace, 0)["rank"].isna().all()  # never retrieved
    assert len(explain(trace, int(slate.item[1, 0]))) == 6  # two requests, three stages


def test_a_trace_keeps_few_requests():
    with pytest.raises(ValueError, match="at most 1,000 requests, got 1001"):
        Trace(np.arange(1_001))


# --- what a rule may touch --------------------------------------------------------------------------------


def run_rule(rule, weight=1.0):
    """The scores of a pipeline with one rule, on an empty log."""
    catalog = Catalog(pd.DataFrame({"title": [f"t{i}" for i in range(N_ITEMS)], "minutes": np.arange(N_ITEMS) * 10.0}))
    observed = Observed(catalog, Log(B, N_ITEMS, "play"), 0)
    requests = Requests(0, np.arange(B), np.arange(B), np.zeros(B, dtype=int), {"hour": np.full(B, 20)})
    policy = Pipeline("mine", Most(), Liking(), FirstThree()).adjusted(rule, "rule", weight)
    fitted = policy.fit(observed, np.random.default_rng(0))
    return fitted.scored(observed, requests)[1], catalog


@dataclass(frozen=True)
class FirstThree:
    """Three slots, not looked at here."""

    def slate(self, observed, requests, candidates, scores, noise):
        return Slate.page(candidates.item[:, -3:], scores[:, -3:], 3)


def test_a_rule_that_writes_into_the_scores_is_stopped_at_its_line():
    def in_place(observed, requests, candidates, scores):
        scores -= 1.0
        return scores

    with pytest.raises(ValueError, match="read-only"):
        run_rule(in_place, weight=0.5)


def test_a_rule_cannot_change_the_catalogue_for_others():
    def forger(observed, requests, candidates, scores):
        observed.catalog.frame["minutes"] = 0.0
        return scores

    _, catalog = run_rule(forger)
    assert catalog["minutes"].tolist() == [10.0 * i for i in range(N_ITEMS)]


def test_a_rule_cannot_forge_its_context():
    def forger(observed, requests, candidates, scores):
        requests.context["hour"] = requests.context["hour"] * 0 + 23
        return scores

    with pytest.raises(TypeError, match="does not support item assignment"):
        run_rule(forger)


def test_what_a_rule_says_of_an_empty_slot_is_not_asked():
    """Zero times minus infinity is NaN, at empty slots only."""
    got, _ = run_rule(lambda o, r, c, s: s * 0.0)
    assert np.isneginf(got[:, :2]).all() and (got[:, 2:] == 0.0).all()
