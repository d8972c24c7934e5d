//! The two products of a training step, in tiles that stay in registers.
//!
//! A tile is a few rows times a few vectors of columns. Each turn of its loop loads a number for each row and a vector
//! for each part, and adds all of their products: where 12 of 16 registers hold the sums, that is 12 multiplications
//! and additions for 7 loads, so the arithmetic takes the time and not the memory. A vector is an array of the length
//! that a register has; rows and parts are parameters of the type, so that all loops over them are unrolled. Rows of
//! the matrices are padded to whole vectors; their ends are computed with, and mean nothing.
//!
//! The checks of the language stand before the loops. One is left in a loop: rows of A may differ in length, so that of
//! A' B looks at each.
//!
//! Longer than 100 lines: what a tile may read and write is told to the compiler in types and lengths.
use crate::network::Real;
use std::mem::size_of;
use std::ops::Range;

#[cfg(target_feature = "avx512f")]
const FORM: (usize, usize) = (64, 24); // bytes of a vector, sums in a tile
#[cfg(all(target_feature = "avx", not(target_feature = "avx512f")))]
const FORM: (usize, usize) = (32, 12);
#[cfg(target_arch = "aarch64")]
const FORM: (usize, usize) = (16, 24);
#[cfg(not(any(target_feature = "avx", target_arch = "aarch64")))]
const FORM: (usize, usize) = (16, 12);

pub const LANES: usize = FORM.0 / size_of::<Real>();
pub const PARTS: usize = 4; // of a tile at most
pub const ROWS: usize = 12;
const SUMS: usize = FORM.1;
const DEPTH: usize = 128; // so many rows of B stay in the first cache while all rows of A pass: 16 KB
pub type Vector = [Real; LANES];

pub fn padded(n: usize) -> usize {
    n.next_multiple_of(LANES)
}

/// The rows of a matrix, wherever they lie
pub trait Rows {
    fn row(&self, k: usize) -> &[Real];
}

/// A row behind the other: so many numbers, one row every `stride`
pub struct Packed<'a>(pub &'a [Real], pub usize, pub usize);

impl Rows for Packed<'_> {
    #[inline(always)]
    fn row(&self, k: usize) -> &[Real] {
        &self.0[k * self.2..][..self.1]
    }
}

impl Rows for [&[Real]] {
    #[inline(always)]
    fn row(&self, k: usize) -> &[Real] {
        self[k]
    }
}

/// `row` in vectors, from number `column` on; one check for all of them
#[inline(always)]
pub fn vectors<const P: usize>(row: &[Real], column: usize) -> &[Vector; P] {
    row[column..].as_chunks().0.first_chunk().unwrap()
}

#[inline(always)]
pub fn vectors_mut<const P: usize>(row: &mut [Real], column: usize) -> &mut [Vector; P] {
    row[column..].as_chunks_mut().0.first_chunk_mut().unwrap()
}

/// a b + c, rounded once where the processor does that; else a function would, and take its time
#[inline(always)]
pub fn multiply_add(a: Real, b: Real, c: Real) -> Real {
    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
        a.mul_add(b, c)
    } else {
        a * b + c
    }
}

/// sum + a b in each lane
#[inline(always)]
pub fn add_product(a: Real, b: &Vector, sum: &mut Vector) {
    for (sum_j, b_j) in sum.iter_mut().zip(b) {
        *sum_j = multiply_add(a, *b_j, *sum_j);
    }
}

/// sums += numbers times a row of B. What there are fewer of stays in registers, one of the others at a time.
#[inline(always)]
fn add_products<const R: usize, const P: usize>(numbers: &[Real; R], b: &[Vector; P], sums: &mut [[Vector; P]; R]) {
    if R < P {
        for part in 0..P {
            for row in 0..R {
                add_product(numbers[row], &b[part], &mut sums[row][part]);
            }
        }
    } else {
        for (number, sums_of_row) in numbers.iter().zip(sums) {
            for (b_part, sum) in b.iter().zip(sums_of_row) {
                add_product(*number, b_part, sum);
            }
        }
    }
}

/// Where a tile lies: its first row and column, the numbers in a row of B and C, and the first of them in a row of A
#[derive(Clone, Copy)]
struct Place {
    row: usize,
    column: usize,
    width: usize,
    k: usize,
}

