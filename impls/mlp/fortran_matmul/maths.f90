! One SGD step with samples in columns, in Fortran's own terms: matmul, spread, array syntax.
!
! layers(0)%A = X (D, batch), Y (C, batch), W (fan_out, fan_in), b (fan_out), Z, A and delta (fan_out, batch).
! R scales the sum over the mini-batch; eta is the learning rate. Fortran ignores case, so b is the biases alone.
!
! gfortran's matmul is up to six times slower on a transposed view than on a contiguous array. The inner brackets in
! matmul(P, (transpose(Q))) make the transpose a value, which is written out once before the product.
!
! Longer than 100 lines: each argument is declared on a line of its own.
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
   integer(int64), parameter :: most_samples = huge(0_int64) ! at once: those of the mini-batch, however many
   private :: move ! called per element; private, so that the compiler inlines it

contains

   ! One SGD step on the images `batch`, in place. Returns the sum of their losses before the update, or 0.
   real(real64) function step(net, batch, eta, R)
      type(network), intent(inout) :: net
      integer(int64), intent(in) :: batch(:)
      real(wp), intent(in) :: eta, R
      step = 0
      associate (last => net%layers(ubound(net%layers, 1)))
         PHASE(in_gather)
         call gather(net%images, net%labels, batch, net%layers(0)%A, net%Y)
         PHASE(in_forward)
         call forward(net%layers, net%activate)
         call net%output(last%Z, net%Y, last%A, last%delta)
         if (net%records_loss) then
            PHASE(in_loss)
            step = net%loss(last%Z, last%A, net%Y)
         end if
         PHASE(in_backward)
         call backward(net%layers, net%times_slope, R)
         PHASE(in_update)
         if (net%has_plain_update) then
            call update(net%layers(1:), eta)
         else
            call update_with_momentum(net%layers(1:), eta, net%momentum, net%l1, net%l2)
         end if
      end associate
   end function

   subroutine gather(images, labels, batch, X, Y) ! X = images(batch), Y = labels(batch), both numbered from 0
      real(wp), intent(in) :: images(:, 0:), labels(:, 0:)
      integer(int64), intent(in) :: batch(:)
      real(wp), intent(out) :: X(:, :), Y(:, :)
      X = images(:, batch)
      Y = labels(:, batch)
   end subroutine

   subroutine forward(layers, activate) ! Z = W A_before + b, A from Z; A of the last layer is the output's
      type(layer), intent(inout) :: layers(0:)
      procedure(hidden_rule) :: activate
      integer :: l
      do l = 1, ubound(layers, 1)
         call logits(layers(l)%W, layers(l)%b, layers(l - 1)%A, layers(l)%Z)
         if (l < ubound(layers, 1)) call activate(layers(l)%Z, layers(l)%A)
      end do
   end subroutine

   subroutine logits(W, b, A, Z) ! Z = W A + b
      real(wp), intent(in), contiguous :: W(:, :), b(:), A(:, :)
      real(wp), intent(out), contiguous :: Z(:, :)
      Z = matmul(W, A)
      Z = Z + spread(b, dim=2, ncopies=size(Z, 2))
   end subroutine

   subroutine backward(layers, times_slope, R) ! from the delta of the output to dW and db of every layer
      type(layer), intent(inout) :: layers(0:)
      procedure(slope_rule) :: times_slope
      real(wp), intent(in) :: R
      integer :: l
      do l = ubound(layers, 1), 1, -1
         call gradients(layers(l)%delta, layers(l - 1)%A, R, layers(l)%dW, layers(l)%db)
         if (l > 1) then
            call hidden_delta(layers(l)%W, layers(l)%delta, layers(l - 1)%delta)
            call times_slope(layers(l - 1)%A, layers(l - 1)%delta)
         end if
      end do
   end subroutine

   subroutine gradients(delta, A_before, R, dW, db) ! dW = R delta A_before', db = R sum_batch delta
      real(wp), intent(in), contiguous :: delta(:, :), A_before(:, :)
      real(wp), intent(in) :: R
      real(wp), intent(out), contiguous :: dW(:, :), db(:)
      dW = R*matmul(delta, (transpose(A_before)))
      db = R*sum(delta, 2)
   end subroutine

   subroutine hidden_delta(W, delta, delta_before) ! W' delta, which the slope of the activation multiplies
      real(wp), intent(in), contiguous :: W(:, :), delta(:, :)
      real(wp), intent(out), contiguous :: delta_before(:, :)
      delta_before = matmul((transpose(W)), delta)
   end subroutine

   subroutine update(layers, eta) ! W <- W - eta dW, b <- b - eta db
      type(layer), intent(inout) :: layers(:)
      real(wp), intent(in) :: eta
      integer :: l
      do l = 1, size(layers)
         layers(l)%W = layers(l)%W - eta*layers(l)%dW
         layers(l)%b = layers(l)%b - eta*layers(l)%db
      end do
   end subroutine

   subroutine update_with_momentum(layers, eta, momentum, l1, l2) ! biases without the penalties
      type(layer), intent(inout) :: layers(:)
      real(wp), intent(in) :: eta, momentum, l1, l2
      integer :: l
      do l = 1, size(layers)
         call move(layers(l)%W, layers(l)%dW_previous, layers(l)%dW, eta, momentum, l1, l2)
         call move(layers(l)%b, layers(l)%db_previous, layers(l)%db, eta, momentum, 0.0_wp, 0.0_wp)
      end do
   end subroutine

   ! d = eta (gradient + l2 theta + l1 sign(theta)), theta <- theta - (d + momentum previous), previous <- d
   elemental subroutine move(theta, previous, gradient, eta, momentum, l1, l2)
      real(wp), intent(inout) :: theta, previous
      real(wp), intent(in) :: gradient, eta, momentum, l1, l2
      real(wp) :: d
      d = eta*(gradient + l2*theta + merge(sign(l1, theta), 0.0_wp, theta /= 0))
      theta = theta - (d + momentum*previous)
      previous = d
   end subroutine

end module
