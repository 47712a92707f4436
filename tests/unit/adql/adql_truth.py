"""adql_truth.py: spherical geometry and three-valued logic in plain Python."""
# SPDX-License-Identifier: GPL-3.0-or-later
import math
import random

CENTERS = [(0.0, 0.0), (359.99, -0.5), (123.4, 45.6), (10.0, 89.9),
           (200.0, -89.95), (45.0, 41.81), (250.0, -20.0)]


def vector(ra, dec):
    a, d = math.radians(ra), math.radians(dec)
    return (math.cos(d) * math.cos(a), math.cos(d) * math.sin(a),
            math.sin(d))


def cross(u, v):
    return (u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2],
            u[0] * v[1] - u[1] * v[0])


def dot(u, v):
    return u[0] * v[0] + u[1] * v[1] + u[2] * v[2]


def distance(ra1, dec1, ra2, dec2):
    if None in (ra1, dec1, ra2, dec2):
        return None
    u, v = vector(ra1, dec1), vector(ra2, dec2)
    c = cross(u, v)
    return math.degrees(math.atan2(math.sqrt(dot(c, c)), dot(u, v)))


def near(ra, dec, r):
    """A random place within R degrees."""
    u = vector(ra, dec)
    pole = (0.0, 0.0, 1.0) if abs(u[2]) < 0.9 else (1.0, 0.0, 0.0)
    e = cross(pole, u)
    n = math.sqrt(dot(e, e))
    e = tuple(x / n for x in e)
    f = cross(u, e)
    t = math.radians(r * math.sqrt(random.random()))
    a = random.random() * 2 * math.pi
    w = tuple(math.cos(t) * u[i] + math.sin(t) * (math.cos(a) * e[i]
              + math.sin(a) * f[i]) for i in range(3))
    return (math.degrees(math.atan2(w[1], w[0])) % 360,
            math.degrees(math.asin(max(-1, min(1, w[2])))))


# three-valued logic
def k_not(x):
    return None if x is None else not x


def k_and(*xs):
    return False if False in xs else None if None in xs else True


def k_or(*xs):
    return True if True in xs else None if None in xs else False


def less(x, y):
    return None if x is None or y is None else x < y


def less_equal(x, y):
    return None if x is None or y is None else x <= y


def in_polygon(ra, dec, corners):
    """Convex, counter-clockwise seen from outside or clockwise."""
    if ra is None or dec is None:
        return None
    p = vector(ra, dec)
    vs = [vector(*c) for c in corners]
    signs = [dot(cross(vs[i], vs[(i + 1) % len(vs)]), p)
             for i in range(len(vs))]
    middle = tuple(sum(v[i] for v in vs) for i in range(3))
    return dot(p, middle) > 0 and (all(s >= 0 for s in signs)
                                   or all(s <= 0 for s in signs))


def regular_polygon(ra, dec, r, n):
    """N corners at distance R around the place: convex."""
    u = vector(ra, dec)
    pole = (0.0, 0.0, 1.0) if abs(u[2]) < 0.9 else (1.0, 0.0, 0.0)
    e = cross(pole, u)
    m = math.sqrt(dot(e, e))
    e = tuple(x / m for x in e)
    f = cross(u, e)
    t, out = math.radians(r), []
    for k in range(n):
        a = 2 * math.pi * k / n
        w = tuple(math.cos(t) * u[i] + math.sin(t) * (math.cos(a) * e[i]
                  + math.sin(a) * f[i]) for i in range(3))
        out.append((math.degrees(math.atan2(w[1], w[0])) % 360,
                    math.degrees(math.asin(w[2]))))
    return out
