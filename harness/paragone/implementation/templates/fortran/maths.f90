! One SGD step, one sample at a time: `step`, and below it the formulas, top to bottom in the order of a step.
!
! W (fan_in, fan_out), b, z, a and delta (fan_out); layers(0)%a is the image, y (C) the label, one-hot.
! R scales the sum over the mini-batch; eta is the learning rate. Fortran ignores the case of names.
!
! Change a formula, then ask `paragone verify starter_name` whether it is still the same step.
module maths
   use, intrinsic :: iso_fortran_env, only: int64, real64
   implicit none
   integer, parameter :: wp = REAL_KIND ! working precision: 4 or 8 bytes, from the command in impl.py
   integer, parameter :: hidden_sigmoid = 0, hidden_tanh = 1, hidden_relu = 2 ! numbered as in paragone.h, and so are
   integer, parameter :: quadratic = 0, log_loss = 1, cross_entropy = 2 ! the outputs

   type layer
      real(wp), allocatable :: W(:, :), b(:), dW(:, :), db(:), dW_previous(:, :), db_previous(:)
      real(wp), allocatable :: z(:), a(:), delta(:)
   end type

   type network
      real(wp), allocatable :: images(:, :) ! (D, 0:N-1): a row of C is a column of Fortran
      integer, allocatable :: labels(:) ! (0:N-1)
      real(wp), allocatable :: y(:)
      type(layer), allocatable :: layers(:)
      integer :: hidden, output
      real(wp) :: momentum, l1, l2
      logical :: records_loss
   end type

