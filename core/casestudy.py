"""``CaseStudy``: a product to experiment on, and its twists. Declarations only; nothing here runs."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.config import Config, Knob, unknown
from core.inference import Metric
from core.policy import Pipeline, Policy

Settings = Mapping[str, float]


@dataclass(frozen=True)
class Prediction:
    """What a change should do, said before it was run: a range of the relative effect, and why."""

    metric: str
    relative: tuple[float, float]
    because: str

    def __post_init__(self) -> None:
        if not self.because:
            raise ValueError(f"Prediction on {self.metric}: because must say why, got an empty text")
        if self.relative[0] > self.relative[1]:
            raise ValueError(f"Prediction on {self.metric}: relative must be (low, high), got {self.relative}")


@dataclass(frozen=True)
class Run:
    """One policy in one world, as a claim needs it. ``arm`` names a policy of the case."""

    arm: str
    world: Settings = field(default_factory=dict)
    settings: Settings = field(default_factory=dict)
    days: int | None = None

    def __hash__(self) -> int:
        return hash((self.arm, tuple(self.world.items()), tuple(self.settings.items()), self.days))


@dataclass(frozen=True)
class Null:
    """World settings that remove a claim's cause. The effect must then lie within ± max(``tolerance``,
    ``share`` of what was measured), or on the other side; with ``turns`` only the other side will do."""

    world: Settings
    tolerance: float
    share: float = 0.5
    turns: bool = False


@dataclass(frozen=True)
class Claim:
    """A number that a world must show, written down before it is measured.

    Parameters
    ----------
    name : str
    control, treatment : Run
    metric : str
        A metric of the scorecard.
    scale : str
        ``relative``: a share of the control's value; ``difference``: in the metric's unit.
    predicted : (float or None, float or None)
        The range; None leaves a side open.
    source : str
        Where the range comes from.
    null : Null, optional
    validation : bool
        True where no parameter was ever moved with this claim in view.
    """

    name: str
    control: Run
    treatment: Run
    metric: str
    scale: str
    predicted: tuple[float | None, float | None]
    source: str
    null: Null | None = None
    validation: bool = False

    def __post_init__(self) -> None:
        if self.scale not in ("relative", "difference"):
            raise ValueError(f"Claim {self.name}: scale must be relative or difference, got {self.scale!r}")


@dataclass(frozen=True)
class Question:
    """What one wants to know, and the claims that would answer it."""

    name: str
    text: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Stake:
    """What an effect is worth on a stated base: ``factor`` · difference, in ``unit``; ``assumed`` says on
    what base, and that it is assumed or where it is cited."""

    metric: str
    factor: float
    unit: str
    assumed: str


@dataclass(frozen=True, eq=False)
class CaseStudy:
    """A product: a world, the policies that may run in it, and what counts as success.

    A twist is a case study too: `twist` makes one that changes one thing and keeps the rest, guardrails
    included.

    Parameters
    ----------
    slug, title, question : str
    world : Config
        The world's specification; ``build(users, seed, taste)`` makes the world and ``history_days`` is
        the length of its burn-in.
    taste : callable
        (name, seed) -> what the world draws its people and titles from.
    tastes : tuple of str
        The names ``taste`` takes, the default first.
    logging : Policy
        Serves the burn-in.
    policies : mapping
        The arms by name.
    scorecard : tuple of Metric
    questions : tuple of Question
    control, treatment : str or Policy
        The default pair; a name, or a policy of its own (twists).
    users, days, retrain : int
        People in all arms together, days after the burn-in, days between fits.
    presets : mapping
        Preset name -> world settings. ``teaching`` is the world as declared.
    headline : (str, str)
        The treatment's knob and the world's assumption that the page shows.
    positive : str
        The impression outcome that makes a history.
    labels : mapping
        Arm name -> what a product manager calls it.
    stake : Stake, optional
    row_titles : callable, optional
        (fitted policy, observed, requests, slate) -> a title for every row of every request.
    words : mapping
        Knob path -> (what a slider of it is called, its low end, its high end).
    """

    slug: str
    title: str
    question: str
    world: Config
    taste: Callable[[str, int], Any]
    tastes: tuple[str, ...]
    logging: Policy
    policies: Mapping[str, Policy]
    scorecard: tuple[Metric, ...]
    control: str | Policy
    treatment: str | Policy
    users: int
    days: int
    retrain: int
    questions: tuple[Question, ...] = ()
    presets: Mapping[str, Settings] = field(default_factory=lambda: {"teaching": {}})
    headline: tuple[str, str] | None = None
    positive: str = "play"
    labels: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None
    prediction: Prediction | None = None
    stake: Stake | None = None
    row_titles: Callable[[Any, Any, Any, Any], list[tuple[str, ...]]] | None = None
    words: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    default_taste: str = ""
    default_world: Settings = field(default_factory=dict)
    file: str = ""

    def __post_init__(self) -> None:
        control, treatment = self._named(self.control), self._named(self.treatment)
        if control.name == treatment.name and control != treatment:
            raise ValueError(
                f"{self.slug}: control and treatment are different policies of one name, "
                f"{self.control_name!r}; call one of them otherwise with .renamed(...)"
            )
        names = [m.name for m in self.scorecard]
        if len(set(names)) != len(names):
            raise ValueError(f"{self.slug}: a metric stands twice in the scorecard: {names}")
        if not any(m.role == "success" for m in self.scorecard):
            raise ValueError(f"{self.slug}: the scorecard needs a success metric")
        if self.prediction is not None and self.prediction.metric not in names:
            raise KeyError(unknown(f"metric of {self.slug}", self.prediction.metric, names))
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", self.slug):
            raise ValueError(f"a slug is lower-case letters, digits and dashes, got {self.slug!r}")
        for name, low in (("users", 40), ("days", 1), ("retrain", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < low:
                raise ValueError(f"{self.slug}: {name} must be a whole number of at least {low}, got {value!r}")
        if self.default_taste and self.default_taste not in self.tastes:
            raise KeyError(unknown(f"taste of {self.slug}", self.default_taste, self.tastes))

    def policy(self, arm: str | Policy) -> Policy:
        """An arm by name; a policy is returned as it is."""
        if not isinstance(arm, str):
            return arm
        for own in (self.control, self.treatment):
            if not isinstance(own, str) and own.name == arm:
                return own
        if arm not in self.policies:
            raise KeyError(unknown(f"arm of {self.slug}", arm, self.arms()))
        return self.policies[arm]

    def _named(self, arm: str | Policy) -> Policy:
        """As `policy`, but a name means the study's policy before a twist's own."""
        return self.policies[arm] if isinstance(arm, str) and arm in self.policies else self.policy(arm)

    def arms(self) -> tuple[str, ...]:
        """Names of all arms: the study's policies, and a twist's own."""
        own = [a.name for a in (self.control, self.treatment) if not isinstance(a, str)]
        return (*self.policies, *(name for name in own if name not in self.policies))

    @property
    def control_name(self) -> str:
        return self.policy(self.control).name

    @property
    def treatment_name(self) -> str:
        return self.policy(self.treatment).name

    def label(self, arm: str) -> str:
        """What a product manager calls an arm."""
        return self.labels.get(arm, arm.replace("-", " "))

    def metric(self, name: str) -> Metric:
        """A metric of the scorecard by name."""
        for metric in self.scorecard:
            if metric.name == name:
                return metric
        raise KeyError(unknown(f"metric of {self.slug}", name, [m.name for m in self.scorecard]))

    @property
    def primary(self) -> Metric:
        """The first success metric: the one that is asked about."""
        return next(m for m in self.scorecard if m.role == "success")

    def world_for(self, preset: str, settings: Settings) -> Config:
        """The world's specification under a preset, the study's own changes, and settings, in this order."""
        if preset not in self.presets:
            raise KeyError(unknown("preset", preset, self.presets))
        return self.world.with_(**{**self.presets[preset], **self.default_world, **settings})

    def knobs(self) -> dict[str, Knob]:
        """Every knob by path: ``world.NAME``, ``control.NAME``, ``treatment.NAME``."""
        found: dict[str, Knob] = {}
        for owner, knobs in (
            ("world", self.world.knobs()),
            ("control", self.policy(self.control).knobs()),
            ("treatment", self.policy(self.treatment).knobs()),
        ):
            for name, declared in knobs.items():
                found[f"{owner}.{name}"] = dataclasses.replace(declared, name=f"{owner}.{name}")
        return found

    def twist(
        self,
        slug: str,
        *,
        question: str,
        prediction: Prediction,
        control: str | Policy | None = None,
        treatment: str | Policy | None = None,
        world: Settings | None = None,
        scorecard: tuple[Metric, ...] | None = None,
        taste: str | None = None,
        users: int | None = None,
        days: int | None = None,
        retrain: int | None = None,
    ) -> CaseStudy:
        """A change to this product, in one file.

        What is not given is this study's. Guardrails stay: metrics given in ``scorecard`` come first and
        the parent's guardrails that they do not redefine are kept. The headline knob of a score rule is
        its weight.

        Raises
        ------
        ValueError, KeyError
            For an empty question, an unknown arm, knob or metric.
        """
        if not question:
            raise ValueError(f"{slug}: question must say what the twist asks, got an empty text")
        metrics = self.scorecard
        if scorecard is not None:
            given = {m.name for m in scorecard}
            kept = (m for m in self.scorecard if m.role == "guardrail" and m.name not in given)
            metrics = (*scorecard, *kept)
        new = self.treatment if treatment is None else treatment
        made = dataclasses.replace(
            self,
            slug=slug,
            title=slug.replace("-", " ").capitalize(),
            question=question,
            control=self.control if control is None else control,
            treatment=new,
            scorecard=metrics,
            questions=(),
            parent=self.slug,
            prediction=prediction,
            default_world={**self.default_world, **(world or {})},
            default_taste=taste or self.default_taste,
            users=self.users if users is None else users,
            days=self.days if days is None else days,
            retrain=self.retrain if retrain is None else retrain,
        )
        made.world_for("teaching", {})
        if isinstance(new, Pipeline) and new.adjust and made.headline is not None:
            knob = "weight" if len(new.adjust) == 1 else f"weight.{new.adjust[-1].name}"
            made = dataclasses.replace(made, headline=(f"treatment.{knob}", made.headline[1]))
        return made
