! Columns come first in Fortran: x(:, i) is body i.
subroutine nbody(n, x, v, m) bind(c, name=NAME)
  use iso_c_binding
  implicit none
  integer(c_int64_t), value :: n
  real(real_kind), intent(inout) :: x(3, n), v(3, n)
  real(real_kind), intent(in) :: m(n)
  real(real_kind), parameter :: dt = 0.01_c_double
  real(real_kind) :: difference(3), square, factor
  integer(c_int64_t) :: i, j
  do i = 1, n
    do j = i + 1, n
      difference = x(:, j) - x(:, i)
      square = dot_product(difference, difference)
      factor = dt / (square * sqrt(square))
      v(:, i) = v(:, i) + factor * m(j) * difference
      v(:, j) = v(:, j) - factor * m(i) * difference
    end do
  end do
  x = x + dt * v
end subroutine