contains

   ! One SGD step on the images `batch`, all of it timed. Returns the sum of their losses before the update, or 0.
   real(real64) function step(net, batch, eta, R)
      type(network), intent(inout) :: net
      integer(int64), intent(in) :: batch(:)
      real(wp), intent(in) :: eta, R
      integer :: n
      step = 0
      do n = 1, size(batch)
         call gather(net, batch(n), net%layers(0)%a, net%y)
         call forward(net%layers, net%hidden, net%output)
         if (net%records_loss) step = step + loss(net%layers(ubound(net%layers, 1)), net%output, net%y)
         call backward(net%layers, net%hidden, net%output, net%y)
      end do
      call update(net, eta, R)
   end function

   subroutine gather(net, image, x, y) ! x = images(image), y = labels(image) one-hot
      type(network), intent(in) :: net
      integer(int64), intent(in) :: image
      real(wp), intent(inout) :: x(:), y(:)
      x = net%images(:, image)
      y = 0
      y(net%labels(image) + 1) = 1
   end subroutine

   ! These are functions of whole arrays. In a formula on the components of a layer, the compiler would choose between a
   ! vector exp and a scalar exp at run time, by the distance of the arrays in memory: then the same step would give
   ! other bits in another network.
   function sigmoid(z) ! 1 / (1 + exp(-z))
      real(wp), intent(in) :: z(:)
      real(wp) :: sigmoid(size(z))
      sigmoid = 1/(1 + exp(-z))
   end function

   function softmax(z) ! exp(z) / sum exp(z), shifted by the largest logit, so that exp cannot overflow
      real(wp), intent(in) :: z(:)
      real(wp) :: softmax(size(z))
      softmax = exp(z - maxval(z))
      softmax = softmax/sum(softmax)
   end function

   function hidden_activation(hidden, z) ! sigmoid(z), tanh(z), or max(z, 0) that keeps NaN
      integer, intent(in) :: hidden
      real(wp), intent(in) :: z(:)
      real(wp) :: hidden_activation(size(z))
      select case (hidden)
      case (hidden_sigmoid)
         hidden_activation = sigmoid(z)
      case (hidden_tanh)
         hidden_activation = tanh(z)
      case default
         hidden_activation = merge(0.0_wp, z, z < 0)
      end select
   end function

   function hidden_slope(hidden, a) ! the derivative, written in a: a (1 - a), 1 - a**2, or 1 where a > 0
      integer, intent(in) :: hidden
      real(wp), intent(in) :: a(:)
      real(wp) :: hidden_slope(size(a))
      select case (hidden)
      case (hidden_sigmoid)
         hidden_slope = a*(1 - a)
      case (hidden_tanh)
         hidden_slope = 1 - a**2
      case default
         hidden_slope = merge(1.0_wp, 0.0_wp, a > 0)
      end select
   end function

   subroutine forward(layers, hidden, output) ! z = a_before W + b; a from z, in the last layer by the output
      type(layer), intent(inout) :: layers(0:)
      integer, intent(in) :: hidden, output
      integer :: l
      do l = 1, ubound(layers, 1)
         layers(l)%z = matmul(layers(l - 1)%a, layers(l)%W) + layers(l)%b
         if (l < ubound(layers, 1)) then
            layers(l)%a = hidden_activation(hidden, layers(l)%z)
         else if (output == cross_entropy) then
            layers(l)%a = softmax(layers(l)%z)
         else
            layers(l)%a = sigmoid(layers(l)%z)
         end if
      end do
   end subroutine

   real(wp) function loss(last, output, y) ! from the logits, as log a would be -inf where a rounds to 0
      type(layer), intent(in) :: last
      integer, intent(in) :: output
      real(wp), intent(in) :: y(:)
      real(wp) :: top
      top = maxval(last%z)
      select case (output)
      case (quadratic) ! 1/2 sum (a - y)**2
         loss = sum((last%a - y)**2)/2
      case (log_loss) ! sum log(1 + exp(z)) - y z
         loss = sum(max(last%z, 0.0_wp) + log(1 + exp(-abs(last%z))) - y*last%z)
      case default ! log(sum exp(z)) - z of the label
         loss = log(sum(exp(last%z - top))) - sum(y*(last%z - top))
      end select
   end function

   ! dW += delta a_before, db += delta, delta_before = W delta times the slope of a_before, from the last layer down
   subroutine backward(layers, hidden, output, y)
      type(layer), intent(inout) :: layers(0:)
      integer, intent(in) :: hidden, output
      real(wp), intent(in) :: y(:)
      integer :: l, j
      call output_delta(layers(ubound(layers, 1)), output, y)
      do l = ubound(layers, 1), 1, -1
         associate (this => layers(l), before => layers(l - 1))
            do j = 1, size(this%delta)
               this%dW(:, j) = this%dW(:, j) + this%delta(j)*before%a
            end do
            this%db = this%db + this%delta
            if (l > 1) before%delta = matmul(this%W, this%delta)*hidden_slope(hidden, before%a)
         end associate
      end do
   end subroutine

   subroutine output_delta(last, output, y) ! delta = a - y, with the quadratic loss times a (1 - a)
      type(layer), intent(inout) :: last
      integer, intent(in) :: output
      real(wp), intent(in) :: y(:)
      last%delta = last%a - y
      if (output == quadratic) last%delta = last%delta*last%a*(1 - last%a)
   end subroutine

   subroutine update(net, eta, R) ! every layer; no penalties on the biases
      type(network), intent(inout) :: net
      real(wp), intent(in) :: eta, R
      integer :: l
      do l = 1, ubound(net%layers, 1)
         associate (this => net%layers(l))
            call move(this%W, this%dW_previous, this%dW, R, eta, net%momentum, net%l1, net%l2)
            call move(this%b, this%db_previous, this%db, R, eta, net%momentum, 0.0_wp, 0.0_wp)
         end associate
      end do
   end subroutine

   ! d = eta (R gradient + l2 theta + l1 sign(theta)), theta <- theta - (d + momentum previous), previous <- d,
   ! and gradient <- 0 for the next step
   elemental subroutine move(theta, previous, gradient, R, eta, momentum, l1, l2)
      real(wp), intent(inout) :: theta, previous, gradient
      real(wp), intent(in) :: R, eta, momentum, l1, l2
      real(wp) :: d
      d = eta*(R*gradient + l2*theta + merge(sign(l1, theta), 0.0_wp, theta /= 0))
      theta = theta - (d + momentum*previous)
      previous = d
      gradient = 0
   end subroutine

end module
