"""Regression models: a family for the outcome, a prior for the slopes, one PyMC model."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from triptych.design import Design
from triptych.errors import InputError
from triptych.options import real, said
from triptych.outcomes import COUNTS, FAMILIES, LARGEST, MEASUREMENTS, SMALLEST
from triptych.principal import components
from triptych.scenario import Data
from triptych.tables import listed

PRIORS = ("flat", "normal", "laplace", "elastic_net", "student", "horseshoe")
# NumPy floats: PyTensor would keep plain ones in single precision, inside gamma functions too.
PRIOR_DF = np.float64(3.0)  # Student prior: heavy tails, finite variance
SLAB_DF, SLAB_SCALE = (
    np.float64(4.0),
    2.5,
)  # regularised horseshoe: how large an unshrunk slope may be
AUTO_SCALE = 2.5
LARGEST_NU = 1e6  # beyond, the difference of the density's gamma functions is rounding
CONDITIONAL = ("normal", "laplace", "elastic_net")


@dataclass(frozen=True)
class Regression:
    """What is asked for: family, prior and their settings.

    Parameters
    ----------
    family
        One of ``FAMILIES``. ``student`` has ``nu`` degrees of freedom; ``laplace`` is median
        regression, its ``sigma`` the mean absolute deviation.
    prior
        One of ``PRIORS``, on every slope and never on the intercept, which is flat. For measured
        outcomes ``normal``, ``laplace`` and ``elastic_net`` are conditional on sigma (Park &
        Casella 2008), which keeps the posterior of the normal and the lasso regression unimodal.
    prior_scale
        The prior's scale; ``auto`` is 2.5 (the default of Stan's rstanarm), weak on purpose since
        a prior that grew with the data would be none. For the horseshoe it is the global scale;
        ``auto`` follows Piironen & Vehtari (2017) with a quarter of the slopes relevant.
    l1_ratio
        The share of the Laplace part in an elastic net.
    nu
        Degrees of freedom of Student errors; ``None`` estimates them (above 2).
    """

    family: str = "gaussian"
    prior: str = "normal"
    prior_scale: float | str = "auto"
    l1_ratio: float = 0.5
    nu: float | None = 4.0

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise InputError(f"--family: there is no {self.family!r}; there are {listed(FAMILIES, 10)}")
        if self.prior not in PRIORS:
            raise InputError(f"--prior: there is no {self.prior!r}; there are {listed(PRIORS)}")
        if not (isinstance(self.prior_scale, str) and self.prior_scale == "auto"):
            object.__setattr__(self, "prior_scale", self._checked_scale())
        ratio = real(self.l1_ratio)
        if ratio is None or not SMALLEST <= ratio < 1:
            raise InputError(
                f"--l1-ratio must lie between 0 and 1 ({SMALLEST:g} at least), not be {said(self.l1_ratio)}; its ends "
                "are the normal and laplace priors"
            )
        nu = real(self.nu)
        if self.nu is not None and (nu is None or nu < 1):
            raise InputError(f"--nu must be a number of at least 1, or estimate (in Python None), not {said(self.nu)}")
        if nu is not None and nu > LARGEST_NU:
            raise InputError(
                f"--nu {nu:g} makes Student errors normal ones in all their digits but those that double precision "
                f"loses; use one up to {LARGEST_NU:g}, or --family gaussian"
            )
        object.__setattr__(self, "l1_ratio", ratio)
        object.__setattr__(self, "nu", nu)

    def _checked_scale(self) -> float:
        scale = real(self.prior_scale)
        if scale is None or scale <= 0:
            raise InputError(f"--prior-scale must be auto or a positive number, not {said(self.prior_scale)}")
        if not SMALLEST <= scale <= LARGEST:
            raise InputError(
                f"--prior-scale {scale:g} has a square beyond double precision; use one from {SMALLEST:g} to "
                f"{LARGEST:g} and rescale the predictors"
            )
        if self.prior == "flat":
            raise InputError("--prior-scale: a flat prior has no scale; leave it out")
        return scale

    @property
    def measured(self) -> bool:
        """Whether the outcome is a measurement with an error scale sigma."""
        return self.family in MEASUREMENTS

    @property
    def conditional(self) -> bool:
        """Whether the prior of the slopes is scaled by sigma."""
        return self.measured and self.prior in CONDITIONAL

    def plain(self, design: Design) -> bool:
        """Whether slopes are written as under a flat prior, so that the likelihood is seen as clearly."""
        if self.prior in ("flat", "horseshoe"):
            return self.prior == "flat"
        return components(design, self.prior) is not None or components(design, "flat") is None

    def scale(self, design: Design) -> float:
        """The prior's scale as a number."""
        if self.prior_scale != "auto":
            return float(self.prior_scale)
        if self.prior != "horseshoe":
            return AUTO_SCALE
        p = max(design.z.shape[1], 1)
        relevant = min(max(1.0, p / 4), p - 0.5)
        return float(relevant / (p - relevant) * self._noise(design) / math.sqrt(design.n))

    def slope_errors(self, design: Design) -> np.ndarray:
        """Return the standard error that each slope of ``design.z`` would have by itself, shape ``(p,)``."""
        noise = self._noise(design)
        if self.measured and design.n > design.rank:
            left = design.target - design.full @ np.linalg.lstsq(design.full, design.target, rcond=None)[0]
            noise = float(np.sqrt(left @ left / (design.n - design.rank))) or noise
        return np.asarray(noise / np.linalg.norm(design.z, axis=0))

    def _noise(self, design: Design) -> float:
        """Pseudo standard deviation of one outcome on the linear predictor's scale."""
        if self.measured:
            return 1.0  # multiplied by sigma in the model
        if self.family in COUNTS:
            return 1.0 / math.sqrt(design.outcome.mean())
        trials = np.ones(design.n) if design.trials is None else design.trials
        share = float(design.outcome.sum() / trials.sum())
        return 1.0 / math.sqrt(share * (1 - share) * trials.mean())


