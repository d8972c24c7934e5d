! Indices are counted from 0, and so is everything else here.
subroutine spmv(n, k, indptr, indices, data, x, y) bind(c, name=NAME)
  use iso_c_binding
  implicit none
  integer(c_int64_t), value :: n, k
  integer(c_int32_t), intent(in) :: indptr(0:n), indices(0:n*k-1)
  real(real_kind), intent(in) :: data(0:n*k-1), x(0:n-1)
  real(real_kind), intent(out) :: y(0:n-1)
  real(real_kind) :: total
  integer(c_int64_t) :: i
  integer(c_int32_t) :: e
  do i = 0, n - 1
    total = 0
    do e = indptr(i), indptr(i + 1) - 1
      total = total + data(e) * x(indices(e))
    end do
    y(i) = total
  end do
end subroutine
