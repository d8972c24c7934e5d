macro_rules! pairwise {
    ($name:ident, $real:ty) => {
        #[no_mangle]
        pub unsafe extern "C" fn $name(n: i64, d: i64, x: *const $real, out: *mut $real) {
            let (n, d) = (n as usize, d as usize);
            let points = std::slice::from_raw_parts(x, n * d);
            let distances = std::slice::from_raw_parts_mut(out, n * n);
            for (x, row) in points.chunks_exact(d).zip(distances.chunks_exact_mut(n)) {
                for (y, distance) in points.chunks_exact(d).zip(row) {
                    let squares: $real = x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum();
                    *distance = squares.sqrt();
                }
            }
        }
    };
}

pairwise!(pairwise_f32, f32);
pairwise!(pairwise_f64, f64);
