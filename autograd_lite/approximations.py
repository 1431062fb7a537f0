"""Coefficients of the approximations that definitions of the table are made of; each says what it approximates.

Where nothing else is said, they are those of the Chebyshev interpolant of the function on the interval named, written
in powers, computed to 70 digits with mpmath; what is left out is below 2⁻⁵⁶ of the function.
"""

from __future__ import annotations

from math import factorial

# fmt: off
# Bernoulli's numbers B₂, B₄, … B₂₀: Stirling's series and its like (Abramowitz and Stegun, 6.1.40, 6.3.18, 6.4.11).
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)

# log Γ(1 + w)/(w·(w − 1)), 0 ≤ w ≤ 1, in powers of 2w − 1; the zeros are taken out, so digits are kept beside them.
LGAMMA = (
    0.4831289505409809, -0.07297994795715304, 0.015727850268641097, -0.003913560937626331, 0.001049818664454635,
    -0.0002945507015164312, 8.510090373634476e-05, -2.5094328700900636e-05, 7.511391846837954e-06,
    -2.2742472358027586e-06, 6.948428393704062e-07, -2.138638060528023e-07, 6.623870571642316e-08,
    -2.0619851263731666e-08, 6.430366506216791e-09, -2.0184741279133343e-09, 6.5655031582108e-10,
    -2.075322954216366e-10, 5.030067090605482e-11, -1.5936042537298723e-11, 1.1577613910649688e-11,
    -3.700571132904742e-12,
)

# ψ(1 + w)/(w − root), 0 ≤ w ≤ 1, in powers of 2w − 1; the root is the sum of two floats.
DIGAMMA_ROOT = (0.46163214496836236, -1.5522348162858677e-17)
DIGAMMA = (
    0.9510558760318328, -0.2118137106407303, 0.060135621060196744, -0.018550615381735115, 0.005936795278305649,
    -0.0019350666648590097, 0.0006368880303257201, -0.00021074841140458636, 6.995018873950506e-05,
    -2.325824239445257e-05, 7.741232223504057e-06, -2.57809436305308e-06, 8.589127353033379e-07,
    -2.86315275846934e-07, 9.542050972688906e-08, -3.163020268955334e-08, 1.0542687624027994e-08,
    -3.7075072647122386e-09, 1.2358072433984831e-09, -2.7619635330317715e-10, 9.206434499177992e-11,
    -8.498137230186096e-11, 2.832706668021759e-11,
)

# The inverse of erf, divided by x, as a function of w = −log(1 − x²), after Giles, "Approximating the erfinv function",
# GPU Computing Gems 2 (2011): in powers of w/3.125 − 1 for w ≤ 6.25, of (√w − 4.3)/1.8 for 2.5 ≤ √w ≤ 6.1, which is the
# largest float below 1.
ERFINV = (
    1.6536545626831027, 0.7504943200799635, -0.05892256710377784, -0.022604447453449802, 0.017808361818295655,
    -0.00413731437741443, -0.0012716922684373015, 0.0012324855686812834, -0.0002643936684366174,
    -0.0001168888399309713, 9.33673917780479e-05, -1.5027710420277575e-05, -1.1257319182677936e-05,
    7.1300572630824496e-06, -6.83718721812117e-07, -1.059321402540731e-06, 5.394320648707009e-07,
    -1.0185147576818285e-08, -9.867713140174249e-08, 3.915473114023045e-08, 4.792369996100387e-09,
    -8.562787796742932e-09, 1.5401738716654886e-09, 7.689312733742569e-10, -2.7032254091069344e-10,
)
ERFINV_TAIL = (
    4.142724044720679, 1.818081174723638, 0.0020239307699227186, -0.003306839420057498, 0.0020664928146106815,
    -0.0011020499787512117, 0.0006389407112224472, -0.0004984969490080951, 0.0004980556474514697,
    -0.0005026859438967274, 0.00043663534089624764, -0.0002927881288531173, 0.00012010450874833281,
    1.6347155163827307e-05, -7.874158008239471e-05, 7.377180411370165e-05, -3.713172551144287e-05,
    3.745955622280759e-06, 1.1447926847131117e-05, -1.1484681192879563e-05, 5.0535079440152474e-06,
    5.548906511998393e-07, -1.7371216640878207e-06, 3.181214562729474e-07, 1.4363307117092063e-07,
    3.22382525825124e-07, -1.99808685078718e-07, -1.4336766017119113e-07, 9.981023764946129e-08,
    1.4999355685447028e-08, -1.3781789120638015e-08,
)
# fmt: on


def stirling(order: int) -> tuple[float, ...]:
    """Return c₁, c₂, … of the asymptotic series Σ cₖ/x²ᵏ that log Γ (−1), ψ (0) and its derivatives have in common.

    cₖ is B₂ₖ·(2k + order − 1)!/(2k)!.

        >>> stirling(0)[:2] == (1 / 12, -1 / 120)
        True
    """
    return tuple(b * factorial(2 * k + order - 1) / factorial(2 * k) for k, b in enumerate(BERNOULLI, start=1))


def sinc_series(order: int) -> tuple[float, ...]:
    """Return the coefficients of a derivative of sin(z)/z in powers of z², after a factor z if the order is odd.

    >>> sinc_series(0)[:2] == (1.0, -1 / 6), sinc_series(1)[0] == -1 / 3
    (True, True)
    """
    first = (order + 1) // 2
    return tuple(
        (-1) ** k * (factorial(2 * k) // factorial(2 * k - order)) / factorial(2 * k + 1)
        for k in range(first, first + 16 + 2 * order)
    )


def cotangent_slope(order: int) -> tuple[float, ...]:
    """Return the derivative of cot as a polynomial in it, by cot′ = −(1 + cot²).

    >>> cotangent_slope(1), cotangent_slope(2)
    ((-1.0, 0.0, -1.0), (0.0, 2.0, 0.0, 2.0))
    """
    slope = [0.0, 1.0]
    for _ in range(order):
        inner = [-k * c for k, c in enumerate(slope)][1:]
        slope = [a + b for a, b in zip([*inner, 0.0, 0.0], [0.0, 0.0, *inner])]
    return tuple(slope)
