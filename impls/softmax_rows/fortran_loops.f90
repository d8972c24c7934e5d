! Columns come first in Fortran: X(:, i) is row i of X.
subroutine softmax_rows(n, m, X, Y) bind(c, name=NAME)
  use iso_c_binding
  implicit none
  integer(c_int64_t), value :: n, m
  real(real_kind), intent(in) :: X(m, n)
  real(real_kind), intent(out) :: Y(m, n)
  integer(c_int64_t) :: i
  do i = 1, n
    Y(:, i) = exp(X(:, i) - maxval(X(:, i)))
    Y(:, i) = Y(:, i) / sum(Y(:, i))
  end do
end subroutine
