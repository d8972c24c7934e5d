! The network in memory, shared by maths.f90 and binding.f90. A profile compiles with -DPARAGONE_PHASES, which adds a
! clock; the plain library has none.
module networks
   use, intrinsic :: iso_fortran_env, only: int64, real64
   implicit none
   integer, parameter :: wp = REAL_KIND ! working precision: 4 or 8, from the command line

   type layer
      real(wp), allocatable :: W(:, :), b(:), dW(:, :), db(:), dW_previous(:, :), db_previous(:)
      real(wp), allocatable :: Z(:, :), A(:, :), delta(:, :)
   end type

   abstract interface
      subroutine hidden_rule(Z, A)
         import wp
         real(wp), intent(in), contiguous :: Z(:, :)
         real(wp), intent(out), contiguous :: A(:, :)
      end subroutine
      subroutine slope_rule(A, delta)
         import wp
         real(wp), intent(in), contiguous :: A(:, :)
         real(wp), intent(inout), contiguous :: delta(:, :)
      end subroutine
      subroutine output_rule(Z, Y, A, delta)
         import wp
         real(wp), intent(in) :: Z(:, :), Y(:, :)
         real(wp), intent(out) :: A(:, :), delta(:, :)
      end subroutine
      real(real64) function loss_rule(Z, A, Y)
         import wp, real64
         real(wp), intent(in) :: Z(:, :), A(:, :), Y(:, :)
      end function
   end interface

   enum, bind(C) ! the phases, numbered as in paragone.h
      enumerator :: in_gather, in_forward, in_loss, in_backward, in_update, in_none
   end enum

   type network
      real(wp), allocatable :: images(:, :) ! the training set, (D, 0:N-1)
      real(wp), allocatable :: labels(:, :) ! its one-hot labels, (0:C-1, 0:N-1)
      real(wp), allocatable :: Y(:, :) ! those of the mini-batch
      type(layer), allocatable :: layers(:)
      real(wp) :: momentum, l1, l2
      logical :: has_plain_update, records_loss
      procedure(hidden_rule), pointer, nopass :: activate ! of the hidden layers
      procedure(slope_rule), pointer, nopass :: times_slope
      procedure(output_rule), pointer, nopass :: output
      procedure(loss_rule), pointer, nopass :: loss
#ifdef PARAGONE_PHASES
      integer(int64) :: since_ns, phase_ns(in_gather:in_none)
      integer :: phase = in_none
#endif
   end type

#ifdef PARAGONE_PHASES
contains

   subroutine enter_phase(net, phase)
      type(network), intent(inout) :: net
      integer, intent(in) :: phase
      integer(int64) :: now, per_second
      call system_clock(now, per_second)
      now = now*(1000000000/per_second)
      net%phase_ns(net%phase) = net%phase_ns(net%phase) + now - net%since_ns
      net%phase = phase
      net%since_ns = now
   end subroutine
#endif

end module
