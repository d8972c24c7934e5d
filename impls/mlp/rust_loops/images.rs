//! The products of the first layer with images, which are read where they lie.
//!
//! Images of a mini-batch lie anywhere in memory, and it takes far longer to come by one than to read it. So those of
//! the next step are asked for while the gradient of this one is computed, a few lines of the cache before each tile.
//! Of a mini-batch of several blocks it gained nothing.
//!
//! A step on one image is all memory: W is read by its product and then read and written by its update. So the update
//! waits for the next step, whose product needs the same weights anyway: each row of W is loaded once, takes what the
//! last image adds, is multiplied by the pixel of the next one, and is stored. The sums and what is added are in
//! registers, at most 4 vectors of each.
use crate::network::{Layer, Real, TrainingSet};
use crate::tiles::{add_product, shares, transposed_product, vectors, vectors_mut, LANES, PARTS};

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

/// W += last' delta, then z = b + x W, of P vectors of columns
fn sweep<const P: usize>(last: &[Real], delta: &[Real], x: &[Real], column: usize, layer: &mut Layer, z: &mut [Real]) {
    let (delta, width) = (vectors::<P>(delta, column), z.len());
    let mut sums = *vectors::<P>(&layer.b, column);
    assert!(column + P * LANES <= width);
    for ((W_i, last_i), x_i) in layer.W.chunks_exact_mut(width).zip(last).zip(x) {
        for ((w, delta), sum) in vectors_mut::<P>(W_i, column).iter_mut().zip(delta).zip(&mut sums) {
            add_product(*last_i, delta, w);
            add_product(*x_i, w, sum);
        }
    }
    *vectors_mut(z, column) = sums;
}

/// z = b + x W after the update that waits, with the `last` image and its delta
pub fn update_and_multiply(last: &[Real], delta: &[Real], x: &[Real], layer: &mut Layer, z: &mut [Real]) {
    for (part, parts) in shares(z.len() / LANES, PARTS) {
        match parts {
            1 => sweep::<1>(last, delta, x, part * LANES, layer, z),
            2 => sweep::<2>(last, delta, x, part * LANES, layer, z),
            3 => sweep::<3>(last, delta, x, part * LANES, layer, z),
            _ => sweep::<PARTS>(last, delta, x, part * LANES, layer, z),
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
