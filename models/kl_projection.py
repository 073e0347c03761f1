"""Likelihood, cross-entropy, divergence and perplexity are one thing: symbols of a page of prose.

The page below was written for this scenario. Its symbols are the letters and the blank between words; the last
paragraph is kept back. For any model q of the symbols and the shares p of the page (Cover & Thomas 2006, Elements of
Information Theory, 2nd ed., theorem 2.6.3: no divergence is below zero)

    average negative log-likelihood = H(p) + KL(p || q),

so the MLE is the member of the family with the least forward divergence, and its perplexity is the exponential of the
left side. A symbol that the page does not have gets no probability from the MLE, and a text that has it an infinite
divergence. Adding SMOOTHING to each count gives the mode under Dirichlet(1 + SMOOTHING), whose mean adds one more.

The other direction, KL(q || p), is another projection. Both are shown for a normal distribution and a mixture of two.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from triptych.problem.claims import Claim, at_least, at_most, claim, close_to_exact, equal
from triptych.problem.scenario import Data, Figure, Scenario, Series
from triptych.problem.varied import Question, Range, overridden

PAGE = """
A page of prose is an odd kind of measurement. Whoever counts its letters soon finds that some of them are common,
that others are rare, and that a few do not occur at all. From the counts alone one can write down a model of the page:
each letter gets the share that it had. Just these make the page itself the most likely. The same holds when they are
hidden in a machine with a great many weights, which reads the page again and again and moves its weights a little each
time, so that what it has read would surprise it less.

