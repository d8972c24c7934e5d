macro_rules! softmax_rows {
    ($name:ident, $real:ty) => {
        #[no_mangle]
        pub unsafe extern "C" fn $name(n: i64, m: i64, x: *const $real, y: *mut $real) {
            let (n, m) = (n as usize, m as usize);
            let x = std::slice::from_raw_parts(x, n * m);
            let y = std::slice::from_raw_parts_mut(y, n * m);
            for (x, y) in x.chunks_exact(m).zip(y.chunks_exact_mut(m)) {
                let largest = x.iter().copied().fold(<$real>::NEG_INFINITY, <$real>::max);
                for (x, y) in x.iter().zip(y.iter_mut()) {
                    *y = (x - largest).exp();
                }
                let total: $real = y.iter().sum();
                for y in y {
                    *y /= total;
                }
            }
        }
    };
}

softmax_rows!(softmax_rows_f32, f32);
softmax_rows!(softmax_rows_f64, f64);
