subroutine heat(n, u, w) bind(c, name=NAME)
  use iso_c_binding
  implicit none
  integer(c_int64_t), value :: n
  real(real_kind), intent(inout) :: u(n, n), w(n, n)
  call time_step(u, w)
  call time_step(w, u)

contains

  subroutine time_step(u, w)
    real(real_kind), intent(in) :: u(n, n)
    real(real_kind), intent(inout) :: w(n, n)
    real(real_kind), parameter :: half = 0.5, eighth = 0.125
    integer(c_int64_t) :: i, j
    do j = 2, n - 1
      do i = 2, n - 1
        w(i, j) = half * u(i, j) + eighth * (u(i, j-1) + u(i, j+1) + u(i-1, j) + u(i+1, j))
      end do
    end do
  end subroutine

end subroutine
