"""The simulated viewers of a home page. The only owner of what is hidden.

An evening: a viewer opens the app in the mood for one genre, which the product is not told, walks the
page tile by tile and plays the first title that is good enough, or gives up. Formulas and their sources
are in `core.behaviour`; the values follow the published order of magnitude (60–90 s of choosing, 10–20
titles looked at: Gomez-Uribe & Hunt 2015), the rest is assumed and says so in this study's README.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from casestudies.netflix_home.catalogue import Taste
from core.arrays import AnyArray, BoolArray, FloatArray, IntArray, lock
from core.behaviour._kernels import Titles, Viewers, Visits, Walk, browse
from core.behaviour.choice import Satisficing
from core.behaviour.examination import GridExamination
from core.behaviour.retention import Churn
from core.behaviour.satiation import Satiation
from core.behaviour.satisfaction import HORIZON, Trust, satisfaction
from core.catalog import Catalog
from core.config import Config, knob
from core.ranking.page import GENRE_ROW
from core.rng import (
    APPEAL,
    BROWSE,
    DWELL,
    LEAVE,
    MOOD,
    SESSIONS_PER_DAY,
    VISIT,
    event_key,
    keyed_words,
    stream,
)
from core.slate import Outcomes, Requests, Slate

HEADINGS = GENRE_ROW
FACTORS = 8
SHORTLIST = 20                                    # titles a viewer who came for one has heard of
STEP = 2.0**-32


@dataclass(frozen=True)
class HomeWorld(Config):
    """The assumptions about viewers, each with the value that switches it off."""

    intent: float = knob(1.0, 0.0, 3.0, "", "How much tonight's mood matters.", off=0.0)
    mood_visible: float = knob(
        0.0, 0.0, 1.0, "share", "Visits on which the product is told the mood.", off=0.0
    )
    satiation: float = knob(1.0, 0.0, 10.0, "", "How tired people get of the same genre.", off=0.0)
    trust: float = knob(1.0, 0.0, 5.0, "", "How much past evenings move visits and patience.", off=0.0)
    churn: float = knob(0.035, 0.0, 0.5, "share/month", "Members who cancel in a month.", off=0.0)
    patience: float = knob(100.0, 10.0, 600.0, "s", "Time people are willing to look, median.")
    headings: float = knob(0.0, 0.0, 1.0, "share", "Rows skipped for their heading.", off=0.0)
    taste_spread: float = knob(1.2, 0.0, 3.0, "utility", "How much people's tastes differ.", off=0.0)
    history_days: int = knob(119, 35, 364, "days", "Days everyone watched before the experiment.")
    resume: float = knob(0.45, 0.0, 0.9, "share", "Sessions that resume something begun.", off=0.0)
    decided: float = knob(0.0, 0.0, 1.0, "share", "Visits with a title in mind (search).", off=0.0)
    rewatch: float = knob(0.5, 0.0, 5.0, "utility", "What a title loses once it was seen.", off=0.0)
    late: float = knob(0.3, 0.0, 3.0, "utility/h", "Dislike of long titles after 22:00.", off=0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.history_days % 7:
            raise ValueError(f"HomeWorld.history_days must be whole weeks, got {self.history_days}")

    def build(self, users: int, seed: int, taste: Taste) -> Home:
        """Draw the people and the titles. Same arguments, same world."""
        rng = stream(seed, "home")
        scale = self.taste_spread / 1.2
        n_items = len(taste.catalog)
        share = rng.dirichlet(taste.concentration, size=users)            # (N, G)
        vector = rng.standard_normal((users, FACTORS)) * (0.6 / np.sqrt(FACTORS)) * scale
        # At spread 0 people are alike in what they like and in the moods they come in.
        moods = share**scale
        moods /= moods.sum(axis=1, keepdims=True)
        affinity = self.taste_spread * (np.log(share + 0.02) - np.log(1 / len(taste.genres) + 0.02))
        visit = visit_log_odds(rng.standard_normal(users), 0.6, taste.activity_sd)
        minutes = taste.catalog["minutes"].to_numpy()
        traits = Traits(
            mood=lock(np.cumsum(moods, axis=1)),
            vector=lock(vector.astype(np.float32)),
            affinity=lock(affinity.astype(np.float32)),
            visit=lock(visit.astype(np.float32)),
            title_vector=lock(rng.standard_normal((n_items, FACTORS)).astype(np.float32)),
            quality=lock(taste.quality.astype(np.float32)),
            genre=lock(taste.catalog["genre_id"].to_numpy().astype(np.int16)),
            minutes=lock(minutes.copy()),
            burden=lock((np.clip(minutes - 60.0, 0.0, None) / 60.0).astype(np.float32)),
        )
        state = State(
            satiation=np.zeros((users, len(taste.genres)), dtype=np.float32),
            trust=np.full(users, TRUST.level, dtype=np.float32),
            subscribed=np.ones(users, dtype=bool),
            last_genre=np.full(users, -1, dtype=np.int16),
            seen=np.zeros((users, n_items), dtype=bool),
        )
        return Home(self, taste.catalog_for(users), traits, state, event_key(seed, "home"))


TRUST, SATIATION, CHURN, CHOICE, GRID = Trust(), Satiation(), Churn(), Satisficing(), GridExamination()


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """What people and titles are, locked and shared by copies. ``mood`` is the cumulative genre share."""

    mood: FloatArray                                                      # (N, G)
    vector: FloatArray                                                    # (N, d)
    affinity: FloatArray                                                  # (N, G)
    visit: FloatArray                                                     # (N,) log-odds
    title_vector: FloatArray                                              # (I, d)
    quality: FloatArray                                                   # (I,)
    genre: IntArray                                                       # (I,)
    minutes: FloatArray                                                   # (I,)
    burden: FloatArray                                                    # (I,) hours beyond one


@dataclass(slots=True, eq=False)
class State:
    """What moves."""

    satiation: FloatArray                                                 # (N, G)
    trust: FloatArray                                                     # (N,)
    subscribed: BoolArray                                                 # (N,)
    last_genre: IntArray                                                  # (N,) of the last play, −1 none
    seen: BoolArray                                                       # (N, I) played before

    def copy(self) -> State:
        return State(*(getattr(self, f.name).copy() for f in dataclasses.fields(self)))


class Home:
    """A built world. See `core.world.World` for what each method promises."""

    isolated = True                       # no viewer's evening depends on another's: arms can run apart

    def __init__(
        self, spec: HomeWorld, catalog: Catalog, traits: Traits, state: State, key: tuple[int, int]
    ) -> None:
        self.spec, self.catalog, self.traits, self.state, self.key = spec, catalog, traits, state, key
        self.noise_key = event_key(key[0], "noise", key[1])
        self._begin_day()

    def _begin_day(self) -> None:
        n, g = self.state.satiation.shape
        self._plays = np.zeros((n, g), dtype=np.float32)
        self._watched: list[tuple[IntArray, IntArray]] = []
        self._felt = np.full(n, np.nan, dtype=np.float32)
        self._diary: dict[str, AnyArray] = {}

    def copy(self) -> Self:
        """Same people, own state. Only between days."""
        return type(self)(self.spec, self.catalog, self.traits, self.state.copy(), self.key)

    def replicate(self, index: int) -> Self:
        """The same people on the same morning, with other draws: what might as well have happened."""
        key = event_key(self.key[0], "replicate", self.key[1], index)
        return type(self)(self.spec, self.catalog, self.traits, self.state.copy(), key)

    def members(self, day: int) -> BoolArray:
        """Who is subscribed, (N,)."""
        return self.state.subscribed.copy()

    def _words(self, purpose: int, day: int, user: AnyArray, slot: AnyArray | int = 0) -> AnyArray:
        return keyed_words(self.key, purpose, day, np.zeros(1, dtype=np.int64), user, np.asarray(slot))

    def visiting(self, day: int) -> BoolArray:
        """Who opens the page today to choose something, (N,)."""
        above = self.spec.trust * TRUST.visit * (self.state.trust - TRUST.level)
        chance = 1.0 / (1.0 + np.exp(-(self.traits.visit + above)))
        draw = self._words(VISIT, day, np.arange(len(chance)))[:, 0] * STEP
        return (draw < chance) & self.state.subscribed

    def requests(self, day: int) -> Requests:
        """One request a viewer who came to choose. Resume sessions ask for no page (see `close`)."""
        return self.visit(day, np.flatnonzero(self.visiting(day)))

    def visit(self, day: int, users: IntArray) -> Requests:
        """The request each of these users would make."""
        hour, _, told = self._evening(day, users)
        context = {"hour": hour, "mood": told}
        session = np.zeros(len(users), dtype=np.int64)
        request = (day * SESSIONS_PER_DAY + session) * len(self.state.trust) + users
        return Requests(day, request, users, session, context)

    def _evening(self, day: int, user: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        """Hour, mood, and the mood as the product was told it (−1: not), (B,) each."""
        word = self._words(MOOD, day, user)                               # (B, 4)
        cumulative = self.traits.mood[user]                               # (B, G)
        mood = (word[:, :1] * STEP * cumulative[:, -1:] > cumulative[:, :-1]).sum(axis=1)
        hour = np.searchsorted(HOUR_SHARE, word[:, 3] * STEP).astype(np.int16)
        told = word[:, 1] * STEP < self.spec.mood_visible
        return hour, mood.astype(np.int16), np.where(told, mood, -1).astype(np.int16)

    def _patience(self, day: int, user: IntArray) -> FloatArray:
        word = self._words(MOOD, day, user, 1)
        above = self.spec.trust * TRUST.patience * (self.state.trust[user] - TRUST.level)
        return self.spec.patience * np.exp(0.5 * _normal(word[:, 0], word[:, 1]) + above)

    def respond(self, day: int, requests: Requests, slate: Slate) -> Outcomes:
        """Walk the pages. See `core.behaviour`."""
        spec, user = self.spec, requests.user
        hour, mood, _ = self._evening(day, user)
        page = slate.grid()                                               # (B, rows, cols)
        n_cols = page.shape[2]
        heading = slate.source[:, ::n_cols].astype(np.int64) - HEADINGS   # (B, rows)
        tired = np.where(hour >= 22, spec.late, 0.0)
        visits = Visits(
            lock(user.astype(np.int64)),
            lock(day * SESSIONS_PER_DAY + requests.session),
            lock(mood.astype(np.int64)),
            lock(self._patience(day, user)),
            lock(tired),
        )
        viewers, titles = self._people()
        path = browse(
            lock(page), lock(heading), visits, viewers, titles, self._walk(), self.key, BROWSE, APPEAL
        )
        slot = path.played
        item = np.where(slot >= 0, slate.item[np.arange(len(user)), slot], -1)
        entered, examined, seconds = path.entered, path.examined, path.seconds
        found = np.full(len(user), -1)
        if spec.decided > 0:
            word = self._words(VISIT, day, user, 2)
            knows = word[:, 0] * STEP < spec.decided
            wanted = self._wanted(day, user, mood, tired)
            item, found = np.where(knows, wanted, item), np.where(knows, wanted, found)
            seconds = np.where(knows, 15.0 * np.exp(0.4 * _normal(word[:, 1], word[:, 2])), seconds)
            entered, examined = entered & ~knows[:, None], examined & ~knows[:, None]
            slot = np.where(knows, -1, slot)
        played = item >= 0
        seconds = np.where(played, np.minimum(seconds, HORIZON), HORIZON)
        completion = np.where(played, self._completion(day, user, np.maximum(item, 0)), 0.0)
        minutes = completion * self.traits.minutes[np.maximum(item, 0)]
        felt = satisfaction(completion, seconds)
        genre = self.traits.genre[np.maximum(item, 0)]
        np.add.at(self._plays, (user[played], genre[played]), 1.0)
        self._felt[user] = felt
        self._watched.append((user[played], item[played]))
        self.state.last_genre[user[played]] = genre[played]
        play = np.zeros(entered.shape, dtype=bool)
        hit = np.flatnonzero(slot >= 0)
        play[hit, slot[hit]] = True
        return Outcomes(
            entered,
            {"play": play},
            {
                "time_to_first_play": seconds.astype(np.float32),
                "played": played,
                "abandoned": ~played,
                "play_within_60s": played & (seconds <= 60.0),
                "quality_play": played & (minutes >= 6.0),
                "minutes": minutes.astype(np.float32),
                "found": found.astype(np.int32),
            },
            {
                "examined": examined,
                "mood": mood,
                "titles_seen": examined.sum(axis=1).astype(np.int16),
                "satisfaction": felt.astype(np.float32),
            },
        )

    def _people(self) -> tuple[Viewers, Titles]:
        weight = self.spec.satiation * SATIATION.weight
        t = self.traits
        seen = self.state.seen.view()
        viewers = Viewers(t.vector, t.affinity, lock(weight * self.state.satiation), lock(seen))
        return viewers, Titles(t.title_vector, t.quality, t.genre, t.burden)

    def _walk(self) -> Walk:
        g, spec = GRID, self.spec
        return Walk(
            g.row_seconds, g.tile_seconds, g.tile_sd, g.skip, spec.headings, g.swipe, g.swipe_in_mood,
            g.visible, 1.5 * spec.intent, -1.0 * spec.intent, CHOICE.noise, CHOICE.threshold, spec.rewatch,
        )  # fmt: skip

    def utility(self, user: IntArray, item: IntArray, mood: IntArray, tired: FloatArray) -> FloatArray:
        """Appeal of ``item`` (B, C) to ``user`` (B,) tonight, without the draw; the kernel's formula."""
        viewers, titles = self._people()
        u = user[:, None]
        genre = titles.genre[item]
        base = titles.quality[item] + viewers.affinity[u, genre] - viewers.satiation[u, genre]
        base = base + np.einsum("bd,bcd->bc", viewers.vector[user], titles.vector[item])
        match = np.where(genre == mood[:, None], 1.5, -1.0) * self.spec.intent
        again = self.spec.rewatch * viewers.seen[u, item]
        return base + match - again - tired[:, None] * titles.burden[item]

    def _wanted(self, day: int, user: IntArray, mood: IntArray, tired: FloatArray) -> IntArray:
        """The best of a few titles a viewer has heard of: what someone who came for a title came for."""
        slot = 8 + np.arange(SHORTLIST)
        word = keyed_words(self.key, VISIT, day, np.zeros((1, 1), dtype=np.int64), user[:, None], slot)
        item = (word[..., 0] * STEP * len(self.catalog)).astype(np.int64)  # (B, 20)
        best = self.utility(user, item, mood, tired).argmax(axis=1)
        return item[np.arange(len(user)), best]

    def _completion(self, day: int, user: IntArray, item: IntArray) -> FloatArray:
        """Share of the title watched: logistic in how well it suits the viewer's lasting taste."""
        t = self.traits
        suits = t.quality[item] + t.affinity[user, t.genre[item]]
        suits = suits + np.einsum("bd,bd->b", t.vector[user], t.title_vector[item])
        word = self._words(DWELL, day, user, item)
        return 1.0 / (1.0 + np.exp(-(0.5 * suits + 1.2 * _normal(word[:, 0], word[:, 1]))))

    def close(self, day: int) -> None:
        """Resume sessions, satiation, trust; after the burn-in, cancellations."""
        state, spec = self.state, self.spec
        n = len(state.trust)
        everyone = np.arange(n)
        visited = ~np.isnan(self._felt)
        word = self._words(VISIT, day, everyone, 1)
        chance = 1.0 / (1.0 + np.exp(-self.traits.visit))
        wants = np.minimum(chance * spec.resume / (1.0 - spec.resume), 1.0)
        resumed = (word[:, 0] * STEP < wants) & state.subscribed & (state.last_genre >= 0)
        who = np.flatnonzero(resumed)
        self._plays[who, state.last_genre[who]] += 1.0
        state.satiation = SATIATION.close(state.satiation, self._plays)
        state.trust = TRUST.update(state.trust, self._felt)
        for user, item in self._watched:
            state.seen[user, item] = True
        if day >= spec.history_days and spec.churn > 0:
            churn = CHURN.with_(monthly=spec.churn, slope=min(CHURN.slope * spec.trust, 10.0))
            hazard = churn.hazard(state.trust - TRUST.level)
            draw = self._words(LEAVE, day, everyone)[:, 0] * STEP
            state.subscribed = state.subscribed & (draw >= hazard)
        self._begin_day()
        self._diary = {
            "visited": visited | resumed,
            "resumed": resumed,
            "subscribed": state.subscribed.copy(),
        }

    def diary(self, day: int) -> Mapping[str, AnyArray]:
        """The day just closed: who visited, who resumed something, who is still a member, (N,) each."""
        return self._diary


