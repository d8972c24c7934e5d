#[no_mangle]
pub unsafe extern "C" fn mandelbrot_f64(n: i64, limit: i64, x: *const f64, y: *const f64, counts: *mut i32) {
    let n = n as usize;
    let x = std::slice::from_raw_parts(x, n);
    let y = std::slice::from_raw_parts(y, n);
    let counts = std::slice::from_raw_parts_mut(counts, n * n);
    for (row, &y) in counts.chunks_exact_mut(n).zip(y) {
        for (count, &x) in row.iter_mut().zip(x) {
            *count = iterations(x, y, limit as i32);
        }
    }
}

fn iterations(x: f64, y: f64, limit: i32) -> i32 {
    let (mut re, mut im) = (x, y);
    for k in 0..limit {
        let (re_square, im_square) = (re * re, im * im);
        if re_square + im_square > 4.0 {
            return k;
        }
        (re, im) = (re_square - im_square + x, 2.0 * re * im + y);
    }
    limit
}
