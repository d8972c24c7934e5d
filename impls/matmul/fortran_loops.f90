! Columns come first in Fortran: A(k, i) is number k of row i, and the inner loop is over j.
subroutine multiply(n, A, B, C) bind(c, name=NAME)
  use iso_c_binding
  implicit none
  integer(c_int64_t), value :: n
  real(real_kind), intent(in) :: A(n, n), B(n, n)
  real(real_kind), intent(out) :: C(n, n)
  integer(c_int64_t) :: i, j, k
  C = 0
  do i = 1, n
    do k = 1, n
      do j = 1, n
        C(j, i) = C(j, i) + A(k, i) * B(j, k)
      end do
    end do
  end do
end subroutine
