//! One SGD step, one sample after the other, in plain loops.
//!
//! x is an image, y its label; z, a and delta hold the neurons of each layer, a[l] those behind W[l]. W[l] is fan_in x
//! fan_out, row after row, so that the innermost loops run over neurons that lie side by side. Zipped iterators have one
//! length between them: no index is checked in a loop. The step is at the end.
//!
//! Longer than 100 lines: every product is a loop, and every array that a function borrows is named.
use crate::clock::Phase;
use crate::network::{Layer, Network, Real, TrainingSet};
use crate::outputs::{hidden_activation, loss, output_activation, output_delta, times_hidden_slope, Hidden, Output};
use crate::update::update;

/// The neurons behind each layer of weights, of one sample
pub struct Buffers {
    z: Vec<Vec<Real>>,
    a: Vec<Vec<Real>>,
    delta: Vec<Vec<Real>>,
}

impl Buffers {
    pub fn new(sizes: &[usize]) -> Buffers {
        let neurons = || sizes[1..].iter().map(|&n| vec![0.0; n]).collect();
        Buffers { z: neurons(), a: neurons(), delta: neurons() }
    }
}

/// How long a row of n weights is in memory
pub fn padded(n: usize) -> usize {
    n
}

pub fn exp(z: Real) -> Real {
    z.exp()
}

pub fn tanh(z: Real) -> Real {
    z.tanh()
}

/// The image and its label: nothing is copied.
fn gather(data: &TrainingSet, image: i64) -> (&[Real], usize) {
    let n = image as usize;
    (&data.X[n * data.n_pixels..][..data.n_pixels], data.labels[n] as usize)
}

/// z = W' a + b, a of the next layer from z
fn forward(layers: &[Layer], x: &[Real], hidden: Hidden, output: Output, s: &mut Buffers) {
    for (l, layer) in layers.iter().enumerate() {
        let (before, from_here) = s.a.split_at_mut(l);
        let (a_before, a, z) = (before.last().map_or(x, |a| a), &mut from_here[0], &mut s.z[l]);
        z.copy_from_slice(&layer.b);
        for (a_i, W_i) in a_before.iter().zip(layer.W.chunks_exact(z.len())) {
            for (z_j, W_ij) in z.iter_mut().zip(W_i) {
                *z_j += a_i * W_ij;
            }
        }
        if l + 1 < layers.len() {
            hidden_activation(hidden, z, a);
        } else {
            output_activation(output, z, a);
        }
    }
}

/// dW += a delta', db += delta, delta of the layer before = W delta times the slope of a
fn backward(layers: &mut [Layer], x: &[Real], y: usize, hidden: Hidden, output: Output, s: &mut Buffers) {
    let last = layers.len() - 1;
    output_delta(output, &s.a[last], y, &mut s.delta[last]);
    for (l, layer) in layers.iter_mut().enumerate().rev() {
        let (before, from_here) = s.delta.split_at_mut(l);
        let (a_before, delta) = (if l > 0 { &s.a[l - 1] } else { x }, &from_here[0]);
        for (a_i, dW_i) in a_before.iter().zip(layer.dW.chunks_exact_mut(delta.len())) {
            for (dW_ij, delta_j) in dW_i.iter_mut().zip(delta) {
                *dW_ij += a_i * delta_j;
            }
        }
        for (db_j, delta_j) in layer.db.iter_mut().zip(delta) {
            *db_j += delta_j;
        }
        if let Some(delta_before) = before.last_mut() {
            for (delta_i, W_i) in delta_before.iter_mut().zip(layer.W.chunks_exact(delta.len())) {
                *delta_i = W_i.iter().zip(delta).fold(0.0, |sum, (W_ij, delta_j)| sum + W_ij * delta_j);
            }
            times_hidden_slope(hidden, a_before, delta_before);
        }
    }
}

/// Each image of the mini-batch once forward and back, then the update; the sum of their losses before it
pub fn step(net: &mut Network, batch: &[i64], _rest: &[i64], eta: Real, R: Real) -> f64 {
    let mut batch_loss = 0.0;
    for &image in batch {
        net.clock.enter(Phase::Gather);
        let (x, y) = gather(&net.data, image);
        net.clock.enter(Phase::Forward);
        forward(&net.layers, x, net.hidden, net.output, &mut net.buffers);
        if net.records_loss {
            net.clock.enter(Phase::Loss);
            batch_loss += loss(net.output, net.buffers.z.last().unwrap(), net.buffers.a.last().unwrap(), y);
        }
        net.clock.enter(Phase::Backward);
        backward(&mut net.layers, x, y, net.hidden, net.output, &mut net.buffers);
    }
    net.clock.enter(Phase::Update);
    update(net, eta, R);
    batch_loss
}

/// No step leaves anything to the next one.
pub fn finish(_: &mut Network) {}
