"""Programs that are kept: told apart by what they compute, loaded without a trace, compiled again when damaged."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from pytensor.compile.builders import OpFromGraph
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op
from pytensor.scalar import basic
from pytensor.tensor.elemwise import Elemwise

from triptych.engine import programs
from triptych.engine.engine import Engine
from triptych.engine.fingerprint import UnknownOperation, fingerprint
from triptych.engine.jax_backend import JaxBackend
from triptych.engine.programs import Program, Programs
from triptych.graph.graph import build_graph

x, y = pt.vector("x"), pt.vector("y")
matrix = pt.matrix("matrix")


class Twice(Op):
    """An operation of somebody else's."""

    def make_node(self, given: Any) -> Apply:
        return Apply(self, [given], [given.type()])

    def perform(self, node: Any, inputs: Any, outputs: Any) -> None:
        outputs[0][0] = 2 * inputs[0]


def accumulated(power: int) -> Any:
    """A scan, whose operation has a graph inside."""
    from pytensor.scan import scan

    return scan(
        lambda a, total: total + a**power,
        sequences=[x],
        outputs_info=[pt.constant(np.float64(0))],
        return_updates=False,
    )


def added(types: Any) -> Any:
    """A sum whose type is not told by what is added."""
    return Elemwise(basic.Add(types))(x.astype("float32"), y.astype("float32"))


def inside(body: Any) -> Any:
    """A graph that is one operation."""
    return OpFromGraph([x], [body])(y)


def same(first: Any, second: Any, inputs: tuple[Any, ...] = (x, y)) -> bool:
    return fingerprint(inputs, [first]) == fingerprint(inputs, [second])


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "triptych" / "programs"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda: x + y, lambda: x - y),
        (lambda: x - y, lambda: y - x),
        (lambda: x * 2.0, lambda: x * np.nextafter(2.0, 3.0)),
        (lambda: x * np.float32(2), lambda: x * np.float64(2)),
        (lambda: x * np.array([0.0, 1.0]), lambda: x * np.array([-0.0, 1.0])),
        (lambda: matrix.sum(axis=0), lambda: matrix.sum(axis=1)),
        (lambda: x[1:], lambda: x[2:]),
        (lambda: x.astype("float32"), lambda: x.astype("int64")),
        (lambda: x.astype("float32").astype("float64"), lambda: x.astype("int64").astype("float64")),
        (lambda: pt.linalg.cholesky(matrix, lower=True), lambda: pt.linalg.cholesky(matrix, lower=False)),
        (lambda: pt.switch(x > 0, x, y), lambda: pt.switch(x >= 0, x, y)),
        (lambda: pt.concatenate([x, y]), lambda: pt.concatenate([y, x])),
        (lambda: accumulated(2), lambda: accumulated(3)),
        (lambda: added(basic.int_out), lambda: added(basic.float_out)),
        (lambda: inside(x * 2), lambda: inside(x * 3)),
    ],
)
def test_graphs_that_compute_other_things_are_told_apart(first: Callable[[], Any], second: Callable[[], Any]) -> None:
    inputs = (x, y, matrix)
    assert same(first(), first(), inputs)
    assert same(second(), second(), inputs)
    assert not same(first(), second(), inputs)


def test_names_do_not_matter_and_types_do() -> None:
    other = pt.vector("other")
    assert fingerprint([x], [pt.exp(x)]) == fingerprint([other], [pt.exp(other)])
    single = pt.fvector("x")
    assert fingerprint([x], [pt.exp(x)]) != fingerprint([single], [pt.exp(single)])
    three = pt.TensorType("float64", shape=(3,))("x")
    assert fingerprint([x], [pt.exp(x)]) != fingerprint([three], [pt.exp(three)])


def test_order_of_inputs_and_outputs_matters() -> None:
    assert fingerprint([x, y], [x - y]) != fingerprint([y, x], [x - y])
    assert fingerprint([x], [x + 1, x + 2]) != fingerprint([x], [x + 2, x + 1])


