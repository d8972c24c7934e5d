//! One SGD step in tiles of registers, in safe Rust with no crate. Samples lie in rows; W[l] is fan_in x fan_out.
//!
//! It is the algorithm of c_fused. The products of a layer, A W, A' delta and delta W', have their sums in registers
//! (tiles.rs). Images are multiplied where they lie (images.rs). -eta R is in delta, so that the gradient is added
//! straight to the weights; exp is arithmetic (exponential.rs), in vectors like the rest. One thread does it all.
//!
//! Memory: a mini-batch is taken in blocks. A quarter of the second cache holds the images of a block, which come from
//! memory once, for A W, and are still there for A' delta. W passes by from the second cache, once for each tile of
//! samples: in strips that stay in the first cache a step took 3 to 8 % longer with AVX-512, and up to 6 % less with
//! AVX2. Each weight is read and written once for each block.
//!
//! The library is compiled as one unit. From sixteen, the compiler's usual number, came tiles whose sums lay in memory,
//! and a step of 1000 took three times as long.
//!
//! Longer than 100 lines: every array that a function borrows is named, and the buffers are listed.
use crate::clock::Phase;
pub use crate::exponential::{exp, tanh};
use crate::images::{fetch_images, gather, images_gradient, update_and_multiply, Block};
use crate::network::{Layer, Network, Numbers, Real, TrainingSet};
use crate::outputs::{hidden_activation, loss, output_activation, output_delta, times_hidden_slope, Hidden, Output};
pub use crate::tiles::padded;
use crate::tiles::{product, transposed_product, Packed};
use crate::update::update;

/// z, a and delta are n x padded fan_out of each layer, for the samples of a block
pub struct Buffers {
    most: usize, // samples in a block, which stay in the second cache
    z: Vec<Numbers>,
    a: Vec<Numbers>,
    delta: Vec<Numbers>,
    V: Vec<Numbers>,      // the transpose of each W but the first, fan_out x padded fan_in
    has_V: bool,          // whether it is that of the present weights
    waiting: Option<i64>, // the image whose update of the first W waits
}

/// A quarter of the second cache is for images, as in c_fused; half was no faster.
fn most_in_cache(n_pixels: usize) -> usize {
    let told = std::fs::read_to_string("/sys/devices/system/cpu/cpu0/cache/index2/size").unwrap_or_default();
    let cache_bytes = told.trim().strip_suffix('K').and_then(|k| k.parse().ok()).unwrap_or(512) * 1024;
    (cache_bytes / 4 / (n_pixels * std::mem::size_of::<Real>())).clamp(12, 256)
}

impl Buffers {
    pub fn new(sizes: &[usize]) -> Buffers {
        let most = most_in_cache(sizes[0]);
        let block = || sizes[1..].iter().map(|&fan_out| Numbers::zeros(most * padded(fan_out))).collect();
        let V = sizes[1..].windows(2).map(|fan| Numbers::zeros(fan[1] * padded(fan[0]))).collect();
        Buffers { most, z: block(), a: block(), delta: block(), V, has_V: false, waiting: None }
    }
}

/// Z = A W + b, A of the next layer from Z
fn forward(layers: &mut [Layer], hidden: Hidden, output: Output, data: &TrainingSet, X: &[&[Real]], s: &mut Buffers) {
    let n_layers = layers.len();
    for (l, layer) in layers.iter_mut().enumerate() {
        let (fan_out, width) = (layer.fan_out, layer.b.len());
        let (before, from_here) = s.a.split_at_mut(l);
        let (Z, A) = (&mut s.z[l][..X.len() * width], &mut from_here[0][..X.len() * width]);
        match (before.last(), s.waiting) {
            (None, Some(last)) => update_and_multiply(data.image(last), &s.delta[0][..width], X[0], layer, Z),
            (A_before, _) => {
                Z.chunks_exact_mut(width).for_each(|z| z.copy_from_slice(&layer.b));
                match A_before {
                    None => product(X, width, &layer.W, Z),
                    Some(A) => product(&Packed(A, layer.fan_in, padded(layer.fan_in)), width, &layer.W, Z),
                }
            }
        }
        match output {
            _ if l + 1 < n_layers => hidden_activation(hidden, Z, A),
            Output::SoftmaxCrossEntropy => {
                for (z, a) in Z.chunks_exact(width).zip(A.chunks_exact_mut(width)) {
                    output_activation(output, &z[..fan_out], &mut a[..fan_out]);
                }
            }
            _ => output_activation(output, Z, A),
        }
    }
    s.waiting = None;
}

/// delta of the outputs times `factor`, then delta of the layer before = delta W' times the slope of A
fn backward(layers: &[Layer], hidden: Hidden, output: Output, y: &[usize], factor: Real, s: &mut Buffers) {
    let (n, last) = (y.len(), layers.len() - 1);
    let (fan_out, width) = (layers[last].fan_out, layers[last].b.len());
    for ((a, delta), y) in s.a[last].chunks_exact(width).zip(s.delta[last].chunks_exact_mut(width)).zip(y) {
        output_delta(output, &a[..fan_out], *y, &mut delta[..fan_out]);
        delta.iter_mut().for_each(|delta_j| *delta_j *= factor);
    }
    for l in (1..=last).rev() {
        let (before, from_here) = s.delta.split_at_mut(l);
        let (fan_out, width) = (layers[l].fan_out, padded(layers[l].fan_in));
        let delta_before = &mut before[l - 1][..n * width];
        delta_before.fill(0.0);
        product(&Packed(&from_here[0], fan_out, padded(fan_out)), width, &s.V[l - 1], delta_before);
        times_hidden_slope(hidden, &s.a[l - 1][..n * width], delta_before);
    }
}