Words are letters with a memory. Someone who has seen two letters of a word can often guess the third. A model of whole
words has more to remember and fewer readings to do it from, for most words of a page stand there once. It learns this
page well, and it is at a loss with the next one, since it gives nothing to the words that it has not seen. So one keeps
a little in reserve for all of them. How much is a belief, and it has to be held before the page is read.
"""
KEPT_BACK = """
A lazy reader may object that all of this is a quibble about rare letters, and that no text has been lost for want of
them. Yet a model that calls the next word impossible has nothing more to say when it comes. It is the zero that costs,
not the size of the share: whoever says one in a million has a price to pay and goes on, and whoever says never is done.
"""
LINE = 60  # symbols; the model knows nothing of lines, but a page has them
SYMBOLS = " abcdefghijklmnopqrstuvwxyz"
SMOOTHING = 0.5  # added to each count
STEPS, RATE = 400, 3.0  # of gradient descent
SHARE, APART, WIDTH = 0.65, 2.0, 0.6  # of the mixture: weight of the first normal, half the distance, both widths


def _symbols(text: str) -> np.ndarray:
    """Return the symbols of a text: letters, and one blank for everything between two words."""
    plain = "".join(c if c.isalpha() else " " for c in text.lower())
    return np.array([SYMBOLS.index(c) for c in " ".join(plain.split())])


def data() -> Data:
    """Return how often each symbol occurs in each line of the page."""
    return _data(_symbols(PAGE))


def _data(symbols: np.ndarray) -> Data:
    lines = [symbols[k : k + LINE] for k in range(0, symbols.size, LINE)]
    counts = np.array([_counts(line) for line in lines]).astype("int64")
    return Data(
        {"counts": counts, "length": counts.sum(axis=1)},
        dims={"counts": ("line", "symbol"), "length": ("line",)},
        coords={"symbol": ["blank", *SYMBOLS[1:]]},
    )


def model(data: Data, smoothing: Any = SMOOTHING) -> None:
    """Symbols with the shares ``share``; a symmetric Dirichlet prior whose mode adds ``smoothing`` to each count."""
    import pymc as pm
    import pytensor.tensor as pt

    share = pm.Dirichlet("share", pt.ones(len(SYMBOLS)) * (1.0 + smoothing), dims="symbol")
    pm.Multinomial("y", data.length, share, observed=data.counts, dims=("line", "symbol"))


def simulate(
    rng: np.random.Generator, n: int = 30, truth: Mapping[str, Any] | None = None, **_: Any
) -> tuple[Data, dict[str, Any]]:
    """Draw ``n`` lines, with the smoothed shares of the page to the power ``sharpness`` or with those given."""
    own = {"share": _added(_counts(_symbols(PAGE)), SMOOTHING), "sharpness": 1.0}
    true = overridden(own, truth)
    share = np.asarray(true["share"], dtype=float) ** true["sharpness"]
    share /= share.sum()
    return _data(rng.choice(len(SYMBOLS), n * LINE, p=share)), {"share": share, "sharpness": true["sharpness"]}


def _counts(symbols: np.ndarray) -> np.ndarray:
    return np.bincount(symbols, minlength=len(SYMBOLS)).astype(float)


def _added(counts: np.ndarray, smoothing: float) -> np.ndarray:
    """Return shares after adding a constant to each count."""
    return np.asarray((counts + smoothing) / (counts.sum() + smoothing * counts.size))


def _entropy(p: np.ndarray) -> float:
    seen = p[p > 0]
    return float(-np.sum(seen * np.log(seen)))


def _surprise(p: np.ndarray, q: np.ndarray) -> float:
    """Return the cross-entropy of shares and a model; infinite where the model has a zero that they have not."""
    seen = p > 0
    with np.errstate(divide="ignore"):
        return float(-np.sum(p[seen] * np.log(q[seen])))


def _shares(comparison: Any, method: str) -> np.ndarray:
    return np.asarray(comparison["default"].values(method, "share"))


def _page(comparison: Any) -> np.ndarray:
    counts = comparison["default"].data.counts.sum(axis=0)
    return np.asarray(counts / counts.sum())


@claim("The MLE of the symbols' shares is their shares of the page (largest difference, unseen symbols included)")
def mle_is_the_page(comparison: Any) -> Claim:
    return at_most(float(np.max(np.abs(_shares(comparison, "mle") - _page(comparison)))), 1e-8)


@claim("The average of -log p over the symbols of the page, at MLE, MAP and posterior mean of the shares p, is the "
       "page's entropy plus SciPy's divergence from the page to p (largest difference per symbol)")  # fmt: skip
def surprise_is_entropy_and_divergence(comparison: Any) -> Claim:
    from scipy.stats import entropy

    page, gaps = _page(comparison), []
    for method in ("mle", "map", "mcmc"):
        q = _shares(comparison, method)
        average = -np.log(q[_symbols(PAGE)]).mean()
        gaps.append(abs(average - _entropy(page) - entropy(page, q)))
    return at_most(float(max(gaps)), 1e-10)


@claim("The log-likelihood of shares q is the logarithm of the lines' multinomial coefficients less the number of "
       "symbols times the cross-entropy of the page's shares and q (largest relative difference, at random shares)"
       )  # fmt: skip
def likelihood_is_the_cross_entropy(comparison: Any) -> Claim:
    from scipy.special import gammaln

    solved, rng, gaps = comparison["default"], np.random.default_rng(4), []
    d, page = solved.data, _page(comparison)
    ways = float(gammaln(d.length + 1.0).sum() - gammaln(d.counts + 1.0).sum())
    for z in rng.normal(0, 1, (20, solved.engine.size)):
        surprise = _surprise(page, np.asarray(solved.engine.natural_values(z)["share"]))
        gaps.append(abs(float(solved.engine.value(z)[0]) / (ways - d.length.sum() * surprise) - 1))
    return at_most(max(gaps), 1e-10)


@claim("The perplexity of the page, which is the exponential of its cross-entropy, is one over the geometric mean of "
       "the probabilities of its symbols, at MLE, MAP and posterior mean of the shares (largest relative difference, "
       "by decimal arithmetic of fifty digits)")  # fmt: skip
def perplexity_is_the_exponential(comparison: Any) -> Claim:
    from decimal import Decimal, localcontext

    page, gaps = _symbols(PAGE), []
    for method in ("mle", "map", "mcmc"):
        q = _shares(comparison, method)
        with localcontext(prec=50):
            product = Decimal(1)
            for probability in q[page]:
                product *= Decimal(float(probability))
            mean = product ** (Decimal(1) / page.size)
            gaps.append(abs(float(mean) * np.exp(_surprise(_page(comparison), q)) - 1))
    return at_most(float(max(gaps)), 1e-10)


@claim("No other shares than the MLE have less forward divergence from the page: a search over the logits of all seen "
       "symbols ends at the MLE (largest difference)")  # fmt: skip
def mle_is_the_projection(comparison: Any) -> Claim:
    from scipy.optimize import minimize
    from scipy.special import log_softmax, softmax

    page = _page(comparison)
    seen = page > 0
    found = minimize(
        lambda z: -float(page[seen] @ log_softmax(z)),
        np.zeros(int(seen.sum())),
        jac=lambda z: softmax(z) - page[seen],
        method="BFGS",
        options={"gtol": 1e-10},
    )
    return at_most(float(np.max(np.abs(softmax(found.x) - _shares(comparison, "mle")[seen]))), 1e-8)


def _unseen(comparison: Any) -> list[str]:
    return [SYMBOLS[k] for k in np.flatnonzero(_page(comparison) == 0)]


@claim("The MLE of the shares of letters that the page does not have is on the edge of the simplex (their statuses)")
def unseen_are_on_the_edge(comparison: Any) -> Claim:
    rows = {row.label: str(row.status) for row in comparison["default"].rows("mle", "share")}
    return equal(", ".join(sorted({rows[letter] for letter in _unseen(comparison)})), "at_boundary")


def _kept(comparison: Any) -> np.ndarray:
    counts = _counts(_symbols(KEPT_BACK))
    return np.asarray(counts / counts.sum())


@claim("The paragraph that was kept back has letters that the page does not have, and its surprise under the MLE of "
       "the shares is infinite (nats per symbol)")  # fmt: skip
def unseen_cost_everything(comparison: Any) -> Claim:
    return equal(_surprise(_kept(comparison), _shares(comparison, "mle")), float("inf"))


@claim("The MAP of the shares under Dirichlet(1 + a) adds a to the count of each symbol (largest difference)")
def map_is_additive_smoothing(comparison: Any) -> Claim:
    exact = _added(comparison["default"].data.counts.sum(axis=0), SMOOTHING)
    return at_most(float(np.max(np.abs(_shares(comparison, "map") - exact))), 1e-8)


@claim("The posterior mean of the shares under Dirichlet(1 + a) adds 1 + a to the count of each symbol (all symbols, "
       "in Monte Carlo errors)")  # fmt: skip
def mean_is_additive_smoothing(comparison: Any) -> Claim:
    draws = comparison["default"].panels["mcmc"].native["posterior"]["share"].values
    return close_to_exact(draws, _added(comparison["default"].data.counts.sum(axis=0), 1 + SMOOTHING))


@claim("The paragraph that was kept back has a smaller perplexity under the MAP, which smooths the shares, than under "
       "equal shares of all symbols (perplexity of the MAP)")  # fmt: skip
def smoothing_is_finite(comparison: Any) -> Claim:
    return at_most(float(np.exp(_surprise(_kept(comparison), _shares(comparison, "map")))), float(len(SYMBOLS)))


@lru_cache(maxsize=1)
def _tables() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return counts of page and kept-back paragraph, rows by what is remembered, for each model."""
    page, kept = _symbols(PAGE), _symbols(KEPT_BACK)
    k = len(SYMBOLS)

    def pairs(symbols: np.ndarray) -> np.ndarray:
        return np.bincount(symbols[:-1] * k + symbols[1:], minlength=k * k).reshape(k, k).astype(float)

    words = ["".join(SYMBOLS[s] for s in one).split() for one in (page, kept)]
    known = sorted({w for text in words for w in text})
    counted = [np.array([[float(text.count(w)) for w in known]]) for text in words]
    return {
        "letters": (_counts(page)[None], _counts(kept)[None]),
        "letters after a letter": (pairs(page), pairs(kept)),
        "words": (counted[0], counted[1]),
    }