def test_what_cannot_be_told_is_refused() -> None:
    with pytest.raises(UnknownOperation, match="Twice"):
        fingerprint([x], [Twice()(x)])
    with pytest.raises(UnknownOperation, match="neither an input nor a constant"):
        fingerprint([x], [x + y])


def model(sd: float = 2.0, values: tuple[float, ...] = (1.0, 2.0, 4.0)) -> pm.Model:
    with pm.Model() as built:
        mu = pm.Normal("mu", 0, sd)
        sigma = pm.HalfNormal("sigma", 1)
        pm.Normal("y", mu, sigma, observed=list(values))
    return built


def key_of(built: pm.Model) -> str | None:
    return JaxBackend(build_graph(built))._key()


def test_a_model_has_the_key_of_its_twin_alone() -> None:
    key = key_of(model())
    assert key is not None
    assert key == key_of(model())
    assert len({key, key_of(model(sd=3.0)), key_of(model(values=(1.0, 2.0, 5.0)))}) == 3


def refused(*_: Any) -> Any:
    raise AssertionError("this was traced")


def test_a_kept_program_is_loaded_without_a_trace_and_computes_the_same_bits() -> None:
    import jax.numpy as jnp

    def function(z: Any, rest: tuple[Any, ...]) -> Any:
        return jnp.exp(z) @ rest[0], (z * 2,)

    given = np.linspace(0, 1, 7), (np.arange(7.0),)
    fresh = Programs("one")("f", function)(*given)
    kept = Programs("one")("f", refused)(*given)
    np.testing.assert_array_equal(fresh[0], kept[0])
    np.testing.assert_array_equal(fresh[1][0], kept[1][0])
    for key, name in (("two", "f"), ("one", "g")):
        with pytest.raises(AssertionError, match="traced"):
            Programs(key)(name, refused)(*given)