def regression_data(design: Design, spec: Regression) -> Data:
    """Return the arrays and labels that the model reads."""
    whole = not spec.measured
    arrays: dict[str, Any] = {
        "y": design.outcome.astype(np.int64) if whole else design.outcome,
        "y_centre": np.float64(design.outcome_centre),
        "y_scale": np.float64(design.outcome_scale),
        "y_spread": np.float64(design.spread),
    }
    dims: dict[str, tuple[str, ...]] = {"y": ("observation",)}
    coords: dict[str, list[Any]] = {
        "observation": list(range(design.n)),
        "term": design.terms,
    }
    if design.labels:
        arrays |= {"X": design.z, "x_centre": design.centre, "x_scale": design.scale}
        dims |= {"X": ("observation", "predictor")}
        dims |= {"x_centre": ("predictor",), "x_scale": ("predictor",)}
        coords["predictor"] = list(design.labels)
        if (turned := components(design, spec.prior)) is not None:
            arrays |= {"X": turned.columns, "back": turned.back}
            dims |= {"X": ("observation", "component"), "back": ("predictor", "component")}
            coords["component"] = list(range(1, len(design.labels) + 1))
        if spec.prior == "horseshoe":
            arrays["x_error"] = spec.slope_errors(design)
            dims["x_error"] = ("predictor",)
    if design.trials is not None:
        arrays["trials"] = design.trials.astype(np.int64)
        dims["trials"] = ("observation",)
    return Data(arrays, dims=dims, coords=coords)


def regression_model(design: Design, spec: Regression) -> Callable[..., None]:
    """Return the body of the PyMC model.

    Free variables: ``intercept`` (of the centred predictors, flat), ``beta`` (the slopes of the
    standardised predictors; ``rotated``, along their principal components, where they nearly depend
    on each other), and ``sigma`` (on the outcome's own scale), ``alpha`` or ``nu`` by family. The
    deterministic ``coef`` holds intercept and slopes on the user's own scale.
    """
    scale = np.float64(spec.scale(design))
    intercept, slopes = design.intercept, bool(design.labels)

    def model(data: Any) -> None:
        import pymc as pm
        import pytensor.tensor as pt

        sigma = _sigma(data, spec) if spec.measured else None
        a = pm.Flat("intercept") if intercept else 0.0
        beta = _slopes(spec, scale, sigma, data) if slopes else None
        along = 0.0
        if beta is not None:
            along = data.X @ beta
            if hasattr(data, "back"):
                beta = pm.Deterministic("beta", data.back @ beta, dims="predictor")
        mu = data.y_centre + data.y_scale * (a + along)
        _outcome(spec, data, mu, sigma)
        own = data.y_scale * beta / data.x_scale if beta is not None else pt.zeros(0)
        if intercept:
            shift = (own * data.x_centre).sum() if beta is not None else 0.0
            first = data.y_centre + data.y_scale * a - shift
            own = pt.join(0, pt.atleast_1d(first), own)
        pm.Deterministic("coef", own, dims="term")

    return model