/// As many rows of a single 1 as there are samples, which is what the biases are multiplied by
const ONES: Packed = Packed(&[1.0], 1, 0);

/// W += A' delta, b += sum_block delta: straight to the weights, or to their dW and db. With one image the first W waits.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse"))]
fn add_gradient(layers: &mut [Layer], data: &TrainingSet, block: &Block, is_direct: bool, s: &mut Buffers) {
    for (l, layer) in layers.iter_mut().enumerate() {
        let (fan_in, width) = (layer.fan_in, layer.b.len());
        let (W, b) = if is_direct { (&mut layer.W, &mut layer.b) } else { (&mut layer.dW, &mut layer.db) };
        let delta = &s.delta[l][..block.X.len() * width];
        transposed_product(&ONES, 1, width, delta, b, |_| ());
        match l {
            0 if s.waiting.is_some() => fetch_images(data, block.next),
            0 => images_gradient(data, block, delta, W),
            _ => {
                let A = Packed(&s.a[l - 1], fan_in, padded(fan_in));
                transposed_product(&A, fan_in, width, delta, W, |_| ());
            }
        }
    }
}

/// V = W' of each layer but the first, which no delta goes through
fn transpose(layers: &[Layer], V: &mut [Numbers]) {
    for (layer, V) in layers[1..].iter().zip(V) {
        for (i, W_i) in layer.W.chunks_exact(layer.b.len()).enumerate() {
            for (W_ij, V_j) in W_i.iter().zip(V.chunks_exact_mut(padded(layer.fan_in))) {
                V_j[i] = *W_ij;
            }
        }
    }
}

/// V += delta A: what the gradient adds to W, it adds to its transpose, so that nothing is transposed again
fn add_transposed_gradient(layers: &[Layer], n: usize, s: &mut Buffers) {
    for (l, layer) in layers.iter().enumerate().skip(1) {
        let (fan_out, width) = (layer.fan_out, padded(layer.fan_in));
        let delta = Packed(&s.delta[l], fan_out, padded(fan_out));
        transposed_product(&delta, fan_out, width, &s.a[l - 1][..n * width], &mut s.V[l - 1], |_| ());
    }
}

/// The sum of the losses of a block
fn block_loss(layers: &[Layer], output: Output, y: &[usize], s: &Buffers) -> f64 {
    let last = layers.len() - 1;
    let (fan_out, width) = (layers[last].fan_out, layers[last].b.len());
    let rows = s.z[last].chunks_exact(width).zip(s.a[last].chunks_exact(width));
    rows.zip(y).map(|((z, a), &y)| loss(output, &z[..fan_out], &a[..fan_out], y)).sum()
}

/// The mini-batch in equal blocks, then the update; the sum of the losses before it. A mini-batch of one block gives its
/// gradient straight to the weights. `rest` are the images of the steps that follow.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse"))]
pub fn step(net: &mut Network, batch: &[i64], rest: &[i64], eta: Real, R: Real) -> f64 {
    let Network { data, layers, hidden, output, buffers: s, clock, .. } = net;
    let n_blocks = batch.len().div_ceil(s.most);
    let is_direct = net.has_plain_update && n_blocks == 1;
    let factor = if is_direct { -eta * R } else { 1.0 };
    if !s.has_V || !is_direct {
        transpose(layers, &mut s.V);
        s.has_V = true;
    }
    let mut batch_loss = 0.0;
    for k in 0..n_blocks {
        let (begin, end) = (k * batch.len() / n_blocks, (k + 1) * batch.len() / n_blocks);
        clock.enter(Phase::Gather);
        let next = if n_blocks == 1 { &rest[..rest.len().min(batch.len())] } else { &[] };
        let block = gather(data, &batch[begin..end], next);
        if is_direct && batch.len() == 1 && s.waiting.is_none() {
            s.delta[0].fill(0.0);
            s.waiting = Some(batch[0]);
        }
        clock.enter(Phase::Forward);
        forward(layers, *hidden, *output, data, &block.X, s);
        if net.records_loss {
            clock.enter(Phase::Loss);
            batch_loss += block_loss(layers, *output, &block.y, s);
        }
        clock.enter(Phase::Backward);
        backward(layers, *hidden, *output, &block.y, factor, s);
        if is_direct {
            clock.enter(Phase::Update);
            add_transposed_gradient(layers, block.X.len(), s);
            s.waiting = if batch.len() == 1 { Some(batch[0]) } else { None };
        }
        add_gradient(layers, data, &block, is_direct, s);
    }
    if !is_direct {
        clock.enter(Phase::Update);
        update(net, eta, R);
    }
    batch_loss
}

/// The update that waits for no other step, in the same sweep, whose product is not needed. The weights may be others
/// when the next training begins.
pub fn finish(net: &mut Network) {
    let Network { data, layers, buffers: s, .. } = net;
    if let Some(last) = s.waiting.take() {
        let (image, width) = (data.image(last), layers[0].b.len());
        update_and_multiply(image, &s.delta[0][..width], image, &mut layers[0], &mut s.z[0][..width]);
    }
    s.has_V = false;
}