def test_a_program_that_calls_lapack_is_loaded_where_nothing_was_lowered(own_cache: Path) -> None:
    """LAPACK is called by name; a process that has not looked the names up yet would be ended by the call."""
    code = (
        "import sys, numpy as np; import jax; jax.config.update('jax_enable_x64', True); import jax.numpy as jnp\n"
        "from triptych.engine.programs import Program\n"
        "def roots(a, b):\n"
        "    assert sys.argv[1] == 'first', 'traced'\n"
        "    return jnp.linalg.cholesky(a), jnp.linalg.solve(a, b), jnp.linalg.eigvalsh(a)\n"
        "a = np.array([[4.0, 2.0], [2.0, 5.0]])\n"
        "for part, one in zip(Program('roots', roots)(a, np.ones(2)), (np.linalg.cholesky(a), "
        "np.linalg.solve(a, np.ones(2)), np.linalg.eigvalsh(a))): np.testing.assert_allclose(part, one, rtol=1e-14)"
    )
    for which in ("first", "second"):
        done = subprocess.run([sys.executable, "-c", code, which], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert len([file for file in own_cache.rglob("*") if file.is_file()]) == 1


def test_a_python_function_inside_is_not_kept(own_cache: Path) -> None:
    import jax

    def function(z: Any) -> Any:
        return jax.pure_callback(lambda z: 2 * z, jax.ShapeDtypeStruct((2,), z.dtype), z)

    assert Program("f", function)(np.ones(2)).tolist() == [2, 2]
    assert not own_cache.exists()


def test_each_shape_and_type_has_a_program_of_its_own() -> None:
    program = Program("sum", lambda z: z.sum())
    for size in (2, 5, 2, 3, 5):
        assert program(np.ones(size)) == size
    assert program(np.array([1, 2])).dtype.kind == "i"
    assert program(np.array([1.0, 2.0])).dtype.kind == "f"


def test_a_damaged_program_is_compiled_again(own_cache: Path) -> None:
    Program("f", lambda z: z + 1)(np.ones(2))
    (file,) = (f for f in own_cache.rglob("*") if f.is_file())
    whole = file.read_bytes()
    for damaged in (b"", whole[:-1], whole[:40] + bytes([whole[40] ^ 1]) + whole[41:]):
        file.write_bytes(damaged)
        assert Program("f", lambda z: z + 1)(np.ones(2)).tolist() == [2, 2]
        assert len(file.read_bytes()) > 32
        assert Program("f", refused)(np.ones(2)).tolist() == [2, 2]


def test_what_was_not_used_for_longest_makes_room(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abcd":
        Program(name, lambda z: z + 1)(np.ones(2))
    files = [f for f in own_cache.rglob("*") if f.is_file()]
    for file in files:
        os.utime(file, (1e9, 1e9))
    Program("b", refused)(np.ones(2))
    monkeypatch.setattr(programs, "MOST_KEPT", 2.5 * files[0].stat().st_size)
    programs._make_room.cache_clear()
    Program("e", lambda z: z + 1)(np.ones(2))
    assert len([f for f in own_cache.rglob("*") if f.is_file()]) == 2
    for name in "be":
        assert Program(name, refused)(np.ones(2)).tolist() == [2, 2]


def test_other_surroundings_mean_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    Program("f", lambda z: z + 1)(np.ones(2))
    monkeypatch.setattr(programs, "_surroundings", lambda: "another version of something")
    with pytest.raises(AssertionError, match="traced"):
        Program("f", refused)(np.ones(2))


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert Program("f", lambda z: z + 1)(np.ones(2)).tolist() == [2, 2]


def test_an_engine_from_kept_programs_is_the_compiled_one() -> None:
    first, second = Engine.build(model()), Engine.build(model())
    z = np.array([0.3, -0.2])
    for call in (Engine.value, Engine.sampled, Engine.sampled_hessian):
        np.testing.assert_array_equal(call(first, z), call(second, z))
    for mine, kept in zip(first.derivatives(z), second.derivatives(z), strict=True):
        np.testing.assert_array_equal(mine, kept)
    assert "_objective" in vars(first.backend), "the first one is traced"
    assert "_objective" not in vars(second.backend), "the second one is loaded"


def test_new_data_of_another_length_are_not_taken_for_the_old_ones() -> None:
    with pm.Model() as built:
        data = pm.Data("data", np.array([1.0, 2.0, 3.0]))
        pm.Normal("y", pm.Normal("mu", 0, 1), 1, observed=data)
    engine = Engine.build(built)
    longer = engine.with_data(data=np.array([1.0, 2.0, 3.0, 4.0]))
    again = Engine.build(built).with_data(data=np.array([2.0, 2.0, 3.0, 4.0]))
    z = np.zeros(1)
    squares = [np.sum(np.square(v)) / 2 for v in ([1, 2, 3], [1, 2, 3, 4], [2, 2, 3, 4])]
    for one, square, size in zip((engine, longer, again), squares, (3, 4, 4), strict=True):
        assert one.value(z)[0] == pytest.approx(-square - size * np.log(2 * np.pi) / 2, rel=1e-12)


def test_a_model_with_an_operation_of_its_own_keeps_nothing(own_cache: Path) -> None:
    from pytensor.link.jax.dispatch import jax_funcify

    jax_funcify.register(Twice)(lambda op, **_: lambda given: 2 * given)
    with pm.Model() as built:
        mu = pm.Normal("mu", 0, 1, shape=2)
        pm.Deterministic("doubled", Twice()(mu))
        pm.Normal("y", mu, 1, observed=[1.0, 2.0])
    engine = Engine.build(built)
    assert isinstance(engine.backend, JaxBackend)
    assert engine.natural_values(np.array([1.0, 2.0]))["doubled"].tolist() == [2, 4]
    assert not own_cache.exists()


@pytest.mark.parametrize("flags", ["", "--xla_force_host_platform_device_count=3"])
def test_a_process_that_loads_what_another_compiled_gives_the_same(flags: str) -> None:
    """With a Cholesky factor beside what is kept, and on a processor that is made to look like three."""
    code = (
        "import numpy as np, pymc as pm; from triptych.engine.engine import Engine\n"
        "with pm.Model() as model:\n"
        "    pm.MvNormal('y', pm.Normal('mu', shape=2), chol=pm.LKJCholeskyCov('c', n=2, eta=2, "
        "sd_dist=pm.HalfNormal.dist())[0], observed=np.arange(8.0).reshape(4, 2))\n"
        "engine = Engine.build(model); z = engine.graph.start + 0.1\n"
        "print(engine.derivatives(z), engine.sampled(z), engine.natural_values(z), engine.density()(z))"
    )
    environment = {**os.environ, "XLA_FLAGS": flags}
    said = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
        for _ in range(2)
    ]
    assert said[0].stdout == said[1].stdout


@pytest.mark.slow
def test_a_second_process_gives_the_same_draws(tmp_path: Path) -> None:
    code = (
        "import triptych, hashlib; c = triptych.run('small_n_variance', draws=50, tune=50, progressbar=False); "
        "print(c.estimates.to_json()); "
        "print(hashlib.sha256(c.to_datatree()['posterior']['mu'].values.tobytes()).hexdigest())"
    )
    said = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(2)]
    assert said[0].stdout == said[1].stdout


