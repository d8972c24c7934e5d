! The functions of paragone.h: they allocate the network, copy its state in and out, and loop over the steps.
module binding
   use, intrinsic :: iso_c_binding
   use, intrinsic :: iso_fortran_env, only: compiler_version
   use networks
   use maths
   implicit none
   private

   type, bind(C) :: paragone_problem
      integer(c_int64_t) :: n_train, n_layers
      type(c_ptr) :: sizes
      integer(c_int32_t) :: output, real_bytes
      real(c_double) :: momentum, l1, l2
      integer(c_int32_t) :: hidden
   end type

   character(kind=c_char, len=*), parameter :: WRONG_KIND = 'the library was compiled for another real'//c_null_char
   character(kind=c_char, len=len(WRONG_KIND)), target :: wrong_kind_text = WRONG_KIND
   character(kind=c_char, len=200), target :: version_text

contains

   integer(c_int32_t) function abi() bind(C, name='paragone_abi')
      abi = 1
   end function

   type(c_ptr) function version() bind(C, name='paragone_version')
      version_text = trim(compiler_version())//c_null_char
      version = c_loc(version_text)
   end function

   type(c_ptr) function load(problem, images, labels, handle) bind(C, name='paragone_load') result(reason)
      type(paragone_problem), intent(in) :: problem
      type(c_ptr), value :: images, labels
      type(c_ptr), intent(out) :: handle
      type(network), pointer :: net
      integer(c_int64_t), pointer :: sizes(:)
      reason = c_loc(wrong_kind_text)
      if (problem%real_bytes /= wp) return
      reason = c_null_ptr
      allocate (net)
      call c_f_pointer(problem%sizes, sizes, [problem%n_layers + 1])
      call take_training_set(net, images, labels, sizes(1), sizes(size(sizes)), problem%n_train)
      call allocate_layers(net, sizes)
      net%momentum = real(problem%momentum, wp)
      net%l1 = real(problem%l1, wp)
      net%l2 = real(problem%l2, wp)
      net%has_plain_update = all([problem%momentum, problem%l1, problem%l2] == 0)
      call choose_activation(net, problem%hidden)
      call choose_output(net, problem%output)
      handle = c_loc(net)
   end function

   subroutine take_training_set(net, images, labels, n_pixels, n_classes, n_train)
      type(network), intent(inout) :: net
      type(c_ptr), intent(in) :: images, labels
      integer(c_int64_t), intent(in) :: n_pixels, n_classes, n_train
      real(wp), pointer :: pixels(:, :)
      integer(c_int8_t), pointer :: bytes(:) ! Fortran has no unsigned integers: a label from 128 on is negative here
      integer(c_int64_t) :: n
      call c_f_pointer(images, pixels, [n_pixels, n_train]) ! rows of C are columns of Fortran
      call c_f_pointer(labels, bytes, [n_train])
      allocate (net%images(n_pixels, 0:n_train - 1), net%labels(0:n_classes - 1, 0:n_train - 1), net%Y(n_classes, 0))
      net%images(:, :) = pixels
      net%labels(:, :) = 0
      do n = 1, n_train
         net%labels(iand(int(bytes(n)), 255), n - 1) = 1
      end do
   end subroutine

   subroutine allocate_layers(net, sizes)
      type(network), intent(inout) :: net
      integer(c_int64_t), intent(in) :: sizes(0:)
      integer :: l
      allocate (net%layers(0:ubound(sizes, 1)))
      do l = 1, ubound(sizes, 1)
         associate (this => net%layers(l), fan_out => sizes(l), fan_in => sizes(l - 1))
            allocate (this%W(fan_out, fan_in), this%dW(fan_out, fan_in), this%dW_previous(fan_out, fan_in))
            allocate (this%b(fan_out), this%db(fan_out), this%db_previous(fan_out))
         end associate
      end do
   end subroutine

   subroutine choose_activation(net, hidden)
      type(network), intent(inout) :: net
      integer(c_int32_t), intent(in) :: hidden
      select case (hidden)
      case (0)
         net%activate => hidden_sigmoid
         net%times_slope => times_sigmoid_slope
      case (1)
         net%activate => hidden_tanh
         net%times_slope => times_tanh_slope
      case (2)
         net%activate => hidden_relu
         net%times_slope => times_relu_slope
      end select
   end subroutine

   subroutine choose_output(net, output)
      type(network), intent(inout) :: net
      integer(c_int32_t), intent(in) :: output
      select case (output)
      case (0)
         net%output => sigmoid_quadratic
         net%loss => quadratic_loss
      case (1)
         net%output => sigmoid_log
         net%loss => log_loss
      case (2)
         net%output => softmax_cross_entropy
         net%loss => cross_entropy
      end select
   end subroutine

   subroutine train(handle, order, n_steps, batch_size, eta, R, losses) bind(C, name='paragone_train')
      type(c_ptr), value :: handle, losses
      integer(c_int64_t), value :: n_steps, batch_size
      integer(c_int64_t), intent(in) :: order(batch_size, n_steps)
      real(c_double), intent(in) :: eta(n_steps)
      real(c_double), value :: R
      type(network), pointer :: net
      real(c_double), pointer :: recorded(:)
      real(c_double) :: loss
      integer(c_int64_t) :: k
      call c_f_pointer(handle, net)
      net%records_loss = c_associated(losses)
      if (net%records_loss) call c_f_pointer(losses, recorded, [n_steps])
      if (size(net%Y, 2) /= min(batch_size, most_samples)) call allocate_mini_batch(net, min(batch_size, most_samples))
