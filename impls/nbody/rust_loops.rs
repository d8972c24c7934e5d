macro_rules! nbody {
    ($name:ident, $real:ty) => {
        #[no_mangle]
        pub unsafe extern "C" fn $name(n: i64, x: *mut $real, v: *mut $real, m: *const $real) {
            const DT: $real = 0.01;
            let n = n as usize;
            let x = std::slice::from_raw_parts_mut(x as *mut [$real; 3], n);
            let v = std::slice::from_raw_parts_mut(v as *mut [$real; 3], n);
            let m = std::slice::from_raw_parts(m, n);
            for i in 0..n {
                for j in i + 1..n {
                    let d = [x[j][0] - x[i][0], x[j][1] - x[i][1], x[j][2] - x[i][2]];
                    let square = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
                    let factor = DT / (square * square.sqrt());
                    for k in 0..3 {
                        v[i][k] += factor * m[j] * d[k];
                        v[j][k] -= factor * m[i] * d[k];
                    }
                }
            }
            for (x, v) in x.iter_mut().flatten().zip(v.iter().flatten()) {
                *x += DT * v;
            }
        }
    };
}

nbody!(nbody_f32, f32);
nbody!(nbody_f64, f64);
