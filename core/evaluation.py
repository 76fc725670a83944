"""The offline instrument: would the pages have held what people went on to play?

What a team computes before an A/B test. The last days of the burn-in are held out: policies are fitted on
what came before, build the page of everyone who came on those days, and are scored on what was played.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core.arrays import AnyArray, FloatArray, IntArray
from core.catalog import Catalog
from core.inference import Metric
from core.log import Log
from core.metrics.catalogue import (
    calibration_kl,
    genre_shares,
    intra_list_distance,
    novelty,
    page_diversity,
)
from core.metrics.ranking import ndcg, recall, visible_recall
from core.observed import Noise, Observed
from core.policy import Policy
from core.rng import event_key
from core.slate import Requests, Slate
from core.world import fit

HELD_OUT_DAYS = 7
TOP = 20
VISIBLE = 5

DIAGNOSTICS = (
    Metric("ndcg_20", "ndcg_20", "request", role="diagnostic", label="top-20 metric (NDCG@20)"),
    Metric(
        "visible_recall", "visible_recall", "request", unit="share", role="diagnostic",
        label="plays found among the first five of a row",
    ),
    Metric("recall_20", "recall_20", "request", unit="share", role="diagnostic", label="recall@20"),
    Metric("page_diversity", "page_diversity", "request", unit="genres", role="diagnostic"),
    Metric("intra_list_distance", "intra_list_distance", "request", role="diagnostic"),
    Metric("calibration_kl", "calibration_kl", "request", unit="nats", better="down", role="diagnostic"),
    Metric("novelty", "novelty", "request", unit="bits", role="diagnostic"),
)  # fmt: skip


def held_out(
    policies: Sequence[Policy], catalog: Catalog, log: Log, *, day: int, seed: int, context: Sequence[str]
) -> list[dict[str, FloatArray]]:
    """Per-user sums of each policy on the last `HELD_OUT_DAYS` days before ``day``.

    Parameters
    ----------
    policies : sequence of Policy
        Served without exploration where they have a knob ``explore``.
    catalog, log, day : Catalog, Log, int
        The common past; ``day`` is the morning after it.
    seed : int
    context : names of the context columns of a request

    Returns
    -------
    list of {metric: (2, n_users)}
        Sum over a user's requests that ended in a play, and how many; users without one have (0, 0). All
        policies are judged on the same requests, so differences are paired by user.
    """
    first = day - HELD_OUT_DAYS
    fitted = [
        fit(p.with_(explore=0.0) if "explore" in p.knobs() else p, Observed(catalog, log, first), seed, 0)
        for p in policies
    ]
    made: list[dict[str, FloatArray]] = [
        {m.name: np.zeros((2, log.n_users)) for m in DIAGNOSTICS} for _ in policies
    ]
    noise = Noise(event_key(seed, "held-out"))
    for d in range(first, day):
        requests, had = _with_plays(log, d, context)
        observed = Observed(catalog, log, d)
        for policy, sums in zip(fitted, made, strict=True):
            slate = policy.slate(observed, requests, noise)
            for name, value in page_values(observed, requests, slate, had).items():
                known = np.isfinite(value)
                np.add.at(sums[name][0], requests.user[known], value[known])
                np.add.at(sums[name][1], requests.user[known], 1.0)
    return made


def _with_plays(log: Log, day: int, context: Sequence[str]) -> tuple[Requests, IntArray]:
    """The day's requests of users who played something, and what they played, (B, 1)."""
    table = log.days[day - log.days[0].day].requests
    plays = next(p for p in log.plays if p[0] == day)
    item = np.full(log.n_users, -1)
    item[plays[1]] = plays[2]
    keep = item[table["user"]] >= 0
    columns: Mapping[str, AnyArray] = {name: value[keep] for name, value in table.items()}
    requests = Requests(
        day,
        columns["request"],
        columns["user"].astype(np.int64),
        columns["session"].astype(np.int64),
        {name: columns[name] for name in context},
    )
    return requests, item[requests.user][:, None]


def page_values(
    observed: Observed, requests: Requests, slate: Slate, had: IntArray
) -> dict[str, FloatArray]:
    """Every diagnostic of a batch of pages, (B,) each. ``had`` (B, R) is what was played, −1 pads."""
    page = slate.item.astype(np.int64)
    made = {
        "ndcg_20": ndcg(page, had, TOP),
        "recall_20": recall(page, had, TOP),
        "visible_recall": visible_recall(slate.grid().astype(np.int64), had, VISIBLE),
        "novelty": novelty(page, observed.counts("play").astype(float)),
    }
    if "genre_id" in observed.catalog.frame:
        genre = observed.catalog["genre_id"].to_numpy()
        one_hot = np.zeros((len(genre), int(genre.max()) + 1))
        one_hot[np.arange(len(genre)), genre] = 1.0
        attention = 0.85**slate.row * 0.35 ** (slate.col // VISIBLE)
        history = np.asarray(observed.history[requests.user] @ one_hot) + 1e-9
        shown = genre_shares(page, one_hot, attention)
        made["page_diversity"] = page_diversity(page, one_hot, attention)
        made["intra_list_distance"] = intra_list_distance(page[:, :TOP], one_hot)
        made["calibration_kl"] = calibration_kl(history / history.sum(axis=1, keepdims=True), shown)
    return made


def compare_offline(control: Mapping[str, FloatArray], treatment: Mapping[str, FloatArray]) -> pd.DataFrame:
    """Diagnostics of two policies on the same users, paired: one row a metric, Result columns where they
    apply (``metric, label, unit, better, control, treatment, difference, ci_low, ci_high``)."""
    from core.inference import paired

    rows = []
    for m in DIAGNOSTICS:
        c, t = control[m.name], treatment[m.name]
        both = (c[1] > 0) & (t[1] > 0)
        if both.sum() < 30:
            continue
        e = paired(c[:, both], t[:, both])
        rows.append(
            (m.name, m.label, m.unit, m.better, e.control, e.treatment, e.difference, e.ci_low, e.ci_high)
        )
    names = "metric label unit better control treatment difference ci_low ci_high".split()
    return pd.DataFrame(rows, columns=names)
