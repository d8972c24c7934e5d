! Columns come first in Fortran: what comes as A, B and C here are their transposes, and C' = B' A'.
subroutine multiply(n, A, B, C) bind(c, name=NAME)
  use iso_c_binding
  implicit none
  integer(c_int64_t), value :: n
  real(real_kind), intent(in) :: A(n, n), B(n, n)
  real(real_kind), intent(out) :: C(n, n)
  C = matmul(B, A)
end subroutine
