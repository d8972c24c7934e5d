subroutine mandelbrot(n, limit, x, y, counts) bind(c, name="mandelbrot_f64")
  use iso_c_binding
  implicit none
  integer(c_int64_t), value :: n, limit
  real(c_double), intent(in) :: x(n), y(n)
  integer(c_int32_t), intent(out) :: counts(n, n)
  complex(c_double) :: c, z
  integer(c_int64_t) :: i, j
  integer(c_int32_t) :: k
  do i = 1, n
    do j = 1, n
      c = cmplx(x(j), y(i), c_double)
      z = c
      do k = 0, int(limit, c_int32_t) - 1
        if (real(z)**2 + aimag(z)**2 > 4) exit
        z = z * z + c
      end do
      counts(j, i) = k
    end do
  end do
end subroutine
