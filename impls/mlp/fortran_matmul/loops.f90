! One SGD step, one sample after the other, in plain loops: those of c_loops, in Fortran.
!
! Of a sample, in the first column of each array: layers(0)%A = x, an image; Z, A and delta hold the neurons of a layer.
! W is (fan_out, fan_in): columns come first in Fortran, so that the innermost loops run over neurons that lie side by
! side. R scales the sum over the mini-batch; eta is the learning rate. The step comes first.
!
! Longer than 100 lines: every product is a loop, and each argument is declared on a line of its own.
#ifdef PARAGONE_PHASES
#define PHASE(name) call enter_phase(net, name)
#else
#define PHASE(name)
#endif
module maths
   use, intrinsic :: iso_fortran_env, only: int64, real64
   use networks
   use outputs
   implicit none
   integer(int64), parameter :: most_samples = 1 ! at once

contains

   ! The images `batch` once forward and back, then the update. Returns the sum of their losses before it, or 0.
   real(real64) function step(net, batch, eta, R)
      type(network), intent(inout) :: net
      integer(int64), intent(in) :: batch(:)
      real(wp), intent(in) :: eta, R
      integer :: k
      step = 0
      call zero_gradients(net%layers)
      associate (last => net%layers(ubound(net%layers, 1)))
         do k = 1, size(batch)
            PHASE(in_gather)
            call gather(net%images(:, batch(k)), net%labels(:, batch(k)), net%layers(0)%A(:, 1), net%Y(:, 1))
            PHASE(in_forward)
            call forward(net%layers, net%activate)
            call net%output(last%Z(:, :1), net%Y(:, :1), last%A(:, :1), last%delta(:, :1))
            if (net%records_loss) then
               PHASE(in_loss)
               step = step + net%loss(last%Z(:, :1), last%A(:, :1), net%Y(:, :1))
            end if
            PHASE(in_backward)
            call backward(net%layers, net%times_slope)
         end do
      end associate
      PHASE(in_update)
      call update(net, eta, R)
   end function

   subroutine zero_gradients(layers)
      type(layer), intent(inout) :: layers(0:)
      integer :: l
      do l = 1, ubound(layers, 1)
         layers(l)%dW = 0
         layers(l)%db = 0
      end do
   end subroutine

   subroutine gather(image, label, x, y) ! x = image, y = label
      real(wp), intent(in), contiguous :: image(:), label(:)
      real(wp), intent(out), contiguous :: x(:), y(:)
      x = image
      y = label
   end subroutine

   subroutine forward(layers, activate) ! z = W a_before + b, a from z; a of the last layer is the output's
      type(layer), intent(inout) :: layers(0:)
      procedure(hidden_rule) :: activate
      integer :: l
      do l = 1, ubound(layers, 1)
         call logits(layers(l)%W, layers(l)%b, layers(l - 1)%A(:, 1), layers(l)%Z(:, 1))
         if (l < ubound(layers, 1)) call activate(layers(l)%Z(:, :1), layers(l)%A(:, :1))
      end do
   end subroutine

   subroutine logits(W, b, a, z) ! z = W a + b
      real(wp), intent(in), contiguous :: W(:, :), b(:), a(:)
      real(wp), intent(out), contiguous :: z(:)
      integer :: i, j
      z = b
      do i = 1, size(a)
         do j = 1, size(z)
            z(j) = z(j) + a(i)*W(j, i)
         end do
      end do
   end subroutine

   subroutine backward(layers, times_slope) ! from the delta of the output to the gradients of every layer
      type(layer), intent(inout) :: layers(0:)
      procedure(slope_rule) :: times_slope
      integer :: l
      do l = ubound(layers, 1), 1, -1
         call add_gradients(layers(l)%delta(:, 1), layers(l - 1)%A(:, 1), layers(l)%dW, layers(l)%db)
         if (l > 1) then
            call hidden_delta(layers(l)%W, layers(l)%delta(:, 1), layers(l - 1)%delta(:, 1))
            call times_slope(layers(l - 1)%A(:, :1), layers(l - 1)%delta(:, :1))
         end if
      end do
   end subroutine

   subroutine add_gradients(delta, a_before, dW, db) ! dW = dW + delta a_before', db = db + delta
      real(wp), intent(in), contiguous :: delta(:), a_before(:)
      real(wp), intent(inout), contiguous :: dW(:, :), db(:)
      integer :: i, j
      do i = 1, size(a_before)
         do j = 1, size(delta)
            dW(j, i) = dW(j, i) + delta(j)*a_before(i)
         end do
      end do
      db = db + delta
   end subroutine

   subroutine hidden_delta(W, delta, delta_before) ! W' delta, which the slope of the activation multiplies
      real(wp), intent(in), contiguous :: W(:, :), delta(:)
      real(wp), intent(out), contiguous :: delta_before(:)
      integer :: i, j
      do i = 1, size(delta_before)
         delta_before(i) = 0
         do j = 1, size(delta)
            delta_before(i) = delta_before(i) + W(j, i)*delta(j)
         end do
      end do
   end subroutine

   subroutine update(net, eta, R) ! every layer; biases without the penalties
      type(network), intent(inout) :: net
      real(wp), intent(in) :: eta, R
      integer :: l
      do l = 1, ubound(net%layers, 1)
         associate (this => net%layers(l))
            if (net%has_plain_update) then
               call plain_rule(size(this%W), this%W, this%dW, eta, R)
               call plain_rule(size(this%b), this%b, this%db, eta, R)
            else
               call full_rule(net, size(this%W), this%W, this%dW, this%dW_previous, eta, R, net%l1, net%l2)
               call full_rule(net, size(this%b), this%b, this%db, this%db_previous, eta, R, 0.0_wp, 0.0_wp)
            end if
         end associate
      end do
   end subroutine

   subroutine plain_rule(n, theta, gradient, eta, R) ! theta = theta - eta R gradient
      integer, intent(in) :: n
      real(wp), intent(inout) :: theta(n)
      real(wp), intent(in) :: gradient(n), eta, R
      integer :: k
      do k = 1, n
         theta(k) = theta(k) - eta*R*gradient(k)
      end do
   end subroutine

   ! d = eta (R gradient + l2 theta + l1 sign(theta)), theta = theta - (d + momentum previous), previous = d
   subroutine full_rule(net, n, theta, gradient, previous, eta, R, l1, l2)
      type(network), intent(in) :: net
      integer, intent(in) :: n
      real(wp), intent(inout) :: theta(n), previous(n)
      real(wp), intent(in) :: gradient(n), eta, R, l1, l2
      real(wp) :: d
      integer :: k
      do k = 1, n
         d = eta*(R*gradient(k) + l2*theta(k) + merge(sign(l1, theta(k)), 0.0_wp, theta(k) /= 0))
         theta(k) = theta(k) - (d + net%momentum*previous(k))
         previous(k) = d
      end do
   end subroutine

end module
