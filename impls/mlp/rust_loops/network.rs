//! The network in memory, and the functions of paragone.h: they allocate it, copy its state, and loop over the steps.
use std::ffi::c_void;
use std::ops::{Deref, DerefMut};
use std::os::raw::c_char;
use std::ptr::null;
use std::slice::{from_raw_parts, from_raw_parts_mut};

use crate::clock::{Clock, Phase};
use crate::maths::{finish, padded, step, Buffers};
use crate::outputs::{Hidden, Output};

#[cfg(real = "float")]
pub type Real = f32;
#[cfg(real = "double")]
pub type Real = f64;

const ABI: i32 = 1;
const LINE_BYTES: usize = 64;
const WRONG_REAL: &[u8] = b"compiled for another dtype: give --cfg real=\"float\" or \"double\"\0";
// Numbered as in paragone.h
const HIDDEN: [Hidden; 3] = [Hidden::Sigmoid, Hidden::Tanh, Hidden::Relu];
const OUTPUTS: [Output; 3] = [Output::SigmoidQuadratic, Output::SigmoidLog, Output::SoftmaxCrossEntropy];
const UNKNOWN: &[u8] = b"hidden and output layers that it does not know\0";

/// Numbers that begin at a line of the cache
pub struct Numbers {
    memory: Vec<Real>,
    begin: usize,
    n: usize,
}

impl Numbers {
    pub fn zeros(n: usize) -> Numbers {
        let memory = vec![0.0; n + LINE_BYTES / std::mem::size_of::<Real>()];
        Numbers { begin: memory.as_ptr().align_offset(LINE_BYTES), memory, n }
    }
}

impl Deref for Numbers {
    type Target = [Real];
    fn deref(&self) -> &[Real] {
        &self.memory[self.begin..][..self.n]
    }
}

impl DerefMut for Numbers {
    fn deref_mut(&mut self) -> &mut [Real] {
        &mut self.memory[self.begin..][..self.n]
    }
}

/// X, one image after the other
pub struct TrainingSet {
    pub n_pixels: usize,
    pub X: Numbers,
    pub labels: Vec<u8>,
}

/// W, dW and dW_previous are fan_in x padded fan_out, row after row; dW and db are sums over the mini-batch.
pub struct Layer {
    pub fan_in: usize,
    pub fan_out: usize,
    pub W: Numbers,
    pub b: Numbers,
    pub dW: Numbers,
    pub db: Numbers,
    pub dW_previous: Numbers,
    pub db_previous: Numbers,
}

pub struct Network {
    pub data: TrainingSet,
    pub hidden: Hidden,
    pub output: Output,
    pub momentum: Real,
    pub l1: Real,
    pub l2: Real,
    pub has_plain_update: bool,
    pub records_loss: bool,
    pub layers: Vec<Layer>,
    pub buffers: Buffers,
    pub clock: Clock,
}

/// `paragone_problem` of the header
#[repr(C)]
pub struct Problem {
    n_train: i64,
    n_layers: i64,
    sizes: *const i64,
    output: i32,
    real_bytes: i32,
    momentum: f64,
    l1: f64,
    l2: f64,
    hidden: i32,
}

impl Layer {
    fn fans(&self) -> (usize, usize) {
        (self.fan_in, self.fan_out)
    }

    fn zeros(fan_in: usize, fan_out: usize) -> Layer {
        let (matrix, vector) = (|| Numbers::zeros(fan_in * padded(fan_out)), || Numbers::zeros(padded(fan_out)));
        Layer {
            fan_in,
            fan_out,
            W: matrix(),
            b: vector(),
            dW: matrix(),
            db: vector(),
            dW_previous: matrix(),
            db_previous: vector(),
        }
    }
}

/// W of the harness is fan_out x fan_in, and b follows it; what is left of `state` is returned.
fn store<'a>(state: &'a [f64], (fan_in, fan_out): (usize, usize), W: &mut [Real], b: &mut [Real]) -> &'a [f64] {
    let (weights, rest) = state.split_at(fan_in * fan_out);
    for (j, W_j) in weights.chunks_exact(fan_in).enumerate() {
        for (i, &w) in W_j.iter().enumerate() {
            W[i * b.len() + j] = w as Real;
        }
    }
    let (biases, rest) = rest.split_at(fan_out);
    for (to, &from) in b.iter_mut().zip(biases) {
        *to = from as Real;
    }
    rest
}

