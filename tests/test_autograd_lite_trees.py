"""Dataclasses and registered classes are trees of numbers: arguments and results everywhere."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pytest

import autograd_lite as al
from autograd_lite import Value, compile, grad, hessian, hvp, jacobian, jvp, trees, value_and_grad, vjp
from autograd_lite.program import CaptureError

BACKENDS = ["numpy", "native"]


@dataclass
class Spring:
    stiffness: object
    ends: object
    name: str = field(default="spring", metadata={"static": True})


@dataclass(frozen=True)
class Frozen:
    stiffness: object
    ends: object


class Mine:
    def __init__(self, stiffness, ends, name):
        self.stiffness, self.ends, self.name = stiffness, ends, name


trees.register(Mine, lambda s: (s.stiffness, s.ends), Mine, static=lambda s: s.name)


class Named(NamedTuple):
    stiffness: object
    ends: object


KINDS = {
    "a dataclass": lambda k, ends: Spring(k, ends, "left"),
    "a frozen dataclass": Frozen,
    "a registered class": lambda k, ends: Mine(k, ends, "left"),
}


def energy(s):
    return 0.5 * s.stiffness * (s.ends[0] - s.ends[1]) ** 2 + al.sin(s.stiffness)


TRUTH = Named(2.0, [1.5, -0.5])  # named tuples have been trees from the first


def same(x, truth):
    """Tell whether an object has the numbers of another, and the settings it was given."""
    assert getattr(x, "name", "left") == "left"
    return np.allclose(trees.flatten(x), trees.flatten(truth), rtol=1e-15, atol=0.0)


@pytest.fixture(params=KINDS)
def make(request):
    return KINDS[request.param]


@pytest.mark.parametrize("ends", [[1.5, -0.5], (1.5, -0.5), np.array([1.5, -0.5])], ids=["list", "tuple", "array"])
def test_a_gradient_is_an_object_of_the_class(make, ends):
    spring = make(2.0, ends)
    for derivative in (
        grad(energy),
        compile(grad(energy)),
        lambda s: compile(energy).value_and_grad(s)[1].arguments[0],
    ):
        found = derivative(spring)
        assert type(found) is type(spring) and type(found.ends) is type(ends) and same(found, grad(energy)(TRUTH))


def test_every_transform_takes_it_and_gives_it_back(make):
    spring, along = make(2.0, [1.5, -0.5]), make(1.0, [0.25, 0.5])
    direction = Named(1.0, [0.25, 0.5])
    assert value_and_grad(energy)(spring)[0] == energy(spring)
    assert jvp(energy, (spring,), (along,)) == jvp(energy, (TRUTH,), (direction,))
    assert same(hvp(energy, (spring,), (along,))[0], hvp(energy, (TRUTH,), (direction,))[0])
    assert jacobian(energy)(spring) == jacobian(energy)(TRUTH) and hessian(energy)(spring) == hessian(energy)(TRUTH)
    value, pullback = vjp(lambda s: make(s.ends[0] * s.stiffness, s.ends), spring)
    assert same(value, [3.0, 1.5, -0.5]) and same(pullback(along)[0], [1.5, 2.25, 0.5])
    al.check_gradients(energy, spring)  # raises where they differ


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_transform_of_it_is_compiled(make, backend):
    spring, along = make(2.0, [1.5, -0.5]), make(1.0, [0.25, 0.5])
    compiled = compile(lambda s, t: hvp(energy, (s,), (t,))[0], backend=backend)(spring, along)
    assert type(compiled) is type(spring) and same(compiled, hvp(energy, (spring,), (along,))[0])
    for transform in (jacobian, hessian):
        assert same(compile(transform(energy), backend=backend)(spring), transform(energy)(spring))
    (value, others), slopes = compile(value_and_grad(lambda s: (energy(s), s), has_aux=True), backend=backend)(spring)
    assert value == pytest.approx(energy(spring), rel=1e-15) and same(others, spring)
    assert same(slopes, grad(energy)(spring))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_batch_of_it_has_the_samples_in_each_part(make, backend):
    stiffness, ends = np.array([2.0, 3.0, 4.0]), np.array([[1.5, -0.5], [0.0, 1.0], [2.0, 2.5]])
    f = compile(lambda s: (energy(s), make(s.stiffness, s.ends)), batched=True, has_aux=True, backend=backend)
    batch = make(stiffness, ends)
    (values, others), gradients = f.value_and_grad(batch)
    (slopes,) = gradients.arguments
    assert type(slopes) is type(others) is type(batch)
    assert others.stiffness.tolist() == stiffness.tolist() and others.ends.tolist() == ends.tolist()
    for i, spring in enumerate(map(make, stiffness, ends)):
        value, slope = value_and_grad(energy)(spring)
        assert values[i] == pytest.approx(value, rel=1e-14)
        assert np.allclose(trees.flatten(make(slopes.stiffness[i], slopes.ends[i])), trees.flatten(slope), rtol=1e-14)


def test_a_compiled_function_takes_it_with_values_in_it(make):
    k = Value(2.0)
    compile(energy)(make(k, [1.5, -0.5])).backward()
    assert k.grad == pytest.approx(grad(energy)(TRUTH).stiffness, rel=1e-15)


def test_it_may_stand_inside_lists_and_dicts_and_hold_them(make):
    tree = {"springs": [make(2.0, [1.5, -0.5]), make(3.0, {"a": 1.0})]}
    f = lambda t: energy(t["springs"][0]) * t["springs"][1].ends["a"]
    for found in (grad(f)(tree), compile(grad(f))(tree)):
        first, second = found["springs"]
        assert same(first, grad(energy)(TRUTH)) and same(second, [0.0, energy(TRUTH)])


def test_parameters_may_be_the_fields_of_a_dataclass():
    w = Frozen(Value(2.0), [Value(3.0)])
    _, gradients = compile(lambda x: w.stiffness * w.ends[0] * x, parameters=w).value_and_grad(5.0)
    assert gradients.parameters == Frozen(15.0, [10.0])


def test_a_static_field_is_known_while_a_function_is_compiled_and_another_is_compiled_anew():
    f = compile(lambda s: s.stiffness**2 if s.name == "left" else -s.stiffness)
    assert [f(Spring(3.0, 0.0, name)) for name in ("left", "right", "left")] == [9.0, -3.0, 9.0]


def test_an_object_is_made_of_the_numbers_it_has_and_of_no_others():
    @dataclass
    class Range:
        low: float
        high: float
        middle: object = field(init=False)

        def __post_init__(self):
            if isinstance(self.low, float) and not self.low < self.high:
                raise ValueError("an empty range")
            self.middle = (self.low + self.high) / 2.0

    for derivative in (grad(lambda r: r.middle * r.high), compile(grad(lambda r: r.middle * r.high))):
        assert derivative(Range(-2.0, 7.0)) == Range(3.5, 6.0)  # ∂((l+h)/2·h): h/2 and l/2 + h


def test_a_dataclass_that_turns_into_a_float_is_a_number():
    @dataclass
    class Metres:
        number: float

        def __float__(self):
            return self.number

    square = lambda x: x * x
    assert grad(square)(Metres(3.0)) == compile(grad(square))(Metres(3.0)) == 6.0


def test_a_class_registered_is_that_and_no_longer_a_dataclass():
    @dataclass
    class Polar:
        r: float
        angle: float

    assert trees.flatten(Polar(2.0, 0.5)) == [2.0, 0.5]
    trees.register(Polar, lambda p: [p.r], lambda r, angle: Polar(r, angle), static=lambda p: p.angle)
    assert trees.flatten(Polar(2.0, 0.5)) == [2.0]
    assert grad(lambda p: p.r * p.angle)(Polar(2.0, 0.5)) == Polar(0.5, 0.5)


# ---------------------------------------------------------------- refused


class Unknown:
    pass


REGISTER = r"register it: autograd_lite\.trees\.register\(Unknown, flatten, rebuild\)"


@pytest.mark.parametrize("how", [lambda f: grad(f), lambda f: compile(f), lambda f: compile(grad(f))])
def test_an_object_of_an_unregistered_class_says_where_it_is_and_to_register_it(how):
    for argument, place in [
        (Unknown(), "argument 1"),
        ([1.0, Unknown()], r"argument 1\[1\]"),
        (Frozen(1.0, {"a": Unknown()}), r"argument 1\.ends\['a'\]"),
        (Mine(Unknown(), 1.0, ""), r"argument 1\[0\]"),
    ]:
        with pytest.raises(TypeError, match=f"^{place}(:| must be).*got Unknown; .*{REGISTER}$"):
            how(lambda x: 1.0)(argument)


def test_a_result_of_an_unregistered_class_says_where_it_is_and_to_register_it():
    def f(x):
        return {"a": [x, Unknown()]}

    with pytest.raises(TypeError, match=rf"^f\(…\)\['a'\]\[1\]: .*got Unknown; .*{REGISTER}"):
        jacobian(f)(1.0)
    with pytest.raises(TypeError, match=rf"got Unknown.*; {REGISTER}"):
        compile(f)(1.0)


def test_text_in_a_dataclass_says_how_a_setting_is_marked():
    for f in (grad(energy), compile(energy)):
        with pytest.raises(TypeError, match=r"^argument 1\.ends\[0\].*'a'.*field\(metadata=\{\"static\": True\}\)"):
            f(Frozen(1.0, ["a"]))


def test_a_function_with_a_gradient_returns_one_number_and_no_object():
    with pytest.raises(TypeError, match="must return one number to have a gradient, got Frozen"):
        grad(lambda x: Frozen(x, x))(1.0)


def test_a_direction_is_an_object_of_the_class():
    for direction, got in [([1.0, 2.0], "a list of 2"), (Named(1.0, 2.0), "a list of 2"), (1.0, "one number")]:
        with pytest.raises(ValueError, match=rf"tangents\[0\]: expected a Frozen, got {got}"):
            jvp(energy, (Frozen(1.0, [2.0, 3.0]),), (direction,))
    with pytest.raises(ValueError, match=r"tangents\[0\]\.ends: expected a list of 2, got a list of 1"):
        jvp(energy, (Frozen(1.0, [2.0, 3.0]),), (Frozen(1.0, [2.0]),))


def test_a_list_of_objects_is_no_batch():
    with pytest.raises(TypeError, match=r"of a batch pass one Frozen that holds arrays"):
        compile(energy, batched=True)([Frozen(1.0, [1.0, 2.0]), Frozen(2.0, [1.0, 2.0])])


def test_what_is_registered_is_a_class_that_is_no_container_yet():
    for what, message in [(3.0, "the first argument is the class, got 3.0"), (Named, "Named is a container")]:
        with pytest.raises(TypeError, match=message):
            trees.register(what, list, list)


def test_a_constructor_that_looks_at_a_number_is_refused_with_its_line():
    @dataclass
    class Positive:
        x: float

        def __post_init__(self):
            if self.x < 0.0:
                raise ValueError("negative")

    with pytest.raises(CaptureError, match=r"if self\.x < 0\.0"):
        compile(lambda p: p.x)(Positive(1.0))


def test_a_registered_class_may_be_taken_apart_by_a_generator():
    class Lazy:
        def __init__(self, x=1.0):
            self.x = x

    trees.register(Lazy, lambda lazy: iter([lazy.x]), Lazy)
    assert grad(lambda lazy: lazy.x**2)(Lazy(3.0)).x == 6.0
