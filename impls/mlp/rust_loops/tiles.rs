//! The two products of a training step, in tiles that stay in registers.
//!
//! A tile is a few rows times a few vectors of columns. Each turn of its loop loads a number for each row and a vector
//! for each part, and adds all of their products: where 12 of 16 registers hold the sums, that is 12 multiplications
//! and additions for 7 loads, so the arithmetic takes the time and not the memory. A vector is an array of the length
//! that a register has; rows and parts are parameters of the type, so that all loops over them are unrolled. Rows of
//! the matrices are padded to whole vectors; their ends are computed with, and mean nothing.
//!
//! AVX-512 has 32 registers: 24 sums of 12 rows and 2 vectors, and 14 loads for them.
//!
//! The checks of the language stand before the loops. One is left in a loop: rows of A may differ in length, so that of
//! A' B looks at each. The loops over rows are written out by a macro (each). With 16 numbers in a vector the compiler
//! unrolls them too late, when the sums have got an address in memory, and loads and stores them for each product.
//!
//! Longer than 100 lines: what a tile may read and write is told to the compiler in types and lengths.
use crate::network::Real;
use std::mem::size_of;

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
const ROWS: usize = 12;
const SUMS: usize = FORM.1;
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

/// The body for each row below R, at most 12, written out: where the compiler unrolls this loop late, it has left the
/// sums in memory.
macro_rules! each {
    ($row:ident < $R:ident: $body:expr) => { each!($row < $R: $body, 0 1 2 3 4 5 6 7 8 9 10 11) };
    ($row:ident < $R:ident: $body:expr, $($number:literal)*) => {
        $( if $number < $R { let $row = $number; $body } )*
    };
}
pub(crate) use each;

/// c + sum in each lane
#[inline(always)]
pub fn add(sum: &Vector, c: &mut Vector) {
    for (c_j, sum_j) in c.iter_mut().zip(sum) {
        *c_j += sum_j;
    }
}

/// sums += numbers times a row of B. What there are fewer of stays in registers, one of the others at a time.
#[inline(always)]
fn add_products<const R: usize, const P: usize>(numbers: &[Real; R], b: &[Vector; P], sums: &mut [[Vector; P]; R]) {
    if R < P {
        for part in 0..P {
            each!(row < R: add_product(numbers[row], &b[part], &mut sums[row][part]));
        }
    } else {
        each!(row < R: for part in 0..P { add_product(numbers[row], &b[part], &mut sums[row][part]) });
    }
}

/// Where a tile lies: its first row and column, and the numbers in a row of B and C
#[derive(Clone, Copy)]
struct Place {
    row: usize,
    column: usize,
    width: usize,
}

/// A row of a tile in memory
#[inline(always)]
fn row_of<const P: usize>(C: &mut [Real], row: usize, at: Place) -> &mut [Vector; P] {
    vectors_mut(&mut C[(at.row + row) * at.width..][..at.width], at.column)
}

/// C += A B: R rows of A, as many of their numbers as there are rows of B
#[inline(never)]
fn product_tile<const R: usize, const P: usize>(A: &(impl Rows + ?Sized), B: &[Real], at: Place, C: &mut [Real]) {
    let mut sums = [[[0.0; LANES]; P]; R];
    each!(row < R: sums[row] = *row_of(C, row, at));
    let depth = B.len() / at.width;
    let A: [&[Real]; R] = std::array::from_fn(|row| &A.row(at.row + row)[..depth]);
    for (k, B_k) in (0..depth).zip(B.chunks_exact(at.width)) {
        let numbers: [Real; R] = std::array::from_fn(|row| A[row][k]);
        add_products(&numbers, vectors(B_k, at.column), &mut sums);
    }
    each!(row < R: *row_of(C, row, at) = sums[row]);
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
    each!(row < R: for (c, sum) in row_of::<P>(C, row, at).iter_mut().zip(&sums[row]) { add(sum, c) });
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
pub fn shares(total: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let n_shares = total.div_ceil(most);
    let (size, n_larger) = (total / n_shares, total % n_shares);
    (0..n_shares).map(move |k| (k * size + k.min(n_larger), size + usize::from(k < n_larger)))
}

/// C += A B. A is n x depth; B is depth x width, C n x width.
pub fn product(A: &(impl Rows + ?Sized), width: usize, B: &[Real], C: &mut [Real]) {
    for (part, parts) in shares(width / LANES, PARTS) {
        for (row, rows) in shares(C.len() / width, ROWS.min(SUMS / parts)) {
            let at = Place { row, column: part * LANES, width };
            tile_of_form!(product_tile, rows, parts, (A, B, at, C), 1 2 3 4 5 6 7 8 9 10 11 12);
        }
    }
}

/// C += A' B. A is n x height; B is n x width, C height x width. Before each tile, `meanwhile` is told its rows.
pub fn transposed_product(
    A: &(impl Rows + ?Sized),
    height: usize,
    width: usize,
    B: &[Real],
    C: &mut [Real],
    mut meanwhile: impl FnMut(usize),
) {
    for (part, parts) in shares(width / LANES, PARTS) {
        for (row, rows) in shares(height, ROWS.min(SUMS / parts)) {
            let at = Place { row, column: part * LANES, width };
            meanwhile(rows);
            tile_of_form!(transposed_tile, rows, parts, (A, B, at, C), 1 2 3 4 5 6 7 8 9 10 11 12);
        }
    }
}