/// The other way round.
fn give_back<'a>(state: &'a mut [f64], (fan_in, fan_out): (usize, usize), W: &[Real], b: &[Real]) -> &'a mut [f64] {
    let (weights, rest) = state.split_at_mut(fan_in * fan_out);
    for (j, W_j) in weights.chunks_exact_mut(fan_in).enumerate() {
        for (i, w) in W_j.iter_mut().enumerate() {
            *w = W[i * b.len() + j] as f64;
        }
    }
    let (biases, rest) = rest.split_at_mut(fan_out);
    for (to, &from) in biases.iter_mut().zip(b) {
        *to = from as f64;
    }
    rest
}

fn n_numbers(layers: &[Layer]) -> usize {
    layers.iter().map(|layer| 2 * (layer.fan_in + 1) * layer.fan_out).sum()
}

#[no_mangle]
pub extern "C" fn paragone_abi() -> i32 {
    ABI
}

/// # Safety
/// The pointers are those that paragone.h describes; likewise below.
#[no_mangle]
pub unsafe extern "C" fn paragone_load(
    problem: &Problem,
    images: *const Real,
    labels: *const u8,
    network: *mut *mut c_void,
) -> *const c_char {
    if problem.real_bytes as usize != std::mem::size_of::<Real>() {
        return WRONG_REAL.as_ptr().cast();
    }
    let (hidden, output) = match (HIDDEN.get(problem.hidden as usize), OUTPUTS.get(problem.output as usize)) {
        (Some(&hidden), Some(&output)) => (hidden, output),
        _ => return UNKNOWN.as_ptr().cast(),
    };
    let sizes = from_raw_parts(problem.sizes, problem.n_layers as usize + 1);
    let sizes: Vec<usize> = sizes.iter().map(|&n| n as usize).collect();
    let (n_train, n_pixels) = (problem.n_train as usize, sizes[0]);
    let mut X = Numbers::zeros(n_train * n_pixels);
    X.copy_from_slice(from_raw_parts(images, n_train * n_pixels));
    let net = Network {
        data: TrainingSet { n_pixels, X, labels: from_raw_parts(labels, n_train).to_vec() },
        hidden,
        output,
        momentum: problem.momentum as Real,
        l1: problem.l1 as Real,
        l2: problem.l2 as Real,
        has_plain_update: problem.momentum == 0.0 && problem.l1 == 0.0 && problem.l2 == 0.0,
        records_loss: false,
        layers: sizes.windows(2).map(|fan| Layer::zeros(fan[0], fan[1])).collect(),
        buffers: Buffers::new(&sizes),
        clock: Clock::new(),
    };
    *network = Box::into_raw(Box::new(net)).cast();
    null()
}

#[no_mangle]
pub unsafe extern "C" fn paragone_reset(net: &mut Network, state: *const f64) {
    let mut rest = from_raw_parts(state, n_numbers(&net.layers));
    for layer in &mut net.layers {
        rest = store(rest, layer.fans(), &mut layer.W, &mut layer.b);
    }
    for layer in &mut net.layers {
        rest = store(rest, layer.fans(), &mut layer.dW_previous, &mut layer.db_previous);
    }
}

#[no_mangle]
pub unsafe extern "C" fn paragone_params(net: &Network, state: *mut f64) {
    let mut rest = from_raw_parts_mut(state, n_numbers(&net.layers));
    for layer in &net.layers {
        rest = give_back(rest, layer.fans(), &layer.W, &layer.b);
    }
    for layer in &net.layers {
        rest = give_back(rest, layer.fans(), &layer.dW_previous, &layer.db_previous);
    }
}

#[no_mangle]
pub unsafe extern "C" fn paragone_train(
    net: &mut Network,
    order: *const i64,
    n_steps: i64,
    batch_size: i64,
    eta: *const f64,
    R: f64,
    losses: *mut f64,
) {
    let (n_steps, batch_size) = (n_steps as usize, batch_size as usize);
    let (order, eta) = (from_raw_parts(order, n_steps * batch_size), from_raw_parts(eta, n_steps));
    net.records_loss = !losses.is_null();
    net.clock = Clock::new();
    for (k, batch) in order.chunks_exact(batch_size).enumerate() {
        let batch_loss = step(net, batch, &order[(k + 1) * batch_size..], eta[k] as Real, R as Real);
        if net.records_loss {
            *losses.add(k) = R * batch_loss;
        }
    }
    finish(net);
    net.clock.enter(Phase::None);
}

#[no_mangle]
pub unsafe extern "C" fn paragone_free(net: *mut Network) {
    drop(Box::from_raw(net));
}

#[cfg(phases)]
#[no_mangle]
pub unsafe extern "C" fn paragone_phases(net: &Network, ns: *mut i64) {
    let n_phases = Phase::None as usize;
    from_raw_parts_mut(ns, n_phases).copy_from_slice(&net.clock.ns[..n_phases]);
}
