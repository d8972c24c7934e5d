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
    w(2:n-1, 2:n-1) = half * u(2:n-1, 2:n-1) &
                    + eighth * (u(:n-2, 2:n-1) + u(3:, 2:n-1) + u(2:n-1, :n-2) + u(2:n-1, 3:))
  end subroutine

end subroutine
