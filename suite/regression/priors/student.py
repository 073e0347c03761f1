"""Independent Student slopes: heavy tails leave large ones alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from triptych.regression.family import Asked
from triptych.regression.prior import Prior

# NumPy floats: PyTensor would keep plain ones in single precision, inside gamma functions too.
PRIOR_DF = np.float64(3.0)  # heavy tails, finite variance


class Student(Prior):
    """``b ~ Student_3(0, width)``."""

    why = (
        "The Student prior pulls small slopes towards zero and leaves large ones alone; its "
        "density may have several modes."
    )

    def slopes(self, name: str, width: Any, noise: Any, asked: Asked, data: Any, dims: str) -> Any:
        import pymc as pm

        return pm.StudentT(name, nu=PRIOR_DF, mu=0.0, sigma=width, dims=dims)

    def line(self, width: str, scale: float, sigma: str, asked: Asked) -> str:
        return rf"b_j \sim \mathrm{{Student}}_{{{PRIOR_DF:g}}}(0, {width})"

    def text(self, size: str, slab: float, asked: Asked) -> str:
        return f"Student_{PRIOR_DF:g}(0, {size})"


prior = Student()
