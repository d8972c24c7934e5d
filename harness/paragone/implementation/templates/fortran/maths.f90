! One SGD step, one sample at a time: the formulas, top to bottom in the order of a step.
!
! W (fan_in, fan_out), b, z, a and delta (fan_out); layers(0)%a is the image, y (C) the label, one-hot.
! R scales the sum over the mini-batch; eta is the learning rate. Fortran's names know no case.
!
! Change a formula, then ask `paragone verify starter_name` whether it is still the same step.
module maths
   implicit none
   integer, parameter :: wp = REAL_KIND ! working precision: 4 or 8 bytes, from the command in impl.py
   integer, parameter :: quadratic = 0, log_loss = 1, cross_entropy = 2 ! the outputs, numbered as in paragone.h

   type layer
      real(wp), allocatable :: W(:, :), b(:), dW(:, :), db(:), dW_previous(:, :), db_previous(:)
      real(wp), allocatable :: z(:), a(:), delta(:)
   end type

contains

   ! Functions of whole arrays: a loop over parts of a layer has two versions, with exp of vectors and with exp of
   ! scalars, chosen by how near the parts lie in memory, so that the same step gives other bits in the next network.
   function sigmoid(z) ! 1 / (1 + exp(-z))
      real(wp), intent(in) :: z(:)
      real(wp) :: sigmoid(size(z))
      sigmoid = 1/(1 + exp(-z))
   end function

   function softmax(z) ! exp(z) / sum exp(z); less the largest logit, so that exp cannot overflow
      real(wp), intent(in) :: z(:)
      real(wp) :: softmax(size(z))
      softmax = exp(z - maxval(z))
      softmax = softmax/sum(softmax)
   end function

   subroutine forward(layers) ! z = a_before W + b, a = sigmoid(z)
      type(layer), intent(inout) :: layers(0:)
      integer :: l
      do l = 1, ubound(layers, 1)
         layers(l)%z = matmul(layers(l - 1)%a, layers(l)%W) + layers(l)%b
         layers(l)%a = sigmoid(layers(l)%z)
      end do
   end subroutine

   subroutine output_delta(last, output, y) ! delta = a - y, with the quadratic loss times a (1 - a)
      type(layer), intent(inout) :: last
      integer, intent(in) :: output
      real(wp), intent(in) :: y(:)
      if (output == cross_entropy) last%a = softmax(last%z)
      last%delta = last%a - y
      if (output == quadratic) last%delta = last%delta*last%a*(1 - last%a)
   end subroutine

   real(wp) function sample_loss(last, output, y) ! from the logits, as log a would be -inf where a rounds to 0
      type(layer), intent(in) :: last
      integer, intent(in) :: output
      real(wp), intent(in) :: y(:)
      real(wp) :: top
      top = maxval(last%z)
      select case (output)
      case (quadratic) ! 1/2 sum (a - y)**2
         sample_loss = sum((last%a - y)**2)/2
      case (log_loss) ! sum log(1 + exp(z)) - y z
         sample_loss = sum(max(last%z, 0.0_wp) + log(1 + exp(-abs(last%z))) - y*last%z)
      case default ! log(sum exp(z)) - z of the label
         sample_loss = log(sum(exp(last%z - top))) - sum(y*(last%z - top))
      end select
   end function

   ! dW += delta a_before, db += delta, delta_before = W delta a_before (1 - a_before), from the last layer down
   subroutine backward(layers)
      type(layer), intent(inout) :: layers(0:)
      integer :: l, j
      do l = ubound(layers, 1), 1, -1
         associate (this => layers(l), before => layers(l - 1))
            do j = 1, size(this%delta)
               this%dW(:, j) = this%dW(:, j) + this%delta(j)*before%a
            end do
            this%db = this%db + this%delta
            if (l > 1) before%delta = matmul(this%W, this%delta)*before%a*(1 - before%a)
         end associate
      end do
   end subroutine

   ! d = eta (R gradient + l2 theta + l1 sign(theta)), theta <- theta - (d + momentum previous), previous <- d
   elemental subroutine update(theta, previous, gradient, R, eta, momentum, l1, l2)
      real(wp), intent(inout) :: theta, previous
      real(wp), intent(in) :: gradient, R, eta, momentum, l1, l2
      real(wp) :: d
      d = eta*(R*gradient + l2*theta + merge(sign(l1, theta), 0.0_wp, theta /= 0))
      theta = theta - (d + momentum*previous)
      previous = d
   end subroutine

end module
