//! The library: network.rs has the memory and the functions of paragone.h, the other files the maths. --cfg fused
//! chooses the step of fused.rs, in tiles of registers; without it, it is that of loops.rs.
#![allow(non_snake_case)] // the letters of the maths: W, dW, R
#![allow(unknown_lints, unexpected_cfgs)] // real, fused and phases come from the command line

mod clock;
#[cfg(fused)]
mod exponential;
#[cfg(fused)]
mod images;
#[cfg_attr(fused, path = "fused.rs")]
#[cfg_attr(not(fused), path = "loops.rs")]
mod maths;
mod network;
mod outputs;
#[cfg(fused)]
mod tiles;
mod update;
