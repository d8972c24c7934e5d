//! exp and tanh in arithmetic alone, so that a loop over them becomes one over vectors.
//!
//! exp z = 2^k exp r with k whole and |r| <= ln 2 / 2: the Taylor series of exp r ends where its rest is below half a
//! unit of the last place, and k is added to the exponent's bits. Beyond LIMIT, the result is that of LIMIT. NaN stays
//! NaN. Numbers in registers; memory is not touched.
use crate::network::Real;
use crate::tiles::multiply_add;

#[cfg(real = "float")]
mod of_real {
    pub const MANTISSA_BITS: u32 = 23;
    pub const N_TERMS: usize = 8;
    pub const LIMIT: f32 = 87.0;
    pub const LN2_HIGH: f32 = 0.693_145_75; // 15 bits: k times it is exact
    pub const LN2_LOW: f32 = 1.428_606_8e-6;
    pub const ROUNDING: f32 = 12_582_912.0; // 3/2 2^23: a sum with it is a whole number, in its lowest bits
}
#[cfg(real = "double")]
mod of_real {
    pub const MANTISSA_BITS: u32 = 52;
    pub const N_TERMS: usize = 14;
    pub const LIMIT: f64 = 708.0;
    pub const LN2_HIGH: f64 = 0.6931471805598903; // 42 bits
    pub const LN2_LOW: f64 = 5.497923018708371e-14;
    pub const ROUNDING: f64 = 6_755_399_441_055_744.0; // 3/2 2^52
}
use of_real::*;

/// 1 / n!
const TERMS: [Real; N_TERMS] = {
    let mut terms = [1.0; N_TERMS];
    let mut n = 1;
    while n < N_TERMS {
        terms[n] = terms[n - 1] / n as Real;
        n += 1;
    }
    terms
};

#[inline(always)]
pub fn exp(z: Real) -> Real {
    let z = if z > LIMIT { LIMIT } else { z };
    let z = if z < -LIMIT { -LIMIT } else { z };
    let rounded = multiply_add(z, std::f64::consts::LOG2_E as Real, ROUNDING);
    let k = rounded - ROUNDING;
    let r = multiply_add(-k, LN2_LOW, multiply_add(-k, LN2_HIGH, z));
    let series = TERMS.iter().rev().fold(0.0 as Real, |sum, term| multiply_add(sum, r, *term));
    Real::from_bits(series.to_bits().wrapping_add(rounded.to_bits() << MANTISSA_BITS))
}

/// tanh z = 1 - 2 / (exp 2z + 1), with an absolute error of three roundings of 1
#[inline(always)]
pub fn tanh(z: Real) -> Real {
    1.0 - 2.0 / (exp(2.0 * z) + 1.0)
}
