macro_rules! heat {
    ($name:ident, $real:ty) => {
        #[no_mangle]
        pub unsafe extern "C" fn $name(n: i64, u: *mut $real, w: *mut $real) {
            let n = n as usize;
            let u = std::slice::from_raw_parts_mut(u, n * n);
            let w = std::slice::from_raw_parts_mut(w, n * n);
            time_step(n, u, w);
            time_step(n, w, u);

            fn time_step(n: usize, u: &[$real], w: &mut [$real]) {
                for i in 1..n - 1 {
                    let (above, here, below) = (&u[(i - 1) * n..][..n], &u[i * n..][..n], &u[(i + 1) * n..][..n]);
                    let new = &mut w[i * n..][..n];
                    for j in 1..n - 1 {
                        new[j] = 0.5 * here[j] + 0.125 * (above[j] + below[j] + here[j - 1] + here[j + 1]);
                    }
                }
            }
        }
    };
}

heat!(heat_f32, f32);
heat!(heat_f64, f64);