def test_a_translation_that_is_not_pytensors_own_leaves_a_model_without_a_key() -> None:
    from pytensor.link.jax.dispatch import jax_funcify
    from pytensor.scalar.math import Kve

    found = jax_funcify.registry.get(Kve)
    jax_funcify.register(Kve)(lambda op, **_: lambda v, x: x)
    try:
        with pytest.raises(UnknownOperation, match="Kve"):
            fingerprint([x], [pt.kve(0.5, x)])
    finally:
        jax_funcify.register(Kve)(found or jax_funcify.dispatch(object))


def test_a_function_of_no_module_cannot_be_told() -> None:
    from pytensor.link.jax.ops import JAXOp

    space: dict[str, Any] = {}
    exec("def twice(x): return x * 2.0", space)
    with pytest.raises(UnknownOperation):
        fingerprint([x], [JAXOp([x.type], [x.type], space["twice"])(x)])


def test_operations_that_are_graphs_are_told_by_these() -> None:
    assert same(pt.logaddexp(x, y), pt.logaddexp(x, y))
    assert not same(pt.logaddexp(x, y), pt.logaddexp(x, 2 * y))


def test_threads_that_compile_leave_the_settings_of_jax_as_they_were(own_cache: Path) -> None:
    import jax

    before = jax.config.jax_persistent_cache_min_compile_time_secs

    def work(k: int) -> list[Any]:
        return [Program(f"f{k} {i}", lambda z, i=i: (z * k + i).sum())(np.ones(4)).item() for i in range(6)]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [[4 * (k + i) for i in range(6)] for k in range(4)]
    assert jax.config.jax_persistent_cache_min_compile_time_secs == before
    assert len([f for f in own_cache.rglob("*") if f.is_file()]) == 24


@pytest.mark.parametrize(
    ("setting", "device"),
    [
        ({"JAX_DISABLE_JIT": "1"}, ""),
        ({"JAX_USE_SIMPLIFIED_JAXPR_CONSTANTS": "1"}, ""),
        (
            {"XLA_FLAGS": "--xla_force_host_platform_device_count=2"},
            "import jax; jax.config.update('jax_default_device', jax.devices()[1])\n",
        ),
    ],
)
def test_whatever_jax_is_told_a_second_process_computes_the_same(setting: dict[str, str], device: str) -> None:
    code = device + (
        "import numpy as np, pymc as pm; from triptych.engine.engine import Engine\n"
        "with pm.Model() as model:\n"
        "    pm.Normal('y', pm.Normal('mu', 0, 1), 1, observed=np.arange(3.0))\n"
        "engine = Engine.build(model); print(engine.note, engine.value(np.zeros(1)), engine.density()(np.ones(1)))"
    )
    environment = {**os.environ, **setting}
    first, second = (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment).stdout
        for _ in range(2)
    )
    assert first == second
    assert "numba" not in first
