/* voctl_dice.h: numbers by chance, addressed by what they are for. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef VOCTL_DICE_H
#define VOCTL_DICE_H

#include <math.h>
#include <stdint.h>

typedef struct dice_t {
    uint64_t state;
} dice_t;

/* splitmix64 (Steele, Lea, Flood 2014): every seed gives a good stream. */
static inline uint64_t dice_roll(dice_t *dice)
{
    uint64_t z = dice->state += 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* A stream of its own for WHAT, A, B. */
static inline dice_t dice_for(uint64_t seed, int what, uint64_t a, uint64_t b)
{
    dice_t dice = { seed };

    dice.state = dice_roll(&dice) ^ (uint64_t)what;
    dice.state = dice_roll(&dice) ^ a;
    dice.state = dice_roll(&dice) ^ b;
    dice_roll(&dice);
    return dice;
}

/* In [0, 1). */
static inline double dice_uniform(dice_t *dice)
{
    return (double)(dice_roll(dice) >> 11) * 0x1p-53;
}

static inline double dice_between(dice_t *dice, double lo, double hi)
{
    return lo + (hi - lo) * dice_uniform(dice);
}

/* Mean 0, variance 1 (Box and Muller). */
static inline double dice_normal(dice_t *dice)
{
    double r = sqrt(-2 * log(1 - dice_uniform(dice)));

    return r * cos(2 * M_PI * dice_uniform(dice));
}

#endif
