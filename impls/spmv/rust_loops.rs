macro_rules! spmv {
    ($name:ident, $real:ty) => {
        #[no_mangle]
        pub unsafe extern "C" fn $name(
            n: i64, k: i64, indptr: *const i32, indices: *const i32, data: *const $real, x: *const $real, y: *mut $real,
        ) {
            let (n, k) = (n as usize, k as usize);
            let indptr = std::slice::from_raw_parts(indptr, n + 1);
            let indices = std::slice::from_raw_parts(indices, n * k);
            let data = std::slice::from_raw_parts(data, n * k);
            let x = std::slice::from_raw_parts(x, n);
            let y = std::slice::from_raw_parts_mut(y, n);
            for (y, ends) in y.iter_mut().zip(indptr.windows(2)) {
                let row = ends[0] as usize..ends[1] as usize;
                *y = data[row.clone()].iter().zip(&indices[row]).map(|(a, &j)| a * x[j as usize]).sum();
            }
        }
    };
}

spmv!(spmv_f32, f32);
spmv!(spmv_f64, f64);
