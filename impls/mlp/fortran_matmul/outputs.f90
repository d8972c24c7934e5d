! The layers of neurons in Fortran, which both maths files share: sums Z, activations A and labels Y, (fan_out, samples).
module outputs
   use, intrinsic :: iso_fortran_env, only: real64
   use networks, only: wp
   implicit none
   private :: sigmoid ! called per element; private, so that the compiler inlines it

contains

   elemental real(wp) function sigmoid(z) ! 1 / (1 + exp(-z))
      real(wp), intent(in) :: z
      sigmoid = 1/(1 + exp(-z))
   end function

   ! Dummy arguments cannot overlap. For components of a layer the compiler would add a test at run time that picks a
   ! vector or a scalar exp by their distance in memory, and the same step would give other bits in another network.
   subroutine hidden_sigmoid(Z, A) ! A = sigmoid(Z)
      real(wp), intent(in), contiguous :: Z(:, :)
      real(wp), intent(out), contiguous :: A(:, :)
      A = sigmoid(Z)
   end subroutine

   subroutine hidden_tanh(Z, A) ! A = tanh(Z)
      real(wp), intent(in), contiguous :: Z(:, :)
      real(wp), intent(out), contiguous :: A(:, :)
      A = tanh(Z)
   end subroutine

   subroutine hidden_relu(Z, A) ! A = max(Z, 0), which leaves NaN as it is; max of Fortran need not
      real(wp), intent(in), contiguous :: Z(:, :)
      real(wp), intent(out), contiguous :: A(:, :)
      A = merge(0.0_wp, Z, Z < 0)
   end subroutine

   subroutine sigmoid_quadratic(Z, Y, A, delta) ! delta = (A - Y) A (1 - A)
      real(wp), intent(in) :: Z(:, :), Y(:, :)
      real(wp), intent(out) :: A(:, :), delta(:, :)
      A = sigmoid(Z)
      delta = (A - Y)*A*(1 - A)
   end subroutine

   subroutine sigmoid_log(Z, Y, A, delta) ! delta = A - Y
      real(wp), intent(in) :: Z(:, :), Y(:, :)
      real(wp), intent(out) :: A(:, :), delta(:, :)
      A = sigmoid(Z)
      delta = A - Y
   end subroutine

   subroutine softmax_cross_entropy(Z, Y, A, delta) ! A = exp(Z) / sum_classes exp(Z), delta = A - Y
      real(wp), intent(in) :: Z(:, :), Y(:, :)
      real(wp), intent(out) :: A(:, :), delta(:, :)
      A = exp(Z - spread(maxval(Z, 1), 1, size(Z, 1))) ! shifted by the largest logit of each sample
      A = A/spread(sum(A, 1), 1, size(A, 1))
      delta = A - Y
   end subroutine

   real(real64) function quadratic_loss(Z, A, Y) ! 1/2 sum (A - Y)**2
      real(wp), intent(in) :: Z(:, :), A(:, :), Y(:, :)
      quadratic_loss = 0.5_real64*sum(real((A - Y)**2, real64))
   end function

   ! -sum (Y log A + (1 - Y) log(1 - A)) = sum log(1 + exp(Z)) - Y Z, from the logits
   real(real64) function log_loss(Z, A, Y)
      real(wp), intent(in) :: Z(:, :), A(:, :), Y(:, :)
      log_loss = sum(real(max(Z, 0.0_wp) + log(1 + exp(-abs(Z))) - Y*Z, real64))
   end function

   real(real64) function cross_entropy(Z, A, Y) ! -sum Y log A = sum log(sum_classes exp(Z)) - Y Z, from the logits
      real(wp), intent(in) :: Z(:, :), A(:, :), Y(:, :)
      real(wp), allocatable :: from_top(:, :)
      from_top = Z - spread(maxval(Z, 1), 1, size(Z, 1))
      cross_entropy = sum(real(log(sum(exp(from_top), 1)) - sum(Y*from_top, 1), real64))
   end function

   subroutine times_sigmoid_slope(A, delta) ! delta <- delta A (1 - A)
      real(wp), intent(in), contiguous :: A(:, :)
      real(wp), intent(inout), contiguous :: delta(:, :)
      delta = delta*A*(1 - A)
   end subroutine

   subroutine times_tanh_slope(A, delta) ! delta <- delta (1 - A**2)
      real(wp), intent(in), contiguous :: A(:, :)
      real(wp), intent(inout), contiguous :: delta(:, :)
      delta = delta*(1 - A**2)
   end subroutine

   subroutine times_relu_slope(A, delta) ! delta <- delta where A > 0, else 0
      real(wp), intent(in), contiguous :: A(:, :)
      real(wp), intent(inout), contiguous :: delta(:, :)
      delta = delta*merge(1.0_wp, 0.0_wp, A > 0)
   end subroutine

end module
