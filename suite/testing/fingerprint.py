"""The fingerprint of a model's density: its terms at some thirty points, kept to be compared with a later version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from triptych.base.errors import InputError, ModelError, path_of
from triptych.testing.arrays import ArrayDigest
from triptych.testing.density_change import DensityChange, Side, density_change
from triptych.testing.records import Checked, array_of, lines, read_json, text_of, write_text
from triptych.testing.terms import FreeVariable, TermKey, Terms

KIND, SCHEMA = "triptych fingerprint", 1
COUNT = 30
OUTSIDE = 5  # points of density zero that are kept: they tell where the support ends


@dataclass(frozen=True)
class Fingerprint:
    """The log-density of a model at some points, in parts.

    Make one with :meth:`of`, and hold a later version of the model against it with :meth:`compare`. It needs no
    sampler, takes a second, and has no false alarms: a prior scale off by a thousandth shows, and rounding does not.

    Attributes
    ----------
    variables
        Name of each free variable to its shape and the transform in which it is sampled.
    points
        Name of each free variable to its values, ``(points, *shape)``, on the natural scale.
    keys, values
        The terms, and their values ``(points, terms)``: log-likelihood of each observed variable, log-prior of each
        free variable and potential, log-Jacobian of each transformed variable.
    arrays
        Digests of the data that each term is computed from.
    likelihood
        Names of potentials that count as likelihood.
    versions
        Of the libraries that computed it.
    """

    variables: dict[str, FreeVariable]
    points: dict[str, np.ndarray]
    keys: tuple[TermKey, ...]
    values: np.ndarray
    arrays: tuple[dict[str, ArrayDigest], ...]
    likelihood: tuple[str, ...]
    versions: dict[str, str]

    @classmethod
    def of(
        cls,
        model: Any,
        *,
        points: Mapping[str, Any] | None = None,
        likelihood: tuple[str, ...] = (),
        random_seed: int = 1,
    ) -> Fingerprint:
        """Evaluate a model's density at some thirty points.

        Parameters
        ----------
        model
            Any ``pm.Model`` with a free variable.
        points
            Natural values of each free variable, ``(points, *shape)``, as of thinned draws; points around the model's
            initial point are added up to thirty.
        likelihood
            Names of potentials that count as likelihood.
        random_seed
            Seed of the points.

        Raises
        ------
        ModelError
            When the density is finite at no point.
        InputError
            When it is no model, or the points are not those of its free variables.
        """
        terms = Terms.of(model, tuple(likelihood))
        spread = terms.spread(COUNT, random_seed)
        given = _checked_points(points, terms.variables)
        many = {name: np.concatenate([given[name], spread[name]])[: max(COUNT, len(given[name]))] for name in spread}
        values = terms.at(many)
        finite = np.all(np.isfinite(values), axis=1)
        outside = np.flatnonzero(~np.any(np.isnan(values), axis=1) & ~finite)[:OUTSIDE]
        kept = np.sort(np.concatenate([np.flatnonzero(finite), outside]))
        if not finite.any():
            raise ModelError(
                "the density of the model is finite at no point that was tried; pass points=, such as some draws of it"
            )
        return cls(
            terms.variables,
            {name: value[kept] for name, value in many.items()},
            terms.keys,
            values[kept],
            terms.arrays,
            tuple(likelihood),
            library_versions(),
        )

    def compare(self, model: Any) -> DensityChange:
        """Say whether a model has this density, up to a constant, and which part changed when it has not.

        Parameters
        ----------
        model
            A ``pm.Model``; or a fingerprint that was made at the same points.

        Raises
        ------
        InputError
            When a fingerprint was made at other points.
        """
        if isinstance(model, Fingerprint):
            after = Side(model.variables, model.keys, model.arrays, model.values)
            if not self._same_points(model):
                raise InputError(
                    "the two fingerprints were made at different points; compare a fingerprint with the other model"
                )
        else:
            terms = Terms.of(model, self.likelihood)
            if terms.variables.keys() != self.variables.keys() or any(
                terms.variables[n].shape != v.shape for n, v in self.variables.items()
            ):
                values = np.zeros((len(self.values), len(terms.keys)))  # of other quantities: never looked at
            else:
                values = terms.at(self.points)
            after = Side(terms.variables, terms.keys, terms.arrays, values)
        return density_change(Side(self.variables, self.keys, self.arrays, self.values), after)

    def _same_points(self, other: Fingerprint) -> bool:
        if self.variables.keys() != other.variables.keys():
            return True  # which is told before any point is looked at
        return all(np.array_equal(self.points[name], other.points[name]) for name in self.points)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write it as JSON, a term a line; return the path.

        Raises
        ------
        InputError
            When the path cannot be written.
        """
        return write_text(path_of(path), lines(self.record()))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Fingerprint:
        """Read what :meth:`save` wrote.

        Raises
        ------
        InputError
            When the file is missing, damaged, of something else, or of a newer schema.
        """
        place = path_of(path)
        return cls.from_record(Checked(read_json(place, KIND, SCHEMA), repr(str(place))))

    def record(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        terms = []
        for k, key in enumerate(self.keys):
            arrays = {
                name: [list(d.shape), d.digest, d.unordered, d.data] for name, d in sorted(self.arrays[k].items())
            }
            numbers = [float(v) if np.isfinite(v) else "-inf" for v in self.values[:, k]]
            terms.append({"part": key.part, "name": key.name, "arrays": arrays, "values": numbers})
        variables = [
            {"name": name, "shape": list(v.shape), "transform": v.transform, "points": text_of(self.points[name])}
            for name, v in self.variables.items()
        ]
        return {
            "kind": KIND,
            "schema": SCHEMA,
            "versions": dict(sorted(self.versions.items())),
            "likelihood": list(self.likelihood),
            "points": len(self.values),
            "variables": variables,
            "terms": terms,
        }

    @classmethod
    def from_record(cls, record: Checked) -> Fingerprint:
        """Return the fingerprint that a record holds.

        Raises
        ------
        InputError
            When something is missing, of another kind, or not a number.
        """
        count = record.get("points", int)
        variables, points = {}, {}
        for one in record.records("variables"):
            name, shape = one.get("name", str), tuple(one.get("shape", list))
            variables[name] = FreeVariable(shape, one.get("transform", str))
            points[name] = array_of(one.get("points", str), (count, *shape), f"{one.where}, the points of {name}")
        keys, columns, arrays = [], [], []
        for one in record.records("terms"):
            key = TermKey(one.get("part", str), one.get("name", str))
            keys.append(key)
            columns.append(_numbers(one, key, count))
            arrays.append({n: _digest(one, n, d) for n, d in one.get("arrays", dict).items()})
        if not keys or not variables:
            raise InputError(f"{record.where} has no terms or no variables; make the fingerprint again")
        return cls(
            variables,
            points,
            tuple(keys),
            np.stack(columns, axis=1),
            tuple(arrays),
            tuple(record.get("likelihood", list)),
            record.get("versions", dict),
        )


def _digest(record: Checked, name: str, given: Any) -> ArrayDigest:
    if not isinstance(given, list) or len(given) != 4 or not isinstance(given[0], list):
        raise InputError(f"{record.where} has a damaged digest of {name}; make it again")
    return ArrayDigest(tuple(given[0]), str(given[1]), str(given[2]), bool(given[3]))


def _numbers(record: Checked, key: TermKey, count: int) -> np.ndarray:
    given = record.get("values", list)
    what = f"{record.where}: the {key.part} of {key.name}"
    if len(given) != count:
        raise InputError(f"{what} has {len(given)} values for {count} points; make the fingerprint again")
    numbers = np.array([-np.inf if v == "-inf" else v if type(v) in (int, float) else np.nan for v in given], float)
    if np.any(np.isnan(numbers)):
        raise InputError(f"{what} has a value that is not a number; make the fingerprint again")
    return numbers


def _checked_points(points: Mapping[str, Any] | None, variables: Mapping[str, FreeVariable]) -> dict[str, np.ndarray]:
    if points is None:
        return {name: np.zeros((0, *v.shape)) for name, v in variables.items()}
    if missing := [name for name in variables if name not in points]:
        raise InputError(f"points= lacks the free variables {', '.join(missing)}")
    found = {name: np.asarray(points[name]) for name in variables}
    count = len(next(iter(found.values())))
    for name, variable in variables.items():
        if found[name].shape != (count, *variable.shape):
            raise InputError(f"points[{name!r}] has the shape {found[name].shape}, not {(count, *variable.shape)}")
    return found


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries on which estimates depend."""
    from importlib.metadata import version

    return {
        name: version(name) for name in ("arviz", "jax", "numpy", "nutpie", "pymc", "pytensor", "scipy", "statsmodels")
    }
