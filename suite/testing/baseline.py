"""Baselines: estimates kept as JSON, an estimand a line, with what is needed to hold later ones against them."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from triptych.base.errors import InputError, path_of
from triptych.testing.agree import FACTOR, SEED, agreement
from triptych.testing.agreement_table import Agreement
from triptych.testing.estimates import Estimates, PointEstimate, Sampled, Variant
from triptych.testing.fingerprint import Fingerprint, library_versions
from triptych.testing.given import estimates_of
from triptych.testing.records import Checked, lines, read_json, write_bytes, write_text
from triptych.testing.reweighting import Sample
from triptych.testing.statistics import QUANTITIES, Figures

KIND, SCHEMA = "triptych baseline", 1
FINER = 0.1  # of its error, to which a value is rounded
DRAWS = ".draws.npz"  # in place of .json: draws for predictions when the density changes


@dataclass(frozen=True)
class Baseline:
    """Estimates to hold later ones against.

    Attributes
    ----------
    estimates
        The estimates, as :func:`triptych.testing.agreement` takes them.
    versions
        Of the libraries that computed them.
    """

    estimates: Estimates
    versions: Mapping[str, str]

    @classmethod
    def of(cls, given: Any, *, factor: int = FACTOR) -> Baseline:
        """Make a baseline; what can be sampled anew is, with ``factor`` times the draws.

        Parameters
        ----------
        given
            What :func:`triptych.testing.agreement` takes.
        factor
            How many times the draws; 1 keeps those that there are.

        Raises
        ------
        InputError
            For what cannot be compared, and for numbers, which need no baseline.
        """
        found = estimates_of(given)
        if any(v.exact is not None for v in found.variants.values()):
            raise InputError("numbers need no baseline; compare with them by assert_agree")
        variants = {name: _kept(variant, factor) for name, variant in found.variants.items()}
        return cls(replace(found, variants=variants), library_versions())

    def save(self, path: str | PathLike[str]) -> Path:
        """Write it as JSON, and draws for predictions beside it; return the path.

        Raises
        ------
        EnvironmentFault
            When the disk does not take it.
        """
        place = path_of(path)
        drawn = {name: sample for name, v in self.estimates.variants.items() if (sample := v.sample()) is not None}
        if drawn:
            write_bytes(_beside(place), _packed(drawn))
        return write_text(place, lines(self.record()))

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Baseline:
        """Read what :meth:`save` wrote.

        Raises
        ------
        InputError
            When a file is missing, damaged, of something else, or of a newer schema.
        """
        place = path_of(path)
        record = Checked(read_json(place, KIND, SCHEMA), repr(str(place)))
        variants = {}
        beside = _beside(place)
        samples = _unpacked(beside) if beside.exists() else {}
        fingerprints = record.record("densities")
        for one in record.records("variants"):
            name = one.get("variant", str)
            kept = fingerprints.values.get(name)
            fingerprint = None if kept is None else Fingerprint.from_record(Checked(kept, record.where))
            variants[name] = Variant(
                points=_points(record, name),
                sampled=_sampled(record, name, one.get("fault", str)),
                fingerprint=fingerprint,
                likelihood=() if fingerprint is None else fingerprint.likelihood,
                sample=_returning(samples.get(name)),
                settings=one.get("settings", dict),
            )
        if not variants:
            raise InputError(f"{record.where} has no variants; make the baseline again")
        sides = Estimates(record.get("what", str), variants, record.get("partial", bool), record.get("sampling", dict))
        return cls(sides, record.get("versions", dict))

    def compare(self, given: Any, **options: Any) -> Agreement:
        """Hold estimates against this baseline; the options are those of :func:`triptych.testing.agreement`.

        Raises
        ------
        InputError
            When they are of another scenario or kind, or an estimand is missing on one side.
        """
        found = estimates_of(given)
        if found.what != self.estimates.what:
            raise InputError(
                f"the baseline is a {self.estimates.what}, and what is held against it a {found.what}; update it if "
                "that is meant"
            )
        agreed = agreement(replace(self.estimates, what="the baseline"), found, **options)
        now = library_versions()
        moved = [f"{name} {v} and {now.get(name)}" for name, v in sorted(self.versions.items()) if now.get(name) != v]
        told = [f"The baseline was made with other versions: {', '.join(moved)}."] if moved else []
        return replace(agreed, told=(*agreed.told, *told), sides=("baseline", "now"))

    def record(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        variants = self.estimates.variants
        rows: list[dict[str, Any]] = []
        for name, variant in sorted(variants.items()):
            for method, points in sorted(variant.points.items()):
                rows += [_point_row(name, method, scalar, point) for scalar, point in sorted(points.items())]
            if variant.sampled is not None:
                order = np.argsort(variant.sampled.names)
                rows += [_sampled_row(name, variant.sampled, int(k)) for k in order]
        return {
            "kind": KIND,
            "schema": SCHEMA,
            "what": self.estimates.what,
            "partial": self.estimates.partial,
            "versions": dict(sorted(self.versions.items())),
            "sampling": dict(sorted(self.estimates.sampling.items())),
            "variants": [
                {"variant": n, "settings": _plain(v.settings), "fault": v.sampled.fault if v.sampled else ""}
                for n, v in sorted(variants.items())
            ],
            "estimates": rows,
            "densities": {n: v.fingerprint.record() for n, v in sorted(variants.items()) if v.fingerprint is not None},
        }


def _returning(sample: Sample | None) -> Any:
    return lambda: sample


def _beside(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".json") + DRAWS)


def _plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    from triptych.reports.plain import plain

    return {str(key): plain(value) for key, value in sorted(settings.items())}


def _kept(variant: Variant, factor: int) -> Variant:
    """Return what is kept of a variant: figures of many draws, and the density's fingerprint at some of them."""
    drawn = variant.sampled
    if variant.redraw is not None and factor > 1:
        drawn = variant.redraw(factor, 2 * SEED)
    sample = variant.sample()
    fingerprint = variant.fingerprint
    if fingerprint is None and variant.model is not None:
        points = None if sample is None else {n: x[:: max(1, len(x) // 15)][:15] for n, x in sample.free.items()}
        fingerprint = Fingerprint.of(variant.model, points=points, likelihood=variant.likelihood)
    settings = _plain(variant.settings)
    return replace(
        variant, sampled=drawn, fingerprint=fingerprint, sample=_returning(sample), settings=settings, redraw=None
    )


def rounded(value: float, error: float) -> float | None:
    """Return a value rounded to a tenth of its error, so that what is written is what is known; None for NaN."""
    if not math.isfinite(value):
        return None
    if not (math.isfinite(error) and error > 0):
        return value
    decimals = -math.floor(math.log10(FINER * error))
    return float(round(value, decimals)) if decimals < 300 else value


def _digits(value: float, digits: int = 3) -> float | None:
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None


def _point_row(variant: str, method: str, name: str, point: PointEstimate) -> dict[str, Any]:
    return {
        "variant": variant,
        "method": method,
        "name": name,
        "estimate": rounded(point.value, point.accuracy),
        "accuracy": _digits(point.accuracy, 2),
        "std_error": _digits(point.std_error, 8),
        "status": str(point.status),
    }


def _sampled_row(variant: str, drawn: Sampled, k: int) -> dict[str, Any]:
    f = drawn.figures
    row: dict[str, Any] = {"variant": variant, "method": "mcmc", "name": drawn.names[k]}
    for j, quantity in enumerate(QUANTITIES):
        value, error = float(f.values[k, j]), float(f.errors[k, j])
        row[quantity] = [rounded(value, error), _digits(error), _digits(float(f.sizes[k, j]))]
    # Where the tails begin, to a tenth of the error: that of the probability over the density of a normal there.
    for j, end in enumerate(("from", "to")):
        share = float(f.errors[k, 2 + j])
        error = share * float(f.values[k, 1]) / 0.1755 if math.isfinite(share) else math.nan
        row[end] = rounded(float(f.places[k, j]), error)
    row["tail_index"] = _digits(float(drawn.tail_index[k])) if drawn.tail_index.size else None
    row["period"] = float(drawn.periods[k]) if drawn.periods.size else 0.0
    row["status"] = drawn.statuses[k] if drawn.statuses else ""
    return row


def _number(row: Checked, key: str, value: Any) -> float:
    if value is None:
        return math.nan
    if type(value) not in (int, float):
        raise InputError(f"{row.where} is damaged: {key!r} of {row.values.get('name')!r} is {value!r} and no number")
    return float(value)


def _points(record: Checked, variant: str) -> dict[str, dict[str, PointEstimate]]:
    found: dict[str, dict[str, PointEstimate]] = {}
    for row in record.records("estimates"):
        if row.get("variant", str) == variant and row.get("method", str) != "mcmc":
            numbers = [_number(row, k, row.values.get(k)) for k in ("estimate", "std_error", "accuracy")]
            status = row.get("status", str)
            if status == "ok" and math.isnan(numbers[0]):
                raise InputError(f"{row.where} is damaged: {row.get('name', str)!r} is ok and has no estimate")
            point = PointEstimate(numbers[0], numbers[1], status, numbers[2])
            found.setdefault(row.get("method", str), {})[row.get("name", str)] = point
    return found


def _sampled(record: Checked, variant: str, fault: str) -> Sampled | None:
    rows = [
        row
        for row in record.records("estimates")
        if row.get("variant", str) == variant and row.get("method", str) == "mcmc"
    ]
    if not rows:
        return None
    table = np.array([[_triple(row, quantity) for quantity in QUANTITIES] for row in rows])
    places = np.array([[_number(row, end, row.values.get(end)) for end in ("from", "to")] for row in rows])
    return Sampled(
        tuple(row.get("name", str) for row in rows),
        Figures(table[..., 0], table[..., 1], table[..., 2], places),
        None,
        fault,
        np.array([_number(row, "period", row.values.get("period")) for row in rows]),
        np.array([_number(row, "tail_index", row.values.get("tail_index")) for row in rows]),
        tuple(row.get("status", str) for row in rows) if all(row.values.get("status") for row in rows) else (),
    )


def _triple(row: Checked, quantity: str) -> list[float]:
    given = row.get(quantity, list)
    if len(given) != 3:
        raise InputError(
            f"{row.where} is damaged: {quantity!r} of {row.get('name', str)!r} has {len(given)} numbers, not 3"
        )
    numbers = [_number(row, quantity, value) for value in given]
    if math.isnan(numbers[0]) and not math.isnan(numbers[1]):
        raise InputError(f"{row.where} is damaged: {quantity!r} of {row.get('name', str)!r} has an error and no value")
    return numbers


def _packed(samples: Mapping[str, Sample]) -> bytes:
    arrays: dict[str, np.ndarray] = {}
    for variant, sample in samples.items():
        arrays[f"{variant}/density"] = sample.density
        arrays[f"{variant}/jacobian"] = sample.jacobian
        arrays |= {f"{variant}/free/{name}": values for name, values in sample.free.items()}
        arrays |= {f"{variant}/scalar/{name}": values for name, values in sample.scalars.items()}
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def _unpacked(path: Path) -> dict[str, Sample]:
    """Read the draws that were kept beside a baseline.

    Raises
    ------
    InputError
        When the file is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in kept.files}
        variants = dict.fromkeys(name.split("/", 1)[0] for name in arrays)
        return {
            variant: Sample(
                _under(arrays, f"{variant}/free/"),
                _under(arrays, f"{variant}/scalar/"),
                arrays[f"{variant}/density"],
                arrays[f"{variant}/jacobian"],
            )
            for variant in variants
        }
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{str(path)!r} is damaged ({error}); restore it, or make the baseline again") from None


def _under(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)}
