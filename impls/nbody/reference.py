"""v_i += dt * sum over j of m_j (x_j - x_i) / |x_j - x_i|^3 for all bodies, then x_i += dt * v_i with the new v.

The time step dt is 0.01 years. Body 0 is a sun; the others begin in circular orbits around it.
"""

import numpy as np

DT = 0.01
SUN = 4 * np.pi**2
PLANETS = 0.04 * SUN  # all of them together


def inputs(rng, case, *, n):
    m = np.concatenate(([SUN], rng.uniform(0.5, 1.5, n - 1) * PLANETS / (n - 1)))
    x, v = np.zeros((n, 3)), np.zeros((n, 3))
    x[1:], v[1:] = circular_orbits(rng, rng.uniform(1, 10, n - 1), SUN)
    if case == "moons":
        planets, moons = slice(1, n - 1, 2), slice(2, n, 2)
        from_planet, around_planet = circular_orbits(rng, np.full(len(m[moons]), 0.1), m[planets])
        x[moons], v[moons] = x[planets] + from_planet, v[planets] + around_planet
    v[0] = -m[1:] @ v[1:] / SUN  # so the centre of mass rests
    return {"x": x, "v": v, "m": m}


def circular_orbits(rng, radii, central_mass):
    """Places and velocities of bodies in circles of these radii, each in a plane of its own."""
    places, others = rng.normal(size=(2, len(radii), 3))
    directions = np.cross(places, others)
    places *= (radii / np.linalg.norm(places, axis=1))[:, None]
    directions *= (np.sqrt(central_mass / radii) / np.linalg.norm(directions, axis=1))[:, None]
    return places, directions


def reference(x, v, m):
    v = v + DT * attraction(x, m)
    return x + DT * v, v


def attraction(x, m, root=np.sqrt):
    """The acceleration of each body by all others, (n, 3), coordinate by coordinate."""
    squares = sum((x_k - x_k[:, None]) ** 2 for x_k in x.T)
    np.fill_diagonal(squares, 1)  # no body attracts itself: the difference below is 0
    factors = m / (squares * root(squares))
    return np.stack([(factors * (x_k - x_k[:, None])).sum(axis=1) for x_k in x.T], axis=1)


def positions_first(x, v, m):
    """The explicit Euler step, whose energy grows."""
    return x + DT * v, v + DT * attraction(x, m)


def one_body_after_the_other(x, v, m):
    """Each body meets those before it where they are already."""
    for i in range(len(x)):
        v[i] += DT * attraction(x, m)[i]
        x[i] += DT * v[i]
    return x, v


def with_the_square(x, v, m):
    v = v + DT * attraction(x, m, root=np.ones_like)
    return x + DT * v, v


def with_its_own_mass(x, v, m):
    """The force, not divided by the mass that it moves."""
    v = v + DT * attraction(x, m) * m[:, None]
    return x + DT * v, v


def without_the_reaction(x, v, m):
    """Of each pair, only the first body is moved."""
    for i in range(len(x) - 1):
        v[i] += DT * attraction(x[i:], m[i:])[0]
    return x + DT * v, v


MISTAKES = {
    "positions were moved by the old velocities": positions_first,
    "each body were moved before the next had been attracted": one_body_after_the_other,
    "the distance were squared, not cubed": with_the_square,
    "a force were not divided by the mass that it moves": with_its_own_mass,
    "of each pair only one body were moved": without_the_reaction,
}
