"""Scales of outcomes: what a value is, how its level and its effects are declared, and what can be combined with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

#: What shows the scale of an outcome if the file does not name it; the first one found decides: more than two categories,
#: the chance of a yes, a unit of concentration, or the SD of a logarithm.
Clue = Literal["categories", "chance", "concentration", "sd_log"]

#: Where the error of a rater is added: to the latent normal behind the value, or to the value.
RaterError = Literal["latent", "value"]

#: The size that means no effect, by the key that declares the effect.
NO_EFFECT: Final = {"difference": 0.0, "ratio": 1.0, "odds_ratio": 1.0, "rate_ratio": 1.0, "hazard_ratio": 1.0}

#: What becomes of a value below a detection limit that is only known to be lower.
CENSORED: Final = "censored"

#: The key that says for how long a participant is followed: events are counted over two visits, or awaited until one.
Follow = Literal["over", "until"]


@dataclass(frozen=True)
class Scale:
    """A scale.

    Attributes
    ----------
    says : what its values and effects are, in words; ``{categories}`` is replaced by those of the outcome
    effects : keys by which an effect is declared, that of the predictor first
    spreads : keys by which an activity's effect differs from person to person
    levels : keys that together determine a level
    levels_of_others : the same for other arms; missing keys are taken from the level of the reference arm
    carried : keys of the spread of a level: a level with none of them takes those of the general level, or of the reference
    follow : the key that says for how long a participant is followed; None where a value belongs to a visit
    family : the distribution that the numbers of a level determine; None if a level is shares of categories, or numbers
        above 0 that are the parameters themselves
    widest : the largest SD of the predictor; None if it has no bound
    categories : how many there are, at least and at most (None for no bound); None where values are measured
    example : categories as a file writes them
    values : what its values are whatever its categories are called; empty where they are its categories, or measured
    clues : what shows this scale if it is not named
    predictor : the linear predictor of a value, in words
    log : whether the predictor is the logarithm of the value
    in_unit : whether the predictor has the unit of the outcome
    positive : whether no value can be 0 or below, whatever its categories
    yes_or_no : whether it is yes or no without a dichotomy
    transforms : transforms that an analysis may use; percent also needs values above 0
    rhythm : whether the time of day may change it
    secretion : whether secretion and a half-life may change it
    instrument : keys of the instrument that are allowed
    rater : where the error of a rater is added; None if it has no raters
    limits : whether the file may declare limits for its values
    printed : whether it can be fitted from printed statistics
    """

    name: str
    says: str
    effects: tuple[str, ...]
    spreads: tuple[str, ...]
    levels: tuple[str, ...]
    levels_of_others: tuple[str, ...]
    carried: tuple[str, ...]
    follow: Follow | None
    family: str | None
    widest: float | None
    categories: tuple[int, int | None] | None
    example: str
    values: tuple[float, ...]
    clues: tuple[Clue, ...]
    predictor: str
    log: bool
    in_unit: bool
    positive: bool
    yes_or_no: bool
    transforms: tuple[str, ...]
    rhythm: bool
    secretion: bool
    instrument: tuple[str, ...]
    rater: RaterError | None
    limits: bool
    printed: bool


#: Keys of an instrument that reads an amount.
_READING: Final = ("assay", "assay_cv", "plate_cv", "plate", "detection_limit", "below", "rounding", "volume")

NORMAL: Final = Scale(
    name="normal",
    says="a measured value, effects are differences",
    effects=("difference",),
    spreads=("sd_between",),
    levels=("mean sd", "mean cv", "median sd", "median iqr", "iqr"),
    levels_of_others=(),
    carried=("sd", "cv", "sd_log", "iqr"),
    follow=None,
    family="normal",
    widest=None,
    categories=None,
    example="",
    values=(),
    clues=(),
    predictor="value",
    log=False,
    in_unit=True,
    positive=False,
    yes_or_no=False,
    transforms=("none",),
    rhythm=True,
    secretion=False,
    instrument=(*_READING, "rater_sd"),
    rater="value",
    limits=True,
    printed=True,
)

LOGNORMAL: Final = Scale(
    name="lognormal",
    says="a positive measured value, effects are ratios",
    effects=("ratio",),
    spreads=("sd_log_between",),
    levels=("mean sd", "mean cv", "mean sd_log", "median sd", "median cv", "median sd_log", "median iqr", "iqr"),
    levels_of_others=(),
    carried=("sd", "cv", "sd_log", "iqr"),
    follow=None,
    family="lognormal",
    widest=10.0,  # no outcome of a bedside study: half of the values would differ by factors above 800
    categories=None,
    example="",
    values=(),
    clues=("concentration", "sd_log"),
    predictor="logarithm",
    log=True,
    in_unit=False,
    positive=True,
    yes_or_no=False,
    transforms=("none", "log", "percent"),
    rhythm=True,
    secretion=True,
    instrument=_READING,
    rater=None,
    limits=False,
    printed=True,
)

ORDINAL: Final = Scale(
    name="ordinal",
    says="a rating ({categories}), effects are odds ratios or differences of the mean",
    effects=("odds_ratio", "difference"),
    spreads=(),
    levels=("mean sd", "shares"),
    levels_of_others=("mean",),
    carried=(),
    follow=None,
    family=None,
    widest=None,
    categories=(3, None),
    example="[0, 1, 2, 3, 4]",
    values=(),
    clues=("categories",),
    predictor="log odds",
    log=False,
    in_unit=False,
    positive=False,
    yes_or_no=False,
    transforms=("none", "percent"),
    rhythm=False,
    secretion=False,
    instrument=("rater_sd",),
    rater="latent",
    limits=False,
    printed=False,
)

BINARY: Final = Scale(
    name="binary",
    says="yes or no, effects are odds ratios",
    effects=("odds_ratio",),
    spreads=(),
    levels=("chance",),
    levels_of_others=(),
    carried=(),
    follow=None,
    family=None,
    widest=None,
    categories=(2, 2),
    example="[0, 1]",
    values=(0.0, 1.0),
    clues=("chance",),
    predictor="log odds",
    log=False,
    in_unit=False,
    positive=False,
    yes_or_no=True,
    transforms=("none",),
    rhythm=False,
    secretion=False,
    instrument=(),
    rater=None,
    limits=False,
    printed=True,
)

COUNT: Final = Scale(
    name="count",
    says="a count of events between two visits, effects are rate ratios",
    effects=("rate_ratio",),
    spreads=("sd_log_between",),
    levels=("mean dispersion",),
    levels_of_others=("mean",),
    carried=("dispersion",),
    follow="over",
    family=None,
    widest=None,
    categories=None,
    example="",
    values=(),
    clues=(),
    predictor="log of the mean",
    log=False,
    in_unit=False,
    positive=False,
    yes_or_no=False,
    transforms=("none",),
    rhythm=False,
    secretion=False,
    instrument=(),
    rater=None,
    limits=False,
    printed=False,
)

TIME: Final = Scale(
    name="time",
    says="the time until an event, effects are hazard ratios",
    effects=("hazard_ratio",),
    spreads=("sd_log_between",),
    levels=("median", "median shape"),
    levels_of_others=(),
    carried=("shape",),
    follow="until",
    family=None,
    widest=None,
    categories=None,
    example="",
    values=(),
    clues=(),
    predictor="log of the hazard",
    log=False,
    in_unit=False,
    positive=False,
    yes_or_no=False,
    transforms=("none",),
    rhythm=False,
    secretion=False,
    instrument=(),
    rater=None,
    limits=False,
    printed=False,
)

SCALES: Final = (NORMAL, LOGNORMAL, ORDINAL, BINARY, COUNT, TIME)

#: Every scale under its name.
SCALE: Final = {scale.name: scale for scale in SCALES}

#: Every clue with the scale that it shows.
CLUE: Final = {clue: scale for scale in SCALES for clue in scale.clues}

#: Keys of effects, of the spread of effects, of levels and of instruments that fit any scale, each once.
EFFECT_KEYS: Final = tuple(dict.fromkeys(key for scale in SCALES for key in scale.effects))
SPREAD_KEYS: Final = tuple(dict.fromkeys(key for scale in SCALES for key in scale.spreads))
LEVEL_KEYS: Final = tuple(
    dict.fromkeys(key for scale in SCALES for form in (*scale.levels, *scale.levels_of_others) for key in form.split())
)
INSTRUMENT_KEYS: Final = tuple(dict.fromkeys(key for scale in SCALES for key in scale.instrument))