# Share of evenings begun by each hour of the day, cumulated: assumed, peaking at 21:00.
_BY_HOUR = np.array([2, 1, 0.5, 0.3, 0.2, 0.3, 1, 2, 2, 2, 2, 2.5, 3.5, 3.5, 3, 3, 4, 6, 8, 10, 13, 14, 10, 6])
HOUR_SHARE = lock(np.cumsum(_BY_HOUR) / _BY_HOUR.sum())


def _normal(a: AnyArray, b: AnyArray) -> FloatArray:
    """Box–Muller: two 32-bit words to one standard normal."""
    u, v = (a + 0.5) * STEP, (b + 0.5) * STEP
    return np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * v)


def visit_log_odds(z: FloatArray, mean: float, spread: float) -> FloatArray:
    """Log-odds a + b z, (N,), to come on a day: a and b such that probabilities have this ``mean`` and their
    logarithms this standard deviation, ``spread``, over the people at hand."""
    from scipy.optimize import brentq

    def shifted(b: float) -> FloatArray:
        a = brentq(lambda a: (1.0 / (1.0 + np.exp(-(a + b * z)))).mean() - mean, -60.0, 60.0)
        return a + b * z

    def excess(b: float) -> float:
        return float(np.log1p(np.exp(-shifted(b))).std()) - spread

    return shifted(0.0 if spread == 0.0 else float(brentq(excess, 1e-6, 20.0)))
