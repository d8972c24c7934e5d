//! The three output layers of one sample: logits z, activations a, the label y; and the activations of hidden layers.
//!
//! Losses come from the logits where log a would be -inf as a rounds to 0. They are computed in f64.
use crate::maths::{exp, tanh};
use crate::network::Real;

#[derive(Clone, Copy)]
pub enum Hidden {
    Sigmoid,
    Tanh,
    Relu,
}

#[derive(Clone, Copy)]
pub enum Output {
    SigmoidQuadratic,
    SigmoidLog,
    SoftmaxCrossEntropy,
}

/// a = 1 / (1 + exp(-z))
fn sigmoid(z: &[Real], a: &mut [Real]) {
    for (a_j, z_j) in a.iter_mut().zip(z) {
        *a_j = 1.0 / (1.0 + exp(-z_j));
    }
}

/// a = exp(z) / sum exp(z), shifted by the largest logit
fn softmax(z: &[Real], a: &mut [Real]) {
    let top = z.iter().copied().fold(Real::NEG_INFINITY, Real::max);
    for (a_j, z_j) in a.iter_mut().zip(z) {
        *a_j = exp(z_j - top);
    }
    let sum: Real = a.iter().sum();
    for a_j in a {
        *a_j /= sum;
    }
}

/// a = 1 / (1 + exp(-z)), tanh z, or max(z, 0) that keeps NaN
pub fn hidden_activation(hidden: Hidden, z: &[Real], a: &mut [Real]) {
    match hidden {
        Hidden::Sigmoid => sigmoid(z, a),
        Hidden::Tanh => a.iter_mut().zip(z).for_each(|(a_j, z_j)| *a_j = tanh(*z_j)),
        Hidden::Relu => a.iter_mut().zip(z).for_each(|(a_j, z_j)| *a_j = if *z_j < 0.0 { 0.0 } else { *z_j }),
    }
}

/// delta <- delta times the derivative, written in the activation: a (1 - a), 1 - a^2, or 1 where a > 0
pub fn times_hidden_slope(hidden: Hidden, a: &[Real], delta: &mut [Real]) {
    for (delta_j, a_j) in delta.iter_mut().zip(a) {
        *delta_j *= match hidden {
            Hidden::Sigmoid => a_j * (1.0 - a_j),
            Hidden::Tanh => 1.0 - a_j * a_j,
            Hidden::Relu => (*a_j > 0.0) as i32 as Real,
        };
    }
}

pub fn output_activation(output: Output, z: &[Real], a: &mut [Real]) {
    match output {
        Output::SoftmaxCrossEntropy => softmax(z, a),
        Output::SigmoidQuadratic | Output::SigmoidLog => sigmoid(z, a),
    }
}

/// delta = a - y, with the quadratic loss (a - y) a (1 - a)
pub fn output_delta(output: Output, a: &[Real], y: usize, delta: &mut [Real]) {
    delta.copy_from_slice(a);
    delta[y] -= 1.0;
    if let Output::SigmoidQuadratic = output {
        times_hidden_slope(Hidden::Sigmoid, a, delta);
    }
}

/// The loss of one sample: 1/2 sum (a - y)^2, sum log(1 + exp(z)) - z of the label, or log(sum exp(z)) - z of the label
pub fn loss(output: Output, z: &[Real], a: &[Real], y: usize) -> f64 {
    let (z, z_y) = (z.iter().map(|&z_j| z_j as f64), z[y] as f64);
    match output {
        Output::SigmoidQuadratic => {
            let distance = |(j, &a_j): (usize, &Real)| a_j as f64 - (j == y) as i32 as f64;
            a.iter().enumerate().map(distance).map(|d| 0.5 * d * d).sum()
        }
        Output::SigmoidLog => z.map(|z_j| z_j.max(0.0) + (-z_j.abs()).exp().ln_1p()).sum::<f64>() - z_y,
        Output::SoftmaxCrossEntropy => {
            let top = z.clone().fold(f64::NEG_INFINITY, f64::max);
            top + z.map(|z_j| (z_j - top).exp()).sum::<f64>().ln() - z_y
        }
    }
}