def _sigma(data: Any, spec: Regression) -> Any:
    import pymc as pm
    import pytensor.tensor as pt

    if spec.prior == "flat":
        sigma = pm.HalfFlat("sigma", initval=data.y_spread)
        pm.Potential("sigma_prior", -pt.log(sigma))  # p(sigma) ~ 1 / sigma, the classical choice
        return sigma
    return pm.Exponential("sigma", scale=data.y_spread)


def _slopes(spec: Regression, scale: np.float64, sigma: Any, data: Any) -> Any:
    """Return the slopes of the standardised predictors, called ``beta`` in every model."""
    import pymc as pm
    import pytensor.tensor as pt

    name, dims = ("rotated", "component") if hasattr(data, "back") else ("beta", "predictor")
    noise = sigma / data.y_scale if sigma is not None else 1.0
    width = scale * noise if spec.conditional else scale
    if spec.prior == "flat":
        return pm.Flat(name, dims=dims)
    if spec.prior == "normal":
        return pm.Normal(name, 0.0, width, dims=dims)
    if spec.prior == "laplace":
        return pm.Laplace("beta", 0.0, width, dims=dims)
    if spec.prior == "student":
        return pm.StudentT("beta", nu=PRIOR_DF, mu=0.0, sigma=width, dims=dims)
    if spec.prior == "elastic_net":
        beta = pm.Laplace("beta", 0.0, width / spec.l1_ratio, dims=dims)
        # Both factors depend on beta / width only, so the product keeps its normaliser 1 / width.
        pm.Potential("beta_ridge", -0.5 * (1 - spec.l1_ratio) * ((beta / width) ** 2).sum())
        return beta
    tau = pm.HalfCauchy("tau", np.float64(1.0))
    local = pm.HalfCauchy("lambda", np.float64(1.0), dims=dims)
    slab = SLAB_SCALE**2 * pm.InverseGamma("slab", SLAB_DF / 2, SLAB_DF / 2)
    spread = scale * noise * tau * local
    shrunk = spread / pt.sqrt(1 + spread**2 / slab)
    # Uncentred where the prior holds a slope, centred where the data do: either alone has a funnel in the other place.
    wide = pt.sqrt(1 + (shrunk / data.x_error) ** 2)
    raw = pm.Normal("raw", 0.0, wide, dims=dims)
    return pm.Deterministic("beta", raw * shrunk / wide, dims=dims)


def _outcome(spec: Regression, data: Any, mu: Any, sigma: Any) -> None:
    import pymc as pm

    observed = {"observed": data.y, "dims": "observation"}
    mu = mu + 0.0 * data.y  # an intercept alone is a scalar
    if spec.family == "gaussian":
        pm.Normal("y_observed", mu, sigma, **observed)
    elif spec.family == "laplace":
        pm.Laplace("y_observed", mu, sigma, **observed)
    elif spec.family == "student":
        pm.StudentT("y_observed", nu=_nu(spec), mu=mu, sigma=sigma, **observed)
    elif spec.family == "bernoulli":
        pm.Bernoulli("y_observed", logit_p=mu, **observed)
    elif spec.family == "binomial":
        # pm.Data holds 32-bit integers, whose log factorials JAX computes in single precision.
        pm.Binomial("y_observed", n=data.trials.astype("int64"), logit_p=mu, **observed)
    elif spec.family == "poisson":
        pm.Poisson("y_observed", pm.math.exp(mu), **observed)
    else:
        alpha = pm.Exponential("alpha", np.float64(1.0))
        pm.NegativeBinomial("y_observed", mu=pm.math.exp(mu), alpha=alpha, **observed)


def _nu(spec: Regression) -> Any:
    import pymc as pm

    if spec.nu is not None:
        return np.float64(spec.nu)
    # Juarez & Steel (2010), shifted: below 2 a few exact residuals make the likelihood unbounded.
    return pm.Deterministic("nu", 2.0 + pm.Gamma("nu_above_2", np.float64(2.0), 0.1))


def estimands(spec: Regression) -> tuple[str, ...]:
    """Names of what is reported."""
    extra = {"negative_binomial": ("alpha",)}.get(spec.family, ())
    nu = ("nu",) if spec.family == "student" and spec.nu is None else ()
    return ("coef", *(("sigma",) if spec.measured else ()), *extra, *nu)
