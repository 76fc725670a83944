"""``Policy`` and ``Pipeline``: retrieve, score, adjust, rerank, explore.

A policy is a frozen specification; ``fit`` returns the fitted thing that serves. It is handed an
`Observed` and draws, never a world. Each part of a pipeline may have knobs; the pipeline has them all,
by bare name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.arrays import FloatArray, IntArray, lock
from core.config import Config, Knob, knob, unknown
from core.observed import Noise, Observed
from core.slate import Candidates, Requests, Slate

ScoreRule = Callable[[Observed, Requests, Candidates, FloatArray], FloatArray]


class Source(Protocol):
    """Retrieves candidates: items worth scoring for each request."""

    def candidates(self, observed: Observed, requests: Requests) -> Candidates: ...


class FittedRanker(Protocol):
    """Log-odds of the outcome, float32, (B, C). −inf means *never show*; NaN is refused."""

    def score(self, observed: Observed, requests: Requests, candidates: Candidates) -> FloatArray: ...


class Ranker(Protocol):
    """A frozen specification of a ranker."""

    def fit(self, observed: Observed, rng: Generator) -> FittedRanker: ...


class Reranker(Protocol):
    """Lays out a page or a list from scored candidates."""

    def slate(
        self,
        observed: Observed,
        requests: Requests,
        candidates: Candidates,
        scores: FloatArray,
        noise: Noise,
    ) -> Slate: ...


class FittedPolicy(Protocol):
    """What serves: a slate is a function of what was observed, the request, and keyed draws."""

    def slate(
        self, observed: Observed, requests: Requests, noise: Noise, trace: Trace | None = None
    ) -> Slate: ...


@runtime_checkable
class Policy(Protocol):
    """A frozen specification of everything between a request and its slate."""

    @property
    def name(self) -> str: ...

    def knobs(self) -> dict[str, Knob]: ...

    def with_(self, **knobs: float) -> Policy: ...

    def fit(self, observed: Observed, rng: Generator) -> FittedPolicy: ...


@dataclass
class Trace:
    """Keeps what every stage said about a few requests (at most 1,000), for *why is this here*."""

    requests: IntArray
    stages: list[tuple[str, IntArray, IntArray, FloatArray]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if len(self.requests) > 1_000:
            raise ValueError(f"Trace keeps at most 1,000 requests, got {len(self.requests)}")

    def note(self, stage: str, requests: Requests, item: IntArray, score: FloatArray) -> None:
        """Keep (request, item, score) of the traced requests after ``stage``."""
        keep = np.isin(requests.request, self.requests)
        self.stages.append((stage, requests.request[keep], item[keep].copy(), score[keep].copy()))


def explain(trace: Trace, item: int, request: int | None = None) -> pd.DataFrame:
    """What each stage did with ``item``: columns stage, request, score, rank (1 is best; NaN: not there)."""
    rows = []
    for stage, requests, items, scores in trace.stages:
        for r, row, score in zip(requests, items, scores, strict=True):
            if request is not None and r != request:
                continue
            at = np.flatnonzero(row == item)
            here = float(score[at[0]]) if len(at) else np.nan
            slot = stage in ("rerank", "explore")
            rank = np.nan if not len(at) else (at[0] if slot else (score[row >= 0] > here).sum()) + 1
            rows.append((stage, int(r), here, rank))
    return pd.DataFrame(rows, columns=["stage", "request", "score", "rank"])


@dataclass(frozen=True)
class Adjust(Config):
    """One score rule with its weight: ``s + weight · (f(s) − s)``. Weight 0 does not call the rule.

    What the rule says of an empty slot is not asked: it stays −inf.
    """

    rule: ScoreRule
    name: str
    weight: float = knob(1.0, -5.0, 5.0, "", "Strength of the rule.", off=0.0)

    def apply(
        self, observed: Observed, requests: Requests, candidates: Candidates, scores: FloatArray
    ) -> FloatArray:
        """Blend the rule's scores in. Refuses a wrong shape and NaN, by the rule's name."""
        if self.weight == 0.0:
            return scores
        owner = getattr(self.rule, "__name__", self.name)
        got = np.asarray(self.rule(observed, requests, candidates, scores))
        if got.dtype.kind not in "fiu":
            raise TypeError(f"{owner} must return numbers, got {got.dtype}")
        if got.shape != scores.shape:
            hint = ""
            if got.ndim == 1 and len(got) in scores.shape:
                hint = "; did you forget a [:, None]?"
            raise ValueError(f"{owner} must return scores of shape {scores.shape}, got {got.shape}{hint}")
        got = np.where(candidates.item < 0, -np.inf, got)
        if np.isnan(got).any():
            row, col = np.argwhere(np.isnan(got))[0]
            raise ValueError(
                f"{owner} must not return NaN (−inf means never show), got NaN for request "
                f"{requests.request[row]}, item {candidates.item[row, col]}"
            )
        if self.weight == 1.0:
            return lock(got.astype(np.float32))
        with np.errstate(invalid="ignore"):
            blended = scores + self.weight * (got - scores)
        blended = np.where(np.isneginf(scores) | np.isneginf(got), -np.inf, blended)
        return lock(blended.astype(np.float32))


@dataclass(frozen=True)
class Pipeline:
    """The policy everybody uses: sources, a ranker, score rules, a re-ranker, exploration.

    Parameters
    ----------
    name : str
    retrieve : Source
    score : Ranker
    adjust : tuple of Adjust
        Applied in order; build them with `adjusted`.
    rerank : Reranker
    explore : callable, optional
        Slate -> Slate with exact propensities.

    Raises
    ------
    ValueError
        If two parts declare a knob of the same name: a bare name must mean one thing.
    """

    name: str
    retrieve: Source
    score: Ranker
    rerank: Reranker
    adjust: tuple[Adjust, ...] = ()
    explore: Callable[[Observed, Requests, Slate, Noise], Slate] | None = None

    def __post_init__(self) -> None:
        self.knobs()

    def _parts(self) -> dict[str, Config]:
        parts = {n: getattr(self, n) for n in ("retrieve", "score", "rerank", "explore")}
        return {n: p for n, p in parts.items() if isinstance(p, Config)}

    def knobs(self) -> dict[str, Knob]:
        """Every part's knobs by bare name, with this pipeline's values as defaults. The first score
        rule's weight is ``weight``, a later one's ``weight.NAME``."""
        found: dict[str, Knob] = {}
        for part in self._parts().values():
            for name, declared in part.knobs().items():
                if name in found:
                    raise ValueError(f"pipeline {self.name!r}: two parts declare the knob {name!r}")
                found[name] = dataclasses.replace(declared, default=getattr(part, name))
        for i, rule in enumerate(self.adjust):
            name = "weight" if i == 0 else f"weight.{rule.name}"
            if name in found:
                raise ValueError(f"pipeline {self.name!r}: two parts declare the knob {name!r}")
            found[name] = dataclasses.replace(
                rule.knobs()["weight"], name=name, default=rule.weight, help=f"Strength of {rule.name}."
            )
        return found

    def with_(self, **knobs: float) -> Pipeline:
        """A copy with knobs changed by bare name."""
        known = self.knobs()
        for name in knobs:
            if name not in known:
                raise KeyError(unknown(f"knob of {self.name}", name, known))
        changes: dict[str, Any] = {}
        for part_name, part in self._parts().items():
            mine = {k: v for k, v in knobs.items() if k in part.knobs()}
            if mine:
                changes[part_name] = part.with_(**mine)
        rules = []
        for i, rule in enumerate(self.adjust):
            name = "weight" if i == 0 else f"weight.{rule.name}"
            if name in knobs:
                weight = known[name].check(knobs[name], f"{self.name}.{name}")
                rule = dataclasses.replace(rule, weight=weight)
            rules.append(rule)
        return dataclasses.replace(self, adjust=tuple(rules), **changes)

    def adjusted(self, rule: ScoreRule, name: str, weight: float = 1.0) -> Pipeline:
        """This pipeline with one more score rule. At weight 0 it serves exactly what it served before."""
        return dataclasses.replace(self, name=name, adjust=(*self.adjust, Adjust(rule, name, weight)))

    def renamed(self, name: str) -> Pipeline:
        """The same behaviour under another name."""
        return dataclasses.replace(self, name=name)

    def fit(self, observed: Observed, rng: Generator) -> FittedPipeline:
        """Fit the ranker; the other parts have nothing to learn."""
        return FittedPipeline(self, self.score.fit(observed, rng))


@dataclass(frozen=True)
class FittedPipeline:
    """A pipeline whose ranker is fitted."""

    spec: Pipeline
    ranker: FittedRanker

    def scored(
        self, observed: Observed, requests: Requests, trace: Trace | None = None
    ) -> tuple[Candidates, FloatArray]:
        """Candidates and their adjusted scores, (B, C); empty slots are −inf."""
        spec = self.spec
        candidates = spec.retrieve.candidates(observed, requests)
        check_items(candidates.item, observed.n_items, type(spec.retrieve).__name__)
        scores = lock(self.ranker.score(observed, requests, candidates))
        if scores.size and np.isnan(scores.max()):                        # a NaN passes through max
            raise ValueError(f"the ranker of {spec.name} must not return NaN; −inf means never show")
        if trace is not None:
            trace.note("score", requests, candidates.item, scores)
        for rule in spec.adjust:
            scores = rule.apply(observed, requests, candidates, scores)
            if trace is not None:
                trace.note(f"adjust: {rule.name}", requests, candidates.item, scores)
        return candidates, scores

    def slate(
        self, observed: Observed, requests: Requests, noise: Noise, trace: Trace | None = None
    ) -> Slate:
        """Run every stage for a batch; the slate of a batch is the slates of its requests."""
        spec = self.spec
        candidates, scores = self.scored(observed, requests, trace)
        made = spec.rerank.slate(observed, requests, candidates, scores, noise)
        if trace is not None:
            trace.note("rerank", requests, made.item, made.score)
        if spec.explore is not None:
            made = spec.explore(observed, requests, made, noise)
            if trace is not None:
                trace.note("explore", requests, made.item, made.score)
        check_slate(made, len(requests), observed.n_items, spec.name)
        return made


def check_items(item: IntArray, n_items: int, owner: str) -> None:
    """Refuse item ids outside −1..n_items − 1: a compiled kernel would read past the end."""
    if item.size and (item.min() < -1 or item.max() >= n_items):
        bad = item[(item < -1) | (item >= n_items)][0]
        raise ValueError(f"{owner} must place items 0..{n_items - 1} (−1 is empty), got item {bad}")


def check_slate(slate: Slate, n_requests: int, n_items: int, owner: str) -> None:
    """Refuse a slate that has the wrong size, unknown items, or an item twice in a request."""
    if len(slate.item) != n_requests:
        raise ValueError(f"{owner} must return {n_requests} slates, got {len(slate.item)}")
    check_items(slate.item, n_items, owner)
    in_order = np.sort(slate.item, axis=1)
    if ((in_order[:, 1:] == in_order[:, :-1]) & (in_order[:, 1:] >= 0)).any():
        raise ValueError(f"{owner} placed an item twice on one page; every item may appear once")


def settings_of(policy: Policy) -> Mapping[str, float]:
    """The knob values of a policy, for keys and for print."""
    return {name: found.default for name, found in policy.knobs().items()}
