"""What a result holds besides recordings: synapses, sizes, and the model's score."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuroport.results.errors import InvalidResultError

__all__ = ["Deferred", "FloatArray", "IntArray", "ProjectionStructure", "Score", "Structure"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def _vector(values: ArrayLike, name: str, where: str) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise InvalidResultError(
            where, f"{name} has shape {array.shape}", "one number per synapse, shape (n_synapses,)",
            "flatten the connection list; matrices are not accepted because several synapses may "
            "join the same pair of neurons")
    return array


@dataclass(frozen=True, slots=True, eq=False)
class ProjectionStructure:
    """The synapses of one projection as one engine holds them.

    Parameters
    ----------
    presynaptic, postsynaptic : str
        Population labels.
    pre_index, post_index : array_like of int, shape (n_synapses,)
        Neuron numbers inside their populations, from 0.
    weight : array_like of float, shape (n_synapses,)
        Effective weights before the run, nA (current-based) or µS (conductance-based).
    delay : array_like of float, shape (n_synapses,)
        Effective delays, ms.
    final_weight : array_like of float, shape (n_synapses,), optional
        Weights after the run; only for plastic projections.
    weight_unit : str
        ``"nA"`` or ``"µS"``.
    weight_bounds : (float, float), optional
        Lower and upper bound of a plastic weight, in `weight_unit`.
    weight_resolution : float, optional
        Smallest step between two stored weights on the target (its least significant bit).
    delay_resolution : float, optional
        Grid of the delays on the target, ms.

    Raises
    ------
    InvalidResultError
        If the arrays have different lengths or an index is negative.
    """

    presynaptic: str
    postsynaptic: str
    pre_index: IntArray
    post_index: IntArray
    weight: FloatArray
    delay: FloatArray
    final_weight: FloatArray | None = None
    weight_unit: str = "nA"
    weight_bounds: tuple[float, float] | None = None
    weight_resolution: float | None = None
    delay_resolution: float | None = None

    def __post_init__(self) -> None:
        where = f"projection {self.presynaptic} -> {self.postsynaptic}"
        set_field = object.__setattr__
        set_field(self, "pre_index", np.asarray(self.pre_index, dtype=np.int64).ravel())
        set_field(self, "post_index", np.asarray(self.post_index, dtype=np.int64).ravel())
        set_field(self, "weight", _vector(self.weight, "weight", where))
        set_field(self, "delay", _vector(self.delay, "delay", where))
        if self.final_weight is not None:
            set_field(self, "final_weight", _vector(self.final_weight, "final_weight", where))
        lengths = {
            name: len(getattr(self, name))
            for name in ("pre_index", "post_index", "weight", "delay", "final_weight")
            if getattr(self, name) is not None
        }
        if len(set(lengths.values())) > 1:
            raise InvalidResultError(
                where, f"arrays of different length {lengths}", "one entry per synapse in each",
                "give every array in the same synapse order")
        if len(self.pre_index) and min(self.pre_index.min(), self.post_index.min()) < 0:
            raise InvalidResultError(
                where, "a negative neuron number", "numbers from 0 inside each population",
                "use indices inside the population, not global identifiers")

    def __len__(self) -> int:
        return len(self.weight)


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """Population sizes and projections of a realised network, as one engine holds them.

    Parameters
    ----------
    sizes : mapping of str to int
        Number of neurons per population label.
    projections : mapping of str to ProjectionStructure
        By projection label; labels are matched between engines.
    """

    sizes: Mapping[str, int] = field(default_factory=dict)
    projections: Mapping[str, ProjectionStructure] = field(default_factory=dict)

    def named(self, prefix: str, before: Structure | None = None) -> Structure:
        """Return this structure with a prefix to all labels, after another one."""
        def renamed(label: str) -> ProjectionStructure:
            one = self.projections[label]
            return replace(one, presynaptic=prefix + one.presynaptic,
                           postsynaptic=prefix + one.postsynaptic)

        mine = {prefix + label: partial(renamed, label) for label in self.projections}
        theirs: Mapping[str, ProjectionStructure] = {} if before is None else before.projections
        return Structure(
            {**({} if before is None else before.sizes),
             **{prefix + label: size for label, size in self.sizes.items()}},
            Deferred({**{label: partial(theirs.__getitem__, label) for label in theirs}, **mine}))


class Deferred(Mapping[str, ProjectionStructure]):
    """Projections that are made when they are first looked at: comparing few is common.

    Parameters
    ----------
    make : mapping of str to callable
        Label -> what makes its projection.
    """

    def __init__(self, make: Mapping[str, Callable[[], ProjectionStructure]]) -> None:
        self._make = make
        self._made: dict[str, ProjectionStructure] = {}

    def __getitem__(self, label: str) -> ProjectionStructure:
        if label not in self._made:
            self._made[label] = self._make[label]()
        return self._made[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self._make)

    def __len__(self) -> int:
        return len(self._make)


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """The task score of a model: one outcome per item (recall, pattern, place ...).

    Parameters
    ----------
    name : str
        What is scored, for instance ``"recall correct"``.
    outcomes : array_like of float, shape (n_items,)
        1 and 0 for right and wrong, or any number.
    items : sequence of str, optional
        Names of the items; equal names pair the items of two results.
    """

    name: str
    outcomes: FloatArray
    items: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        outcomes = np.asarray(self.outcomes, dtype=np.float64).ravel()
        object.__setattr__(self, "outcomes", outcomes)
        where = f"score {self.name!r}"
        if not np.all(np.isfinite(outcomes)):
            raise InvalidResultError(
                where, f"{int(np.sum(~np.isfinite(outcomes)))} outcomes are not finite",
                "a finite number per item", "score an item that gave no answer as wrong (0)")
        if self.items is not None:
            object.__setattr__(self, "items", tuple(self.items))
            if len(self.items) != len(outcomes):
                raise InvalidResultError(
                    where, f"{len(self.items)} item names for {len(outcomes)} outcomes",
                    "one name per outcome", "leave `items` out to pair by position")

    @classmethod
    def of(cls, answers: Mapping[str, Any] | None) -> Score | None:
        """Return the score of a model's answers, as ``ModelResult.score`` keeps them.

        Returns
        -------
        Score or None
            None where there is none.
        """
        if not answers:
            return None
        outcomes = answers.get("outcomes") or []
        if outcomes:
            items = tuple(map(str, answers.get("items") or ()))
            return cls("score", np.asarray(outcomes, dtype=float), items or None)
        right, asked = int(answers["right"]), int(answers["asked"])
        if not asked:
            return None
        return cls("right answers", np.repeat([1.0, 0.0], [right, asked - right]))
