! The functions of paragone.h: they allocate the network, copy its state in and out, and loop over the steps.
module binding
   use, intrinsic :: iso_c_binding
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

   character(kind=c_char, len=40), target :: wrong_kind = 'maths.f90 was compiled for another kind'//c_null_char

contains

   integer(c_int32_t) function abi() bind(C, name='paragone_abi')
      abi = 1
   end function

   type(c_ptr) function load(problem, images, labels, handle) bind(C, name='paragone_load') result(reason)
      type(paragone_problem), intent(in) :: problem
      type(c_ptr), value :: images, labels
      type(c_ptr), intent(out) :: handle
      type(network), pointer :: net
      integer(c_int64_t), pointer :: sizes(:)
      real(wp), pointer :: pixels(:, :)
      integer(c_int8_t), pointer :: bytes(:) ! Fortran has no unsigned integers: a label from 128 on is negative here
      integer :: l
      reason = c_loc(wrong_kind)
      if (problem%real_bytes /= wp) return
      reason = c_null_ptr
      call c_f_pointer(problem%sizes, sizes, [problem%n_layers + 1])
      call c_f_pointer(images, pixels, [sizes(1), problem%n_train])
      call c_f_pointer(labels, bytes, [problem%n_train])
      allocate (net)
      allocate (net%images(sizes(1), 0:problem%n_train - 1), net%labels(0:problem%n_train - 1)) ! numbered from 0
      net%images(:, :) = pixels
      net%labels(:) = iand(int(bytes), 255)
      allocate (net%y(sizes(size(sizes))))
      allocate (net%layers(0:problem%n_layers))
      allocate (net%layers(0)%a(sizes(1)))
      do l = 1, int(problem%n_layers)
         associate (this => net%layers(l), fan_in => sizes(l), fan_out => sizes(l + 1))
            allocate (this%W(fan_in, fan_out), this%dW(fan_in, fan_out), this%dW_previous(fan_in, fan_out))
            allocate (this%b(fan_out), this%db(fan_out), this%db_previous(fan_out))
            this%dW = 0
            this%db = 0
         end associate
      end do
      net%hidden = problem%hidden
      net%output = problem%output
      net%momentum = real(problem%momentum, wp)
      net%l1 = real(problem%l1, wp)
      net%l2 = real(problem%l2, wp)
      handle = c_loc(net)
   end function

   subroutine train(handle, order, n_steps, batch_size, eta, R, losses) bind(C, name='paragone_train') ! timed
      type(c_ptr), value :: handle, losses
      integer(c_int64_t), value :: n_steps, batch_size
      integer(c_int64_t), intent(in) :: order(batch_size, n_steps)
      real(c_double), intent(in) :: eta(n_steps)
      real(c_double), value :: R
      type(network), pointer :: net
      real(c_double), pointer :: recorded(:)
      real(c_double) :: batch_loss
      integer(c_int64_t) :: k
      call c_f_pointer(handle, net)
      net%records_loss = c_associated(losses)
      if (net%records_loss) call c_f_pointer(losses, recorded, [n_steps])
      do k = 1, n_steps
         batch_loss = step(net, order(:, k), real(eta(k), wp), real(R, wp))
         if (net%records_loss) recorded(k) = R*batch_loss
      end do
   end subroutine

   subroutine reset(handle, state) bind(C, name='paragone_reset')
      type(c_ptr), value :: handle
      real(c_double), intent(in) :: state(*)
      type(network), pointer :: net
      integer :: at, l
      call c_f_pointer(handle, net)
      at = 0
      do l = 1, ubound(net%layers, 1)
         call take(net%layers(l)%W, net%layers(l)%b)
      end do
      do l = 1, ubound(net%layers, 1)
         call take(net%layers(l)%dW_previous, net%layers(l)%db_previous)
      end do
   contains
      subroutine take(W, b)
         real(wp), intent(inout) :: W(:, :), b(:)
         W = real(reshape(state(at + 1:at + size(W)), shape(W)), wp)
         at = at + size(W)
         b = real(state(at + 1:at + size(b)), wp)
         at = at + size(b)
      end subroutine
   end subroutine

   subroutine params(handle, state) bind(C, name='paragone_params')
      type(c_ptr), value :: handle
      real(c_double), intent(inout) :: state(*)
      type(network), pointer :: net
      integer :: at, l
      call c_f_pointer(handle, net)
      at = 0
      do l = 1, ubound(net%layers, 1)
         call give(net%layers(l)%W, net%layers(l)%b)
      end do
      do l = 1, ubound(net%layers, 1)
         call give(net%layers(l)%dW_previous, net%layers(l)%db_previous)
      end do
   contains
      subroutine give(W, b)
         real(wp), intent(in) :: W(:, :), b(:)
         state(at + 1:at + size(W)) = reshape(W, [size(W)])
         at = at + size(W)
         state(at + 1:at + size(b)) = b
         at = at + size(b)
      end subroutine
   end subroutine

   subroutine free_network(handle) bind(C, name='paragone_free')
      type(c_ptr), value :: handle
      type(network), pointer :: net
      call c_f_pointer(handle, net)
      deallocate (net)
   end subroutine

end module
