! Columns come first in Fortran: X(:, i) is row i of X, a point.
subroutine pairwise(n, d, X, distances) bind(c, name=NAME)
  use iso_c_binding
  implicit none
  integer(c_int64_t), value :: n, d
  real(real_kind), intent(in) :: X(d, n)
  real(real_kind), intent(out) :: distances(n, n)
  integer(c_int64_t) :: i, j
  do i = 1, n
    do j = 1, n
      distances(j, i) = sqrt(sum((X(:, i) - X(:, j))**2))
    end do
  end do
end subroutine