#ifdef PARAGONE_PHASES
      call enter_phase(net, in_none)
      net%phase_ns = 0
#endif
      do k = 1, n_steps
         loss = step(net, order(:, k), real(eta(k), wp), real(R, wp))
         if (net%records_loss) recorded(k) = R*loss
      end do
#ifdef PARAGONE_PHASES
      call enter_phase(net, in_none)
#endif
   end subroutine

#ifdef PARAGONE_PHASES
   subroutine phases(handle, ns) bind(C, name='paragone_phases')
      type(c_ptr), value :: handle
      integer(c_int64_t), intent(out) :: ns(in_gather:in_update)
      type(network), pointer :: net
      call c_f_pointer(handle, net)
      ns = net%phase_ns(in_gather:in_update)
   end subroutine
#endif

   ! Arrays that grow with the mini-batch are allocated: an automatic array of 60,000 samples can overflow the stack.
   subroutine allocate_mini_batch(net, batch_size)
      type(network), intent(inout) :: net
      integer(c_int64_t), intent(in) :: batch_size
      integer :: l
      deallocate (net%Y)
      allocate (net%Y(size(net%labels, 1), batch_size))
      do l = 0, ubound(net%layers, 1)
         associate (this => net%layers(l))
            if (allocated(this%A)) deallocate (this%A)
            if (allocated(this%Z)) deallocate (this%Z, this%delta)
            if (l == 0) allocate (this%A(size(net%images, 1), batch_size))
            if (l > 0) allocate (this%Z(size(this%b), batch_size), this%A(size(this%b), batch_size))
            if (l > 0) allocate (this%delta(size(this%b), batch_size))
         end associate
      end do
   end subroutine

   subroutine reset(handle, state) bind(C, name='paragone_reset')
      type(c_ptr), value :: handle
      real(c_double), intent(in) :: state(*)
      type(network), pointer :: net
      integer(c_int64_t) :: at
      integer :: l
      call c_f_pointer(handle, net)
      at = 1
      do l = 1, ubound(net%layers, 1)
         call read_layer(state, at, net%layers(l)%W, net%layers(l)%b)
      end do
      do l = 1, ubound(net%layers, 1)
         call read_layer(state, at, net%layers(l)%dW_previous, net%layers(l)%db_previous)
      end do
   end subroutine

   subroutine params(handle, state) bind(C, name='paragone_params')
      type(c_ptr), value :: handle
      real(c_double), intent(inout) :: state(*)
      type(network), pointer :: net
      integer(c_int64_t) :: at
      integer :: l
      call c_f_pointer(handle, net)
      at = 1
      do l = 1, ubound(net%layers, 1)
         call write_layer(state, at, net%layers(l)%W, net%layers(l)%b)
      end do
      do l = 1, ubound(net%layers, 1)
         call write_layer(state, at, net%layers(l)%dW_previous, net%layers(l)%db_previous)
      end do
   end subroutine

   subroutine read_layer(state, at, W, b) ! rows of C, so W comes transposed
      real(c_double), intent(in) :: state(*)
      integer(c_int64_t), intent(inout) :: at
      real(wp), intent(out) :: W(:, :), b(:)
      W = transpose(reshape(real(state(at:at + size(W) - 1), wp), [size(W, 2), size(W, 1)]))
      at = at + size(W)
      b = real(state(at:at + size(b) - 1), wp)
      at = at + size(b)
   end subroutine

   subroutine write_layer(state, at, W, b)
      real(c_double), intent(inout) :: state(*)
      integer(c_int64_t), intent(inout) :: at
      real(wp), intent(in) :: W(:, :), b(:)
      state(at:at + size(W) - 1) = reshape(real(transpose(W), c_double), [size(W)])
      at = at + size(W)
      state(at:at + size(b) - 1) = real(b, c_double)
      at = at + size(b)
   end subroutine

   subroutine free_network(handle) bind(C, name='paragone_free')
      type(c_ptr), value :: handle
      type(network), pointer :: net
      call c_f_pointer(handle, net)
      deallocate (net)
   end subroutine

end module
