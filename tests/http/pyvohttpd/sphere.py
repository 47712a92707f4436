"""sphere.py: spherical geometry of its own, for tests to compare with.

Plain numpy on unit vectors, nothing of ours. Convex polygons are arrays (n, 3)
counter-clockwise as seen from outside; many of them (m, n, 3). Angles are
degrees."""
# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np


def vec(lon, lat):
    """Unit vectors (..., 3)."""
    lon, lat = np.radians(lon), np.radians(lat)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon),
                     np.sin(lat)], axis=-1)


def lonlat(v):
    """Longitudes in [0, 360) and latitudes of vectors of any length."""
    lon = np.degrees(np.arctan2(v[..., 1], v[..., 0])) % 360
    lat = np.degrees(np.arctan2(v[..., 2], np.hypot(v[..., 0], v[..., 1])))
    return lon, lat


def unit(v):
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def around(lon, lat, angle, radius):
    """The point RADIUS from (lon, lat) under position angle ANGLE."""
    z = vec(lon, lat)
    east = vec(np.asarray(lon) + 90, 0 * np.asarray(lat))
    north = np.cross(z, east)
    a, r = np.radians(angle), np.radians(radius)
    return (z * np.cos(r)[..., None]
            + (north * np.cos(a)[..., None] + east * np.sin(a)[..., None])
            * np.sin(r)[..., None])


def normals(poly):
    """Inward normals of the edges."""
    return unit(np.cross(poly, np.roll(poly, -1, axis=-2)))


def depth(poly, p):
    """How deep points P (..., 3) lie in the convex POLY (n, 3), degrees; below
    0 outside."""
    return np.degrees(np.arcsin(np.clip(p @ normals(poly).T, -1, 1))).min(-1)


def depths(polys, p):
    """The same of many polygons (m, n, 3) for one point P."""
    return np.degrees(np.arcsin(np.clip(normals(polys) @ p, -1, 1))).min(-1)


def arc_distance(a, b, p):
    """From P to the arc A-B (shorter than 180 degrees)."""
    n = np.cross(a, b)
    n = n / np.maximum(np.linalg.norm(n, axis=-1, keepdims=True), 1e-300)
    to_circle = np.abs(np.arcsin(np.clip((n * p).sum(-1), -1, 1)))
    ahead = (np.cross(n, a) * p).sum(-1) >= 0
    before = (np.cross(b, n) * p).sum(-1) >= 0
    ends = np.minimum(*(np.arctan2(
        np.linalg.norm(np.cross(q, np.broadcast_to(p, q.shape)), axis=-1),
        (q * p).sum(-1)) for q in (a, b)))
    return np.degrees(np.where(ahead & before, to_circle, ends))


def arcs_cross(a, b, c, d):
    """Do the arcs A-B and C-D cross? (broadcast)"""
    n, m = np.cross(a, b), np.cross(c, d)
    s1, s2 = (n * c).sum(-1), (n * d).sum(-1)
    s3, s4 = (m * a).sum(-1), (m * b).sum(-1)
    # on the same side of the sphere, not the antipodes of one another
    x = np.cross(n, m)
    same = ((x * (a + b)).sum(-1) * (x * (c + d)).sum(-1)) > 0
    return (s1 * s2 < 0) & (s3 * s4 < 0) & same


# --- which of many footprints a region meets ----------------------------------

def edges(polys):
    return polys, np.roll(polys, -1, axis=-2)


def meets_circle(polys, lon, lat, radius):
    p = vec(lon, lat)
    a, b = edges(polys)
    return ((depths(polys, p) >= 0)
            | (arc_distance(a, b, p).min(-1) <= radius))


def meets_polygon(polys, poly):
    a, b = edges(polys)
    found = np.zeros(len(polys), bool)
    for p in poly:
        found |= depths(polys, p) >= 0
    n = normals(poly)
    found |= ((polys @ n.T).min(-1) >= 0).any(-1)
    for c, d in zip(poly, np.roll(poly, -1, axis=0)):
        found |= arcs_cross(a, b, c, d).any(-1)
    return found


def range_depth(rng, p):
    """How deep P is in the range (centre, half width, lat1, lat2), degrees on
    the sky; half width 180 or more: every longitude."""
    mid, half, lat1, lat2 = rng
    lon, lat = lonlat(p)
    inside = np.minimum(np.where(lat1 <= -90, 180, lat - lat1),
                        np.where(lat2 >= 90, 180, lat2 - lat))
    if half < 180:
        off = np.abs((lon - mid + 180) % 360 - 180)
        inside = np.minimum(inside, (half - off) * np.cos(np.radians(lat)))
    return inside


def _crosses_parallel(a, b, lat, mid, half):
    """Does an arc meet the parallel LAT within HALF of longitude MID?"""
    n = unit(np.cross(a, b))
    u = unit(a + b)                       # the middle of the arc
    w = np.cross(n, u)
    # z of points u cos t + w sin t, t within half the arc's length
    reach = np.arctan2(np.linalg.norm(np.cross(u, b), axis=-1),
                       (u * b).sum(-1))
    amp = np.hypot(u[..., 2], w[..., 2])
    s = np.sin(np.radians(lat)) / np.maximum(amp, 1e-300)
    at = np.arctan2(w[..., 2], u[..., 2])
    found = np.zeros(a.shape[:-1], bool)
    for sign in (-1, 1):
        t = at + sign * np.arccos(np.clip(s, -1, 1))
        t = (t + np.pi) % (2 * np.pi) - np.pi
        lon, _ = lonlat(u * np.cos(t)[..., None] + w * np.sin(t)[..., None])
        off = np.abs((lon - mid + 180) % 360 - 180)
        found |= (np.abs(s) <= 1) & (np.abs(t) <= reach) & (off <= half)
    return found


def meets_range(polys, rng):
    mid, half, lat1, lat2 = rng
    a, b = edges(polys)
    found = (range_depth(rng, polys) >= 0).any(-1)
    for lat in (lat1, lat2):
        if abs(lat) < 90:
            found |= _crosses_parallel(a, b, lat, mid, half).any(-1)
        found |= depths(polys, vec(mid, lat)) >= 0
    if half < 180:
        for lon in (mid - half, mid + half):
            # a long meridian in pieces, for arcs are shorter than 180
            lats = np.linspace(lat1, lat2, 4)
            for y1, y2 in zip(lats[:-1], lats[1:]):
                c, d = vec(lon, y1), vec(lon, y2)
                found |= arcs_cross(a, b, c, d).any(-1)
            for lat in (lat1, lat2):
                found |= depths(polys, vec(lon, lat)) >= 0
    return found
