subroutine histogram(n, m, x, counts) bind(c, name=NAME)
  use iso_c_binding
  implicit none
  integer(c_int64_t), value :: n, m
  real(real_kind), intent(in) :: x(n)
  integer(c_int64_t), intent(out) :: counts(m)
  integer(c_int64_t) :: i, bin
  counts = 0
  do i = 1, n
    bin = int(m * x(i), c_int64_t) + 1
    counts(bin) = counts(bin) + 1
  end do
end subroutine
