//! The products of the first layer with images, which are read where they lie.
//!
//! Images of a mini-batch lie anywhere in memory, and it takes far longer to come by one than to read it. So those of
//! the next step are asked for while the gradient of this one is computed, a few lines of the cache before each tile.
//! Of a mini-batch of several blocks it gained nothing.
//!
//! A step on one image is all memory: W is read by its product and then read and written by its update. So the update
//! waits for the next step, whose product needs the same weights anyway: each row of W is loaded once, takes what the
//! last image adds, is multiplied by the pixel of the next one, and is stored. The sums and what is added are in
//! registers, at most 4 vectors of each. A sum waits for the one before it, four cycles long: where W is fewer vectors
//! wide than four, its rows take turns at several sums, and a step took 20 % less with two. A first step has no update
//! with it; it adds nothing in the same sweep, since a training that goes on from a state must end in the same bits.
//!
//! Longer than 100 lines: what a row of the sweep reads and writes is told to the compiler in types and lengths.
use crate::network::{Layer, Real, TrainingSet};
use crate::tiles::{add, add_product, each, shares, transposed_product, vectors, vectors_mut, Vector, LANES, PARTS};

const LINE: usize = 64 / std::mem::size_of::<Real>(); // numbers in a line of the cache

/// A block of a mini-batch: its images and labels, and the numbers of the images that come after
pub struct Block<'a> {
    pub X: Vec<&'a [Real]>,
    pub y: Vec<usize>,
    pub next: &'a [i64],
}

/// X[block], y[block]: nothing is copied
pub fn gather<'a>(data: &'a TrainingSet, block: &[i64], next: &'a [i64]) -> Block<'a> {
    let X = block.iter().map(|&n| data.image(n)).collect();
    Block { X, y: block.iter().map(|&n| data.labels[n as usize] as usize).collect(), next }
}

impl TrainingSet {
    pub fn image(&self, n: i64) -> &[Real] {
        &self.X[n as usize * self.n_pixels..][..self.n_pixels]
    }
}

/// A row of W += last_i delta, sums += x_i times that row
#[inline(always)]
fn sweep_row<const P: usize>(
    last_i: Real,
    delta: &[Vector; P],
    x_i: Real,
    W_i: &mut [Vector; P],
    sums: &mut [Vector; P],
) {
    for ((w, delta), sum) in W_i.iter_mut().zip(delta).zip(sums) {
        add_product(last_i, delta, w);
        add_product(x_i, w, sum);
    }
}

/// W += last' delta, then z = b + x W, of P vectors of columns. Rows take turns at T sums.
fn sweep<const P: usize, const T: usize>(
    last: &[Real],
    delta: &[Real],
    x: &[Real],
    column: usize,
    layer: &mut Layer,
    z: &mut [Real],
) {
    let (delta, width) = (vectors::<P>(delta, column), z.len());
    let mut sums = [[[0.0; LANES]; P]; T];
    sums[0] = *vectors(&layer.b, column);
    assert!(column + P * LANES <= width);
    let (last, last_left) = last.as_chunks::<T>();
    let (x, x_left) = x.as_chunks::<T>();
    let (W, W_left) = layer.W.split_at_mut(x.len() * T * width);
    for ((W, last), x) in W.chunks_exact_mut(T * width).zip(last).zip(x) {
        each!(turn < T: {
            let W_i = vectors_mut(&mut W[turn * width..], column);
            sweep_row(last[turn], delta, x[turn], W_i, &mut sums[turn])
        });
    }
    for ((W_i, last_i), x_i) in W_left.chunks_exact_mut(width).zip(last_left).zip(x_left) {
        sweep_row(*last_i, delta, *x_i, vectors_mut(W_i, column), &mut sums[0]);
    }
    *vectors_mut(z, column) = sums[0];
    for sums_of_turn in &sums[1..] {
        for (z_part, sum) in vectors_mut::<P>(z, column).iter_mut().zip(sums_of_turn) {
            add(sum, z_part);
        }
    }
}

/// z = b + x W after the update that waits, with the `last` image and its delta
pub fn update_and_multiply(last: &[Real], delta: &[Real], x: &[Real], layer: &mut Layer, z: &mut [Real]) {
    for (part, parts) in shares(z.len() / LANES, PARTS) {
        match parts {
            1 => sweep::<1, PARTS>(last, delta, x, part * LANES, layer, z),
            2 => sweep::<2, { PARTS / 2 }>(last, delta, x, part * LANES, layer, z),
            3 => sweep::<3, 1>(last, delta, x, part * LANES, layer, z),
            _ => sweep::<PARTS, 1>(last, delta, x, part * LANES, layer, z),
        }
    }
}

/// The first number of each line of these images
fn lines<'a>(data: &'a TrainingSet, images: &'a [i64]) -> impl Iterator<Item = &'a Real> {
    images.iter().flat_map(|&n| data.image(n).iter().step_by(LINE))
}

/// Ask for the line of this number.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse"))]
fn fetch(_number: &Real) {
    #[cfg(target_arch = "x86_64")]
    std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T1 }>(std::ptr::from_ref(_number).cast());
}

/// Ask for all of the next images.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse"))]
pub fn fetch_images(data: &TrainingSet, next: &[i64]) {
    lines(data, next).for_each(|line| fetch(line));
}

/// W += X' delta. Before each tile, some lines of the next images are asked for, so that all are before the last.
#[cfg_attr(target_arch = "x86_64", target_feature(enable = "sse"))]
pub fn images_gradient(data: &TrainingSet, block: &Block, delta: &[Real], W: &mut [Real]) {
    let lines_for_row = (block.next.len() * data.n_pixels.div_ceil(LINE)).div_ceil(data.n_pixels);
    let mut lines = lines(data, block.next);
    transposed_product(&*block.X, data.n_pixels, delta.len() / block.X.len(), delta, W, |rows| {
        for line in lines.by_ref().take(lines_for_row * rows) {
            fetch(line);
        }
    });
}
