"""SciPy's optimisers and solvers take our functions and derivatives as they are, eager and compiled."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import least_squares, minimize, root

from autograd_lite import compile, cos, grad, hessian, hvp, jacobian, value_and_grad


def rosenbrock(x):
    return sum(100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2 for i in range(len(x) - 1))


def of_arrays(x):
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2).sum()


EAGER_AND_COMPILED = pytest.mark.parametrize("made", [lambda f: f, compile], ids=["eager", "compiled"])


@EAGER_AND_COMPILED
@pytest.mark.parametrize("f", [rosenbrock, of_arrays])
@pytest.mark.parametrize("start", [[-1.2, 1.0, 0.7], np.array([-1, 1, 2])], ids=["list", "integers"])
@pytest.mark.parametrize("method", ["BFGS", "Newton-CG", "trust-exact"])
def test_minimize_finds_the_minimum_of_rosenbrock(method, start, f, made):
    second = {
        "BFGS": {},
        "Newton-CG": {"hessp": made(lambda x, v: hvp(f, (x,), (v,))[0]), "options": {"xtol": 1e-10}},
        "trust-exact": {"hess": made(hessian(f)), "options": {"gtol": 1e-10}},
    }[method]
    found = minimize(made(value_and_grad(f)), start, jac=True, method=method, **second)
    assert found.success and type(found.fun) in (float, np.float64)
    assert found.x == pytest.approx([1.0, 1.0, 1.0], abs=1e-4)


@EAGER_AND_COMPILED
def test_minimize_takes_function_gradient_and_hessian_by_themselves(made):
    f, slope, curvature = made(of_arrays), made(grad(of_arrays)), made(hessian(of_arrays))
    found = minimize(f, [0.0, 0.0], jac=slope, hess=curvature, method="trust-ncg", options={"gtol": 1e-8})
    assert found.success and found.x == pytest.approx([1.0, 1.0], abs=1e-6)


@EAGER_AND_COMPILED
@pytest.mark.parametrize("start", [1.0, [1.0]], ids=str)
def test_minimize_takes_a_function_of_one_number_that_returns_an_array_of_one(start, made):
    found = minimize(made(value_and_grad(lambda x: (x - 3.0) ** 2)), start, jac=True)
    assert found.success and found.x == pytest.approx([3.0], abs=1e-6)


@EAGER_AND_COMPILED
def test_a_quadratic_form_of_a_column_is_one_number(made):
    a, b, column = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([[1.0], [2.0]]), np.array([[3.0], [-1.0]])
    value, slope = made(value_and_grad(lambda x: x.T @ a @ x / 2.0 - b.T @ x))(column)
    assert np.ndim(value) == 0 and value == (column.T @ a @ column / 2.0 - b.T @ column).item()
    assert slope == pytest.approx(a @ column - b, rel=1e-14)


@EAGER_AND_COMPILED
@pytest.mark.parametrize("method", ["trf", "dogbox", "lm"])
def test_least_squares_finds_the_coefficients_of_a_decay(method, made):
    times = np.linspace(0.0, 2.0, 9)
    measured = 2.5 * np.exp(-1.3 * times)
    residuals = lambda p, t, y: p[0] * np.exp(-p[1] * t) - y
    slopes = made(jacobian(residuals, argnums=0))
    found = least_squares(made(residuals), [1.0, 1.0], jac=slopes, args=(times, measured), method=method)
    assert found.success and found.x == pytest.approx([2.5, 1.3], rel=1e-6)


@EAGER_AND_COMPILED
@pytest.mark.parametrize("method", ["hybr", "lm"])
def test_root_solves_equations(method, made):
    equations = lambda x: [x[0] * cos(x[1]) - 4.0, x[0] * x[1] - x[1] - 5.0]
    for f in (equations, lambda x: np.array(equations(x))):
        found = root(made(f), [1.0, 1.0], jac=made(jacobian(f)), method=method)
        assert found.success and np.max(np.abs(equations(found.x))) < 1e-8


@EAGER_AND_COMPILED
@pytest.mark.parametrize("method", ["Radau", "BDF", "LSODA"])
def test_solve_ivp_follows_a_stiff_equation_to_its_solution(method, made):
    a = np.array([[-2.0, 1.0], [998.0, -999.0]])  # eigenvalues −1 and −1000

    def of_lists(t, y):
        return [-2.0 * y[0] + y[1], 998.0 * y[0] - 999.0 * y[1]]

    for f in (of_lists, lambda t, y: a @ y):
        slopes = made(jacobian(f, argnums=1))
        # LSODA of SciPy up to 1.15 counts the parameters that a Python function names, and *args for none
        jac = slopes if method != "LSODA" else lambda t, y, slopes=slopes: slopes(t, y)
        found = solve_ivp(made(f), (0.0, 1.0), [2.0, 2.0], method=method, jac=jac, rtol=1e-8, atol=1e-10)
        assert found.success and found.y[:, -1] == pytest.approx([2.0 * np.exp(-1.0)] * 2, rel=1e-6)
