macro_rules! histogram {
    ($name:ident, $real:ty) => {
        #[no_mangle]
        pub unsafe extern "C" fn $name(n: i64, m: i64, x: *const $real, counts: *mut i64) {
            let x = std::slice::from_raw_parts(x, n as usize);
            let counts = std::slice::from_raw_parts_mut(counts, m as usize);
            counts.fill(0);
            for x in x {
                counts[(m as $real * x) as usize] += 1;
            }
        }
    };
}

histogram!(histogram_f32, f32);
histogram!(histogram_f64, f64);