/// A tile in memory, row by row. That a row ends after the tile is checked here, once for all rows of this width.
#[inline(always)]
fn tile<const R: usize, const P: usize>(C: &mut [Real], at: Place) -> [&mut [Vector; P]; R] {
    assert!(at.column + P * LANES <= at.width);
    let mut rest = &mut C[at.row * at.width..];
    std::array::from_fn(|_| {
        let (row, after) = std::mem::take(&mut rest).split_at_mut(at.width);
        rest = after;
        vectors_mut(row, at.column)
    })
}

/// C += A B: R rows of A, as many of their numbers as there are rows of B
#[inline(never)]
fn product_tile<const R: usize, const P: usize>(A: &(impl Rows + ?Sized), B: &[Real], at: Place, C: &mut [Real]) {
    let C = tile::<R, P>(C, at);
    let mut sums = C.each_ref().map(|row| **row);
    let depth = B.len() / at.width;
    let A: [&[Real]; R] = std::array::from_fn(|row| &A.row(at.row + row)[at.k..][..depth]);
    for (k, B_k) in (0..depth).zip(B.chunks_exact(at.width)) {
        let numbers: [Real; R] = std::array::from_fn(|row| A[row][k]);
        add_products(&numbers, vectors(B_k, at.column), &mut sums);
    }
    C.into_iter().zip(sums).for_each(|(row, sums_of_row)| *row = sums_of_row);
}

/// C += A' B: R columns of A, all rows of A and B. The sum is made before it is added: beside a large weight, what one
/// image adds would be rounded away.
#[inline(never)]
fn transposed_tile<const R: usize, const P: usize>(A: &(impl Rows + ?Sized), B: &[Real], at: Place, C: &mut [Real]) {
    let mut sums = [[[0.0; LANES]; P]; R];
    let columns = at.row..at.row + R;
    assert!(columns.start < columns.end);
    for (k, B_k) in B.chunks_exact(at.width).enumerate() {
        let numbers = A.row(k)[columns.clone()].first_chunk().unwrap();
        add_products(numbers, vectors(B_k, at.column), &mut sums);
    }
    for (row, sums_of_row) in tile::<R, P>(C, at).into_iter().zip(&sums) {
        for (c, sum) in row.iter_mut().zip(sums_of_row) {
            c.iter_mut().zip(sum).for_each(|(c_j, sum_j)| *c_j += sum_j);
        }
    }
}

/// The tile of this form, among those whose sums fit into the registers
macro_rules! tile_of_form {
    ($tile:ident, $rows:ident, $parts:ident, $arguments:tt, $($R:literal)*) => {
        match ($rows, $parts) {
            $(
                ($R, 1) => $tile::<$R, 1> $arguments,
                ($R, 2) if 2 * $R <= SUMS => $tile::<$R, 2> $arguments,
                ($R, 3) if 3 * $R <= SUMS => $tile::<$R, 3> $arguments,
                ($R, 4) if 4 * $R <= SUMS => $tile::<$R, 4> $arguments,
            )*
            _ => unreachable!("a tile of {} x {}", $rows, $parts),
        }
    };
}

/// The fewest shares that are at most so large, where each begins and how large it is: 10 by 3 are 3, 3, 2, 2
pub fn shares(mut rest: Range<usize>, most: usize) -> impl Iterator<Item = (usize, usize)> {
    (1..=rest.len().div_ceil(most)).rev().map(move |n_left| {
        let (begin, n) = (rest.start, rest.len().div_ceil(n_left));
        rest.start += n;
        (begin, n)
    })
}

/// C += A B. A is n x depth; B is depth x width, C n x width.
pub fn product(A: &(impl Rows + ?Sized), width: usize, B: &[Real], C: &mut [Real]) {
    for (k, B) in B.chunks(DEPTH * width).enumerate() {
        for (part, parts) in shares(0..width / LANES, PARTS) {
            for (row, rows) in shares(0..C.len() / width, ROWS.min(SUMS / parts)) {
                let at = Place { row, column: part * LANES, width, k: k * DEPTH };
                tile_of_form!(product_tile, rows, parts, (A, B, at, C), 1 2 3 4 5 6 7 8 9 10 11 12);
            }
        }
    }
}

/// C += A' B in these rows of C. A is n x height; B is n x width.
pub fn transposed_product(A: &(impl Rows + ?Sized), rows: Range<usize>, width: usize, B: &[Real], C: &mut [Real]) {
    for (part, parts) in shares(0..width / LANES, PARTS) {
        for (row, rows) in shares(rows.clone(), ROWS.min(SUMS / parts)) {
            let at = Place { row, column: part * LANES, width, k: 0 };
            tile_of_form!(transposed_tile, rows, parts, (A, B, at, C), 1 2 3 4 5 6 7 8 9 10 11 12);
        }
    }
}