def _of_table(counts: np.ndarray, logits: np.ndarray) -> float:
    """Return the average surprise of counts under the softmax of logits in each row."""
    from scipy.special import log_softmax

    return float(-np.sum(counts * log_softmax(logits, axis=1)) / counts.sum())


@lru_cache(maxsize=1)
def _training() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return average surprise on page and kept-back paragraph along gradient descent from even shares."""
    from scipy.special import softmax

    found = {}
    for name, (page, kept) in _tables().items():
        share, logits = page / page.sum(), np.zeros(page.shape)
        marginal = share.sum(axis=1, keepdims=True)
        path = []
        for _ in range(STEPS + 1):
            path.append((_of_table(page, logits), _of_table(kept, logits)))
            logits = logits + RATE * (share - marginal * softmax(logits, axis=1))
        found[name] = (np.array(path)[:, 0], np.array(path)[:, 1])
    return found


@claim("Along gradient descent on the cross-entropy the perplexity of the page falls at every step, for letters, "
       "letters after a letter, and words (largest step of its logarithm)")  # fmt: skip
def perplexity_falls(comparison: Any) -> Claim:
    return at_most(max(float(np.max(np.diff(page))) for page, _ in _training().values()), 0.0)


@claim("Along gradient descent on the cross-entropy the perplexity of the page stays above the exponential of the "
       "page's own entropy, which no model of its kind can pass (least distance of the logarithms)")  # fmt: skip
def entropy_is_the_floor(comparison: Any) -> Claim:
    gaps = [page.min() - _floor(name) for name, (page, _) in _training().items()]
    return at_least(min(gaps), 0.0)


def _floor(name: str) -> float:
    """Return the entropy of the page given what a model remembers."""
    page = _tables()[name][0]
    totals = page.sum(axis=1)
    return float(sum(t * _entropy(row / t) for row, t in zip(page, totals, strict=True) if t) / totals.sum())


@claim("At the end of gradient descent the surprise of the page's letters is the page's entropy plus SciPy's "
       "divergence from the page to the trained model (difference)")  # fmt: skip
def trained_is_entropy_and_divergence(comparison: Any) -> Claim:
    from scipy.special import softmax
    from scipy.stats import entropy

    page = _page(comparison)
    logits = np.zeros(page.size)
    for _ in range(STEPS):
        logits = logits + RATE * (page - softmax(logits))
    return at_most(abs(_training()["letters"][0][-1] - _entropy(page) - entropy(page, softmax(logits))), 1e-12)


@claim("The model of words overfits: along gradient descent on the page the surprise of the words of the kept-back "
       "paragraph ends above its lowest (nats per word)")  # fmt: skip
def words_overfit(comparison: Any) -> Claim:
    kept = _training()["words"][1]
    return at_least(float(kept[-1] - kept.min()), 0.01)


def _mixture(x: Any) -> np.ndarray:
    """Return the log-density of two normals."""
    from scipy.stats import norm

    one = np.log(SHARE) + norm.logpdf(x, -APART, WIDTH)
    return np.asarray(np.logaddexp(one, np.log1p(-SHARE) + norm.logpdf(x, APART, WIDTH)))


@lru_cache(maxsize=1)
def _forward() -> tuple[float, float]:
    """Return mean and standard deviation of the normal with the least KL(mixture || normal), by search."""
    from scipy.optimize import minimize
    from scipy.stats import norm

    # Sums over equal steps converge geometrically where a smooth integrand vanishes at both ends, as here at 1e-16.
    x = np.linspace(-APART - 9 * WIDTH, APART + 9 * WIDTH, 301)
    weight = np.exp(_mixture(x)) * (x[1] - x[0])

    def loss(at: np.ndarray) -> float:
        return -float(weight @ norm.logpdf(x, at[0], np.exp(at[1])))

    found = minimize(loss, np.array([0.0, 0.5]), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14})
    return float(found.x[0]), float(np.exp(found.x[1]))


@claim("The forward divergence from a mixture of two normals is least at the normal with the mixture's mean and "
       "standard deviation (largest difference of a search by quadrature)")  # fmt: skip
def forward_is_the_moments(comparison: Any) -> Claim:
    mean = (1 - 2 * SHARE) * APART
    sd = np.sqrt(WIDTH**2 + APART**2 - mean**2)
    return at_most(max(abs(_forward()[0] - mean), abs(_forward()[1] - sd)), 1e-5)


@lru_cache(maxsize=2)
def _reverse(start: float) -> tuple[float, float, float]:
    """Return mean, standard deviation and value of the least KL(normal || mixture) from a start, by Gauss-Hermite."""
    from scipy.optimize import minimize

    nodes, weights = np.polynomial.hermite_e.hermegauss(200)
    weights = weights / weights.sum()

    def loss(at: np.ndarray) -> float:
        sd = np.exp(at[1])
        return float(-0.5 * (np.log(2 * np.pi) + 1) - at[1] - weights @ _mixture(at[0] + sd * nodes))

    found = minimize(loss, np.array([start, -0.5]), method="BFGS", options={"gtol": 1e-9})
    return float(found.x[0]), float(np.exp(found.x[1])), float(found.fun)


@claim("The reverse divergence to a mixture of two normals has a minimum at each of the two: there the mean slope of "
       "the mixture's log-density under the closest normal is zero, and its mean curvature minus one over that "
       "normal's variance (largest deviation, by adaptive quadrature)")  # fmt: skip
def reverse_is_stationary(comparison: Any) -> Claim:
    from scipy.integrate import quad
    from scipy.stats import norm

    def slope(x: float) -> float:
        one = 1 / (1 + np.exp(2 * APART * x / WIDTH**2 + np.log(1 / SHARE - 1)))  # the first normal's share at x
        return float(-(x + APART * (2 * one - 1)) / WIDTH**2)

    gaps = []
    for start in (-APART, APART):
        mean, sd, _ = _reverse(start)
        ends = (mean - 10 * sd, mean + 10 * sd)
        of_slope = quad(lambda x, m=mean, s=sd: norm.pdf(x, m, s) * slope(x), *ends, epsabs=1e-12, limit=200)[0]
        # By parts, the mean curvature is the mean of slope times distance over the variance.
        of_bend = quad(lambda x, m=mean, s=sd: norm.pdf(x, m, s) * slope(x) * (x - m), *ends, epsabs=1e-12, limit=200)[
            0
        ]
        gaps += [abs(of_slope), abs(of_bend + 1)]
    return at_most(max(gaps), 1e-5)


@claim("The normal of least reverse divergence to a mixture of two normals sits on the heavier of the two (distance of "
       "the means, in the width of the heavier)")  # fmt: skip
def reverse_is_one_mode(comparison: Any) -> Claim:
    best = min((_reverse(start) for start in (-APART, APART)), key=lambda found: found[2])
    return at_most(abs(best[0] + APART) / WIDTH, 0.05)


@claim("The normal of least reverse divergence to a mixture of two normals is less than half as wide as that of least "
       "forward divergence (ratio of the standard deviations)")  # fmt: skip
def projections_differ(comparison: Any) -> Claim:
    return at_most(_reverse(-APART)[1] / _forward()[1], 0.5)


def training(comparison: Any) -> Figure:
    """Perplexity along training, of the page and of the paragraph that was kept back."""
    steps = np.unique(np.round(np.logspace(0, np.log10(STEPS), 40)).astype(int))
    lines = []
    for name, (page, kept) in _training().items():
        lines.append(Series(f"{name}, page", steps.tolist(), np.exp(page[steps]).tolist()))
        lines.append(Series(f"{name}, kept back", steps.tolist(), np.exp(kept[steps]).tolist(), "points"))
    return Figure(
        "Perplexity falls along training",
        "Lines: the page, on which the models are trained by gradient descent. Points: the paragraph that was kept "
        "back. "
        "A perplexity of k is the surprise of a choice among k that are equally likely.",
        "step of gradient descent",
        "perplexity",
        tuple(lines),
        x_log=True,
        y_log=True,
    )


def projections(comparison: Any) -> Figure:
    """The mixture and its projections in both directions."""
    from scipy.stats import norm

    x = np.linspace(-5, 5, 201)
    (m1, s1), (m2, s2, _), (m3, s3, _) = _forward(), _reverse(-APART), _reverse(APART)
    return Figure(
        "Two directions of one divergence",
        "The normal of least forward divergence, which is what maximum likelihood finds, covers both bumps; those of "
        "least reverse divergence, which variational inference finds, sit on one.",
        "x",
        "density",
        (
            Series("mixture", x.tolist(), np.exp(_mixture(x)).tolist()),
            Series("forward", x.tolist(), norm.pdf(x, m1, s1).tolist()),
            Series("reverse, best", x.tolist(), norm.pdf(x, m2, s2).tolist()),
            Series("reverse, other minimum", x.tolist(), norm.pdf(x, m3, s3).tolist()),
        ),
    )


def answer(comparison: Any) -> str:
    """Say what is maximised, in each of its names."""
    page, kept = _page(comparison), _kept(comparison)
    return (
        f"It minimises the divergence from the page to the model: at the MLE that is zero, and the perplexity is the "
        f"page's own, {np.exp(_entropy(page)):.2f}. But {len(_unseen(comparison))} letters then have no probability, "
        "and a text that has them is infinitely surprising. With the prior, the MAP has a perplexity of "
        f"{np.exp(_surprise(page, _shares(comparison, 'map'))):.2f} on the page and "
        f"{np.exp(_surprise(kept, _shares(comparison, 'map'))):.2f} on another paragraph."
    )


def remembering(comparison: Any) -> str:
    """Say what memory buys."""
    letter, pair = (np.exp(_floor(name)) for name in ("letters", "letters after a letter"))
    word = _tables()["words"][0]
    return (
        f"One letter of memory lowers the least perplexity of the page from {letter:.1f} to {pair:.1f} per letter. A "
        f"model of words has {np.exp(_floor('words')):.0f} per word, from {int((word > 0).sum())} different words, of "
        f"which {int((word == 1).sum())} occur once."
    )


def reserving(comparison: Any) -> str:
    """Say what the smoothing reserves."""
    mode, mean = (_shares(comparison, m) for m in ("map", "mcmc"))
    unseen = [SYMBOLS.index(letter) for letter in _unseen(comparison)]
    return (
        f"As much as {SMOOTHING:g} of a letter for each, so {mode[unseen].sum():.2%} for "
        f"{', '.join(_unseen(comparison))} together by the MAP; the posterior mean reserves {mean[unseen].sum():.2%}, "
        "because the mean of a Dirichlet distribution adds one more to each count than its mode."
    )


def directions(comparison: Any) -> str:
    """Say where the two projections lie."""
    (m1, s1), (m2, s2, _) = _forward(), _reverse(-APART)
    return (
        f"Forward: mean {m1:.2f} and standard deviation {s1:.2f}, wide enough for everything that occurs. Reverse: "
        f"{m2:.2f} and {s2:.2f}, narrow enough to say nothing that does not occur. They are the same where the family "
        "holds the truth."
    )


scenario = Scenario(
    name="kl_projection",
    question="What does maximum likelihood minimise when no model is true?",
    source="A page of prose written for this scenario; Cover and Thomas (2006), Elements of Information Theory, 2nd "
    "ed., theorem 2.6.3",
    model=model,
    data=data,
    simulate=simulate,
    estimands=("share",),
    expect={"default": {"mle": {f"share[{letter}]": "at_boundary" for letter in "qz"}}},
    claims=(
        mle_is_the_page, surprise_is_entropy_and_divergence, likelihood_is_the_cross_entropy,
        perplexity_is_the_exponential, mle_is_the_projection,
        unseen_are_on_the_edge, unseen_cost_everything, map_is_additive_smoothing, mean_is_additive_smoothing,
        smoothing_is_finite, perplexity_falls, entropy_is_the_floor, trained_is_entropy_and_divergence, words_overfit,
        forward_is_the_moments, reverse_is_stationary, reverse_is_one_mode, projections_differ,
    ),
    holdout="the last paragraph is kept back from all variants; claims score it",
    mathematics=(
        r"y_i \sim \mathrm{Categorical}(\pi), \quad \pi \sim \mathrm{Dirichlet}(1 + a, \dots, 1 + a), \quad "
        rf"a = {SMOOTHING:g}",
        r"-\frac{1}{N} \log p(y \mid \pi) = H(\hat p) + \mathrm{KL}(\hat p \,\|\, \pi)",
    ),
    why=(
        "The likelihood of a text is a product over its symbols. Minus its logarithm, per symbol, is a "
        "cross-entropy: the entropy of the text's own shares plus the divergence from them to the model. The "
        "entropy is the same for every model. So whoever maximises the likelihood minimises the divergence, "
        "and perplexity is the exponential of the cross-entropy.",
        "The MLE believes the page to the letter: what did not occur is impossible. A Dirichlet prior adds to "
        "each count as if symbols had been seen before the page was read. In MAP and posterior mean these "
        "counts differ by one, which matters for symbols that are rare and for no others.",
    ),
    figures=(training, projections),
    varies={"smoothing": Range(0.01, 100.0, "what the mode adds to each count")},
    about="A page of prose as its symbols, the letters and the blank between words; its last paragraph is kept back. "
    "share is the probability of each symbol.",
    chapter="losses",
    position=5,
    answer=answer,
    questions=(
        Question("How much perplexity does a model of letters save by remembering the letter before?", remembering),
        Question("How much probability does additive smoothing keep for letters that were not seen?", reserving),
        Question("Which normal is closest to a mixture of two in each direction of the divergence?", directions),
    ),
)  # fmt: skip
