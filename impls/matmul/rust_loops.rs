macro_rules! matmul {
    ($name:ident, $real:ty) => {
        #[no_mangle]
        pub unsafe extern "C" fn $name(n: i64, a: *const $real, b: *const $real, c: *mut $real) {
            let n = n as usize;
            let a = std::slice::from_raw_parts(a, n * n);
            let b = std::slice::from_raw_parts(b, n * n);
            let c = std::slice::from_raw_parts_mut(c, n * n);
            c.fill(0.0);
            for (row, sums) in a.chunks_exact(n).zip(c.chunks_exact_mut(n)) {
                for (a, row) in row.iter().zip(b.chunks_exact(n)) {
                    for (sum, b) in sums.iter_mut().zip(row) {
                        *sum += a * b;
                    }
                }
            }
        }
    };
}

matmul!(matmul_f32, f32);
matmul!(matmul_f64, f64);
